//! The layer around the application. It gives each request an id, each response its headers, and each error the envelope,
//! whether a handler, an extractor or the framework raised it. It turns a panic of a handler into a 500.

mod body;
mod exchange;
pub(crate) mod headers;
mod limits;
pub(crate) mod logged;
mod reception;
mod refusals;
mod stopping;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{ConnectionType, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use futures_util::future::{Either, ready};
use models_node::{BootTime, Released};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::routes::read::Reply;
use crate::server::connection::input::InFlight;
use crate::server::metrics::Metrics;
use exchange::Outcome;
use reception::Early;
pub(crate) use reception::Reception;
pub(crate) use refusals::Refusals;
pub(crate) use stopping::StopSignal;
use stopping::out_of_time;

/// Wraps the application in this layer. If `read_from_memory` returns a response, the application does not see the request.
pub(crate) fn respond<F, S, B>(
    reception: Reception,
    stopping: watch::Receiver<bool>,
    read_from_memory: impl Fn(BootTime, &Fields<'_>, &Request) -> Option<Released<Reply>> + Clone,
    application: F,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = Response<BoxBody>,
    Error = Error,
    InitError = (),
>
where
    F: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        >,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let reception = Rc::new(reception);
    apply_fn_factory(
        application,
        move |request: Request, service: &S::Service| {
            let began = reception.clock.now();
            let arrived = catch_unwind(AssertUnwindSafe(|| {
                let fields = Fields::of(request.head());
                match reception.respond_early(&fields, &request) {
                    Some(early) => Arrived::Early(early),
                    None => read_from_memory(began, &fields, &request)
                        .map_or(Arrived::Slow, Arrived::Ready),
                }
            }));
            let early = match arrived {
                Ok(Arrived::Ready(read)) => {
                    let response = reception.finish_read(began, &request, read);
                    return Either::Left(ready(Ok(response)));
                }
                Ok(Arrived::Early(early)) => Some(early),
                Ok(Arrived::Slow) => None,
                Err(panic) => {
                    let exchange = reception.open(began, &request);
                    let mut outcome = exchange.translate::<B>(Err(panic));
                    reception.finish(&exchange, &mut outcome);
                    reception.log(&exchange, &outcome);
                    return Either::Left(ready(Ok(outcome.response)));
                }
            };
            let (reception, stopping) = (reception.clone(), stopping.clone());
            let work = work(reception, stopping, began, request, early, service);
            Either::Right(work.boxed_local())
        },
    )
}

/// The treatment of a request before the application sees it.
enum Arrived {
    /// Memory served the request.
    Ready(Released<Reply>),
    /// The layer itself responds.
    Early(Early),
    /// The application serves the request.
    Slow,
}

/// Serves a request through the application.
fn work<S, B>(
    reception: Rc<Reception>,
    stopping: watch::Receiver<bool>,
    began: BootTime,
    mut request: Request,
    early: Option<Early>,
    service: &S,
) -> impl Future<Output = Result<Response<BoxBody>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let body = body::receive(&mut request, &reception.limits);
    let in_flight = request
        .conn_data::<InFlight>()
        .map(|in_flight| in_flight.begin(body));
    let exchange = reception.open(began, &request);
    if !request.method().is_safe() {
        request.extensions_mut().insert(exchange.requester.clone());
    }
    let counted = reception.metrics.as_ref().map(InFlightCount::of);
    let limits = &reception.limits;
    let permit = limits.in_flight.clone().try_acquire_owned();
    let work = match early {
        Some(early) => Err(early),
        None if permit.is_err() => Err(Early::Refused(ApiError::TooManyInFlight)),
        None => Ok(catch_unwind(AssertUnwindSafe(|| service.call(request)))),
    };
    let (time, time_setting) = (limits.time, limits.time_setting);
    async move {
        let mut outcome = match work {
            Err(Early::Preflight(response)) => Outcome::from(*response),
            Err(Early::Refused(error)) => exchange.refuse(error),
            Ok(Err(panic)) => exchange.translate::<B>(Err(panic)),
            Ok(Ok(work)) => {
                if exchange.has_body {
                    // The dispatcher reads a body only while it waits for the response. It reads a chunked body only
                    // when the task that drops it polls.
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                    }
                }
                let work = AssertUnwindSafe(work).catch_unwind();
                tokio::select! {
                    biased;
                    result = work => exchange.translate(result),
                    () = out_of_time(stopping, reception.grace) => exchange.refuse(too_late()),
                    () = sleep(time) => exchange.refuse(took_too_long(time_setting)),
                }
            }
        };
        reception.finish(&exchange, &mut outcome);
        reception.log(&exchange, &outcome);
        let mut response = outcome.response;
        if exchange.closes {
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        drop((in_flight, counted, permit));
        Ok(response)
    }
}

/// Counts a request as in flight until it is dropped.
struct InFlightCount(Arc<Metrics>);

impl InFlightCount {
    fn of(metrics: &Arc<Metrics>) -> Self {
        metrics.in_flight.inc();
        Self(metrics.clone())
    }
}

impl Drop for InFlightCount {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}

fn took_too_long(setting: &str) -> ApiError {
    ApiError::Overloaded(format!("the request took longer than `{setting}`"))
}

fn too_late() -> ApiError {
    ApiError::Overloaded("the service stopped before the request was done".to_owned())
}

#[cfg(test)]
mod tests;
