//! The cost of the parts of a read: `cargo bench --package models-api --features internals`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::OnceLock;
use std::time::Duration;

use actix_http::Request;
use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use divan::{Bencher, black_box};
use models_api::internals::{self, Reads};
use models_api::{MeasuredNode, Settings};
use models_core::{ImportEntry, KeyDigest, Model, Scope, Secret, Timestamp};
use models_node::use_cases::first_start::fill_if_empty;
use tokio::runtime::Runtime;

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const MODEL: &str = "/v1/models/ft:gpt-4o-mini:acme:number-000042:AbCdEf12";

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES)]
fn render_a_view(bencher: Bencher, count: usize) {
    let models: Vec<Model> = (0..count).map(model).collect();
    bencher.bench(|| internals::render(black_box(&models)));
}

#[divan::bench]
fn check_a_key(bencher: Bencher) {
    let Service { reads, token, .. } = Service::of(100);
    assert!(reads.knows(token));
    bencher.bench(|| reads.knows(black_box(token)));
}

#[divan::bench]
fn digest_a_key(bencher: Bencher) {
    let secret = Secret::from_random([7; 32]);
    bencher.bench(|| KeyDigest::of(black_box(secret.expose())));
}

#[divan::bench]
fn refuse_a_key_with_a_wrong_checksum(bencher: Bencher) {
    let secret = Secret::from_random([7; 32]).expose().replace('a', "b") + "0";
    assert!(KeyDigest::of(&secret).is_err());
    bencher.bench(|| KeyDigest::of(black_box(&secret)));
}

#[divan::bench(args = SIZES)]
fn retrieve_without_the_socket(bencher: Bencher, count: usize) {
    let service = Service::of(count);
    let request = service.request(MODEL, None);
    bencher.bench_local(|| service.respond(&request, 200));
}

#[divan::bench(args = SIZES)]
fn list_without_the_socket(bencher: Bencher, count: usize) {
    let service = Service::of(count);
    let request = service.request("/v1/models", None);
    bencher.bench_local(|| service.respond(&request, 200));
}

#[divan::bench]
fn not_modified_without_the_socket(bencher: Bencher) {
    let service = Service::of(100);
    let list = service.reads.respond(&service.request("/v1/models", None));
    let etag = list.unwrap().headers().get("etag").unwrap().clone();
    let request = service.request("/v1/models", Some(etag));
    bencher.bench_local(|| service.respond(&request, 304));
}

/// Each request updates this histogram.
#[divan::bench]
fn count_a_request(bencher: Bencher) {
    let Service { reads, .. } = Service::of(100);
    bencher.bench(|| reads.count_request(black_box(Duration::from_micros(7))));
}

/// Each request updates two counters of this kind.
#[divan::bench]
fn count_a_hit(bencher: Bencher) {
    let Service { reads, .. } = Service::of(100);
    bencher.bench(|| reads.count_hit());
}

#[divan::bench]
fn match_an_etag(bencher: Bencher) {
    let etag = HeaderValue::from_static("\"588a1bea847e9cca4eda31482e5e3424\"");
    let condition = HeaderValue::from_static("\"a\", W/\"588a1bea847e9cca4eda31482e5e3424\"");
    bencher.bench(|| internals::matches(black_box(&condition), black_box(&etag)));
}

#[divan::bench(args = ["/v1/models/gpt-4o", "/v1/models/meta-llama%2FLlama-3-8B-Instruct"])]
fn decode_a_path(path: &str) -> Option<usize> {
    internals::decode(black_box(path))
}

fn model(number: usize) -> Model {
    Model {
        id: format!("ft:gpt-4o-mini:acme:number-{number:06}:AbCdEf12")
            .parse()
            .unwrap(),
        scope: Scope::Public,
        created: Timestamp::from_seconds(1_700_000_000),
        owned_by: "organization-owner".parse().unwrap(),
        shutdown_date: None,
    }
}

/// A service without a socket.
struct Service {
    reads: Reads,
    token: &'static str,
}

impl Service {
    fn of(count: usize) -> Self {
        let runtime = runtime();
        runtime.block_on(async {
            let (settings, node, token) = node(count).await;
            let token: &str = Box::leak(token.into_boxed_str());
            let reads = Reads::of(&settings, node, token).await.unwrap();
            Self { reads, token }
        })
    }

    fn request(&self, path: &str, condition: Option<HeaderValue>) -> Request {
        let request = TestRequest::with_uri(path)
            .insert_header(("Authorization", format!("Bearer {}", self.token)));
        match condition {
            Some(condition) => request.insert_header(("If-None-Match", condition)),
            None => request,
        }
        .to_request()
    }

    fn respond(&self, request: &Request, status: u16) {
        let response = self.reads.respond(black_box(request));
        assert!(response.is_some_and(|response| response.status() == status));
    }
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// Creates a SQLite catalog with this number of models, a node and a key.
async fn node(count: usize) -> (Settings, MeasuredNode, String) {
    let database = test_database::TestDatabase::sqlite();
    let variables = [(
        "MODELS__DATABASE__URL".to_owned(),
        database.url().to_owned(),
    )];
    let settings = Settings::load_from(&variables.into()).unwrap();
    let store = models_store::open(
        database.url(),
        settings.options(true),
        models_node::Nodes::new,
    )
    .await
    .unwrap();
    let secret = Secret::from_random([7; 32]);
    let admin_secret = Secret::admin_from_random([8; 32]);
    let entries = (0..count).map(model).map(|model| ImportEntry {
        id: model.id.as_str().parse().unwrap(),
        created: Some(model.created),
        owned_by: Some(model.owned_by.as_str().parse().unwrap()),
        shutdown_date: None,
    });
    let secrets = (secret.clone(), admin_secret);
    let at = Timestamp::from_seconds(1);
    let filled = fill_if_empty(&*store.first_start, entries.collect(), secrets, at);
    assert!(filled.await.unwrap().is_some());
    let node = MeasuredNode::register(&settings.cache, &store)
        .await
        .unwrap();
    // The node runs until the process ends.
    std::mem::forget((database, store));
    (settings, node, secret.expose().to_owned())
}
