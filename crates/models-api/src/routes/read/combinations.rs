//! Tests `step` with all combinations of a read's headers. The test computes the expected outcome from the rules, in the
//! order in which they apply.

use std::collections::HashMap;

use actix_http::Request;
use actix_http::test::TestRequest;
use actix_web::ResponseError;
use models_node::MANY_MODELS;

use super::interleavings::database::Subject;
use super::interleavings::harness::Harness;
use super::{Progress, ReadRequest, Step, read, step};
use crate::access::services::Services;
use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::settings::Settings;

/// Values of a header, and the outcome that they demand if no earlier header decides.
type Choice<'a, T> = (&'a [&'a str], T);

const LIST: &str = "/v1/models";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Status(u16),
    NeedsSession,
    NeedsFreshness,
    NeedsView,
    NeedsList,
}

/// The representation that a condition names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Nothing,
    List,
    Model,
    Any,
}

fn outcome(harness: &Harness, request: &Request) -> Outcome {
    let fields = Fields::of(request.head());
    let stepped =
        match ReadRequest::of(&fields, harness.services.credentials).expect("it is a read") {
            Ok(read) => {
                let held = harness.services.node.hold().unwrap();
                step(&harness.services, held, &read, &mut Progress::default())
            }
            Err(error) => Err(error),
        };
    match stepped {
        Ok(Step::Ready(reply)) => Outcome::Status(reply.into_inner().response.status().as_u16()),
        Ok(Step::NeedsSession) => Outcome::NeedsSession,
        Ok(Step::NeedsFreshness) => Outcome::NeedsFreshness,
        Ok(Step::NeedsView(_)) => Outcome::NeedsView,
        Ok(Step::NeedsList(..)) => Outcome::NeedsList,
        Err(error) => Outcome::Status(error.status_code().as_u16()),
    }
}

fn request(path: &str, headers: &[(&str, &[&str])]) -> Request {
    let mut request = TestRequest::with_uri(path);
    for (name, values) in headers {
        for value in *values {
            request.append_header((*name, *value));
        }
    }
    request.finish()
}

