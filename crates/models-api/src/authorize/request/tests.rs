use actix_http::test::TestRequest;

use super::*;

/// Reads an authorization request with these headers.
fn read(
    method: Method,
    rest: &str,
    headers: &[(&str, &str)],
) -> Result<AuthorizationRequest, ApiError> {
    let mut request = TestRequest::default();
    request.method(method);
    for header in headers {
        request.append_header(*header);
    }
    let open = [Path::decode("/v1/batches").unwrap()];
    AuthorizationRequest::of(request.finish().head(), rest, &open)
}

/// The model of an authorization request without a body.
fn model(method: Method, rest: &str, headers: &[(&str, &str)]) -> Result<Option<String>, ApiError> {
    Ok(read(method, rest, headers)?.model()?.map(str::to_owned))
}

#[test]
fn each_gateway_names_the_request_in_its_own_way() {
    let chat = "/v1/chat/completions";
    for (method, rest, headers) in [
        // nginx, HAProxy
        (
            Method::GET,
            "",
            vec![
                ("X-Original-URI", chat),
                ("X-Original-Method", "POST"),
                ("X-Models-Model", "a%2Fb"),
            ],
        ),
        // Caddy, Traefik
        (
            Method::GET,
            "?a=b",
            vec![
                ("X-Forwarded-Uri", "/v1/chat/completions?a=b"),
                ("X-Forwarded-Method", "POST"),
                ("X-Gateway-Model-Name", "a/b"),
            ],
        ),
        // Envoy
        (Method::POST, chat, vec![("x-ai-eg-model", "a/b")]),
        (
            Method::POST,
            chat,
            vec![
                ("x-ai-eg-model", "a/b"),
                ("X-Gateway-Model-Name", "a/b"),
                ("X-Models-Model", "a/b"),
            ],
        ),
        // a program that states a model alone
        (Method::GET, "", vec![("X-Models-Model", "a%2fb")]),
        (Method::GET, "/v1/models/a/b", vec![]),
        (Method::GET, "/v1/realtime?x=1&model=a%2Fb", vec![]),
        (
            Method::POST,
            "/openai/deployments/a%2Fb/chat/completions",
            vec![],
        ),
        (
            Method::POST,
            "/v1beta/models/a%2Fb:generateContent?key=k",
            vec![],
        ),
    ] {
        assert_eq!(
            model(method, rest, &headers),
            Ok(Some("a/b".to_owned())),
            "{rest} {headers:?}"
        );
    }
}

#[test]
fn without_a_model_the_key_alone_decides_on_some_routes() {
    for rest in [
        "/v1/models",
        "/v1/files",
        "/v1/batches",
        "/v1/batches/b/cancel",
    ] {
        assert_eq!(model(Method::GET, rest, &[]), Ok(None), "{rest}");
    }
    let missing = model_problem(ParameterProblem::Missing);
    for (method, rest) in [
        (Method::POST, "/v1/chat/completions"),
        (Method::GET, "/v1/realtime"),
        (Method::GET, ""),
    ] {
        assert_eq!(model(method, rest, &[]), Err(missing.clone()), "{rest}");
    }
    // A model in a header is checked on every route.
    assert_eq!(
        model(Method::GET, "/v1/files", &[("X-Models-Model", "a")]),
        Ok(Some("a".to_owned()))
    );
}

#[test]
fn headers_that_disagree_are_refused() {
    let chat = "/v1/chat/completions";
    for (method, rest, headers) in [
        (
            Method::POST,
            chat,
            vec![("X-Models-Model", "a"), ("X-Models-Model", "b")],
        ),
        (
            Method::POST,
            chat,
            vec![("X-Models-Model", "a"), ("x-ai-eg-model", "b")],
        ),
        (Method::GET, "/v1/models/a", vec![("X-Models-Model", "b")]),
        (Method::GET, "/v1/realtime?model=a&model=b", vec![]),
        (
            Method::GET,
            "/v1/realtime?model=a",
            vec![("X-Models-Model", "b")],
        ),
    ] {
        assert_eq!(
            model(method, rest, &headers),
            Err(ApiError::AmbiguousModel),
            "{rest} {headers:?}"
        );
    }
    for headers in [
        vec![("X-Original-URI", chat), ("X-Forwarded-Uri", "/v1/models")],
        vec![("X-Original-URI", chat), ("X-Original-URI", "/v1/models")],
        vec![
            ("X-Original-URI", chat),
            ("X-Envoy-Original-Path", "/v1/chat/completions?a"),
        ],
        vec![
            ("X-Original-URI", chat),
            ("X-Original-Method", "POST"),
            ("X-Forwarded-Method", "GET"),
        ],
        vec![("X-Original-URI", chat), ("X-Original-Method", "P OST")],
        vec![("X-Original-URI", "/v1/chat//completions")],
        vec![("X-Original-URI", "/v1/models/../chat/completions")],
        vec![("X-Models-Model", "%ff")],
    ] {
        let found = model(Method::POST, "", &headers);
        assert!(
            matches!(found, Err(ApiError::BadRequest(_))),
            "{headers:?} {found:?}"
        );
    }
    let both = model(Method::POST, chat, &[("X-Original-URI", "/v1/models")]);
    assert!(matches!(both, Err(ApiError::BadRequest(_))), "{both:?}");
}