#[tokio::test]
async fn every_combination_of_headers_has_its_expected_outcome() {
    let harness = Harness::warm(Subject::Model).await;
    let bearer = format!("Bearer {}", harness.token);
    let other_scheme = format!("bEARER {}", harness.token);
    let (organization, project) = harness.owner();
    let (list_tag, model_tag) = harness.tags();

    let credentials: [Choice<'_, Option<Outcome>>; 8] = [
        (&[&bearer], None),
        (&[&other_scheme], None),
        (&[], Some(Outcome::Status(401))),
        (&["Basic abc"], Some(Outcome::Status(401))),
        (&["Bearer "], Some(Outcome::Status(401))),
        (&["Bearer  \t"], Some(Outcome::Status(401))),
        (&[&bearer, &bearer], Some(Outcome::Status(400))),
        (&["Bearer sk-unknown"], Some(Outcome::NeedsSession)),
    ];
    let organizations: [Choice<'_, bool>; 6] = [
        (&[], true),
        (&[&organization], true),
        (&["acme", ""], true),
        (&[""], true),
        (&["other"], false),
        (&["acme", "other"], false),
    ];
    let projects: [Choice<'_, bool>; 4] = [
        (&[], true),
        (&[&project], true),
        (&["other"], false),
        (&["", "other"], false),
    ];
    let freshness: [Choice<'_, bool>; 2] = [(&[], false), (&["no-cache"], true)];
    let conditions: [Choice<'_, Names>; 5] = [
        (&[], Names::Nothing),
        (&["\"x\""], Names::Nothing),
        (&["\"x\"", &list_tag], Names::List),
        (&[&model_tag], Names::Model),
        (&["*"], Names::Any),
    ];
    let codings: [&[&str]; 3] = [&[], &["gzip"], &["br;q=0", "zstd"]];
    // The path, and the representation that a condition must name for a 304. `None` if no model has this id.
    let targets = [
        (LIST, Some(Names::List)),
        ("/v1/models/own", Some(Names::Model)),
        ("/v1/models/%6fwn", Some(Names::Model)),
        ("/v1/models/missing", None),
        ("/v1/models/%", None),
    ];
    let mut count = 0;
    for (credential, refused) in credentials {
        for (organization, is_own_organization) in organizations {
            for (project, is_own_project) in projects {
                for (freshness, is_demanded) in freshness {
                    for (condition, names) in conditions {
                        for coding in codings {
                            for (path, shown) in targets {
                                let headers = [
                                    ("Authorization", credential),
                                    ("OpenAI-Organization", organization),
                                    ("OpenAI-Project", project),
                                    ("Cache-Control", freshness),
                                    ("If-None-Match", condition),
                                    ("Accept-Encoding", coding),
                                ];
                                let expected = if let Some(refused) = refused {
                                    refused
                                } else if !is_own_organization || !is_own_project {
                                    Outcome::Status(401)
                                } else if path.ends_with('%') {
                                    Outcome::Status(404)
                                } else if is_demanded {
                                    Outcome::NeedsFreshness
                                } else if let Some(shown) = shown {
                                    let is_named = names == Names::Any || names == shown;
                                    Outcome::Status(if is_named { 304 } else { 200 })
                                } else {
                                    Outcome::Status(404)
                                };
                                let found = outcome(&harness, &request(path, &headers));
                                assert_eq!(found, expected, "{path} {headers:?}");
                                count += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, 8 * 6 * 4 * 2 * 5 * 3 * 5);
}

#[tokio::test]
async fn a_read_needs_its_view_only_if_nothing_refuses_it() {
    let harness = Harness::warm(Subject::Model).await;
    harness.evict_view();
    let bearer = format!("Bearer {}", harness.token);
    let long = format!("{LIST}/{}", "a".repeat(257));
    for (path, organization, expected) in [
        (LIST, "acme", Outcome::NeedsView),
        ("/v1/models/own", "acme", Outcome::NeedsView),
        (LIST, "other", Outcome::Status(401)),
        ("/v1/models/..", "acme", Outcome::Status(404)),
        (&long, "acme", Outcome::Status(404)),
    ] {
        let headers = [
            ("Authorization", &[bearer.as_str()][..]),
            ("OpenAI-Organization", &[organization]),
        ];
        assert_eq!(outcome(&harness, &request(path, &headers)), expected);
    }
}

#[tokio::test]
async fn a_long_list_is_rendered_on_another_thread() {
    for (more, expected) in [
        (MANY_MODELS - 1, Outcome::Status(200)),
        (MANY_MODELS, Outcome::NeedsList),
    ] {
        let harness = Harness::warm_with_more(Subject::Model, more).await;
        let bearer = format!("Bearer {}", harness.token);
        let headers = [("Authorization", &[bearer.as_str()][..])];
        let outcome = |path: &str| outcome(&harness, &request(path, &headers));
        // The deletion changes only a view that was used. No request has used its list.
        assert_eq!(outcome("/v1/models/own"), Outcome::Status(200));
        harness.apply_deletion();
        assert_eq!(outcome("/v1/models/own"), Outcome::Status(404));
        assert_eq!(outcome("/v1/models/more-0"), Outcome::Status(200));
        assert_eq!(outcome(LIST), expected);
        let request = actix_web::test::TestRequest::with_uri(LIST)
            .insert_header(("Authorization", bearer.as_str()))
            .to_http_request();
        let response = read(&harness.services, &request).await.unwrap();
        assert_eq!(response.status(), 200);
        // Memory now has the list.
        assert_eq!(outcome(LIST), Outcome::Status(200));
    }
}

#[tokio::test]
async fn a_rendered_list_is_sent_although_a_deletion_replaced_its_view() {
    let harness = Harness::warm_with_more(Subject::Model, MANY_MODELS).await;
    let bearer = format!("Bearer {}", harness.token);
    let headers = [("Authorization", &[bearer.as_str()][..])];
    let model = request("/v1/models/own", &headers);
    let (before, lease) = harness.view();
    before.list();
    assert_eq!(outcome(&harness, &model), Outcome::Status(200));
    harness.apply_deletion();
    let list = request(LIST, &headers);
    assert_eq!(outcome(&harness, &list), Outcome::NeedsList);
    let fields = Fields::of(list.head());
    let mut progress = Progress {
        view: Some((lease, harness.audience(), before)),
        ..Progress::default()
    };
    let read = ReadRequest::of(&fields, harness.services.credentials)
        .unwrap()
        .unwrap();
    let held = harness.services.node.hold().unwrap();
    let stepped = step(&harness.services, held, &read, &mut progress);
    assert!(matches!(stepped, Ok(Step::Ready(_))));
}

#[tokio::test]
async fn a_request_with_several_steps_counts_once_against_the_rate_limit() {
    let harness = Harness::warm(Subject::Model).await;
    let mut settings = Settings::load_from(&HashMap::new()).unwrap();
    settings.limits.requests_per_minute = 2;
    let (node, metrics) = (&harness.services.node, &harness.services.metrics);
    let services = Services::new(&settings, node.clone(), metrics.clone());
    let bearer = format!("Bearer {}", harness.token);
    let request = request(LIST, &[("Authorization", &[bearer.as_str()])]);
    let fields = Fields::of(request.head());
    let try_step = |progress: &mut Progress| {
        let read = ReadRequest::of(&fields, services.credentials)
            .unwrap()
            .unwrap();
        step(&services, services.node.hold().unwrap(), &read, progress)
    };
    for (remaining, is_refused) in [(1, false), (0, false), (0, true)] {
        harness.evict_view();
        let mut progress = Progress::default();
        for _ in 0..2 {
            match try_step(&mut progress) {
                Ok(Step::NeedsView(_)) => assert!(!is_refused),
                Err(ApiError::RateLimited { limit: 2, .. }) => assert!(is_refused),
                _ => panic!("the read neither needs its view nor is refused"),
            }
            let allowance = progress.allowance.as_ref().unwrap();
            assert_eq!(allowance.remaining, remaining);
        }
    }
}