#[test]
fn an_unknown_route_is_refused() {
    for (method, rest) in [
        (Method::POST, "/v1/unknown"),
        (Method::GET, "/v1/chat/completions/a/b"),
        (Method::PUT, "/v1/chat/completions"),
        (Method::POST, "/v1%2Fchat/completions"),
        (Method::POST, "/v1/batchesx"),
    ] {
        let found = model(method, rest, &[("X-Models-Model", "a")]);
        assert!(
            matches!(found, Err(ApiError::UnknownUrl { .. })),
            "{rest} {found:?}"
        );
    }
}

#[test]
fn a_body_must_agree_with_the_head() {
    let request = |rest, headers: &[_]| read(Method::POST, rest, headers).unwrap();
    let with = |mut request: AuthorizationRequest, found| {
        request.add_body(found)?;
        Ok::<_, ApiError>(request.model()?.map(str::to_owned))
    };
    let chat = || request("/v1/chat/completions", &[("X-Models-Model", "a")]);
    assert_eq!(with(chat(), Ok("a".to_owned())), Ok(Some("a".to_owned())));
    assert_eq!(
        with(chat(), Ok("b".to_owned())),
        Err(ApiError::AmbiguousModel)
    );
    // A header cannot stand for a body without a model.
    assert_eq!(
        with(chat(), Err(BodyError::NoModel)),
        Err(model_problem(ParameterProblem::Missing))
    );
    assert_eq!(
        with(chat(), Err(BodyError::Empty)),
        Ok(Some("a".to_owned()))
    );
    assert_eq!(
        with(chat(), Err(BodyError::TwoModels)),
        Err(ApiError::AmbiguousModel)
    );
    let deployment = || request("/openai/deployments/a/completions", &[]);
    assert_eq!(
        with(deployment(), Ok("b".to_owned())),
        Err(ApiError::AmbiguousModel)
    );
    assert_eq!(
        with(deployment(), Err(BodyError::NoModel)),
        Ok(Some("a".to_owned()))
    );
    let bare = request("/v1/embeddings", &[]);
    assert_eq!(
        with(bare.clone(), Ok("a".to_owned())),
        Ok(Some("a".to_owned()))
    );
    assert_eq!(
        with(bare, Err(BodyError::NoModel)),
        Err(model_problem(ParameterProblem::Missing))
    );
    for (rest, form) in [
        ("/v1/embeddings", Some(BodyForm::Json)),
        ("/v1/audio/transcriptions", Some(BodyForm::FormOrJson)),
        (
            "/openai/deployments/a/completions",
            Some(BodyForm::FormOrJson),
        ),
        ("/v1/files", None),
    ] {
        assert_eq!(request(rest, &[]).body(), form, "{rest}");
    }
}

#[test]
fn the_method_is_the_clients() {
    let refused = |result: Result<_, ApiError>| matches!(result, Err(ApiError::BadRequest(_)));
    let uri = ("X-Original-URI", "/v1/chat/completions");
    // Without a method of the client, the method of this request says nothing: nginx always sends GET.
    assert!(refused(read(Method::GET, "", &[uri])));
    assert!(refused(read(Method::POST, "", &[uri])));
    let post = ("X-Original-Method", "POST");
    assert_eq!(
        read(Method::GET, "", &[uri, post]).unwrap().body(),
        Some(BodyForm::Json)
    );
    // A gateway that appends the path also keeps the method. A client can send the header.
    let path = "/v1/chat/completions";
    for name in ["X-Forwarded-Method", "X-Original-Method"] {
        assert!(
            refused(read(Method::POST, path, &[(name, "GET")])),
            "{name}"
        );
        assert!(read(Method::POST, path, &[(name, "POST")]).is_ok());
    }
}

#[test]
fn the_query_may_name_the_model_on_every_route() {
    for (rest, expected) in [
        ("/v1/models/a?model=a", Ok(Some("a".to_owned()))),
        ("/v1/models/a?model=b", Err(ApiError::AmbiguousModel)),
        ("/v1/models/a?MODEL=a", Err(ApiError::AmbiguousModel)),
        ("/v1/files?model=a", Ok(Some("a".to_owned()))),
    ] {
        assert_eq!(model(Method::GET, rest, &[]), expected, "{rest}");
    }
}

#[test]
fn a_body_of_gemini_may_have_the_models_path() {
    for (rest, found, expected) in [
        (
            "/v1beta/models/a:embedContent",
            "models/a",
            Ok(Some("a".to_owned())),
        ),
        (
            "/v1beta/models/a:embedContent",
            "models/b",
            Err(ApiError::AmbiguousModel),
        ),
        (
            "/openai/deployments/a/embeddings",
            "models/a",
            Err(ApiError::AmbiguousModel),
        ),
    ] {
        let mut request = read(Method::POST, rest, &[]).unwrap();
        let added = request.add_body(Ok(found.to_owned()));
        let model = added.and_then(|()| Ok(request.model()?.map(str::to_owned)));
        assert_eq!(model, expected, "{rest} {found}");
    }
    for (rest, has_key) in [
        ("/v1beta/models?key=k", true),
        ("/v1/models/a:generateContent?key=k", true),
        ("/v1/embeddings?key=k", false),
    ] {
        let method = if rest.contains(':') || rest.contains("embeddings") {
            Method::POST
        } else {
            Method::GET
        };
        assert_eq!(
            read(method, rest, &[]).unwrap().keys().count() == 1,
            has_key,
            "{rest}"
        );
    }
}
