use super::*;

fn found(method: &Method, path: &str) -> Option<(Place, Option<String>)> {
    let path = Path::decode(path).unwrap();
    let Known { place, model, .. } = find(method, &path)?;
    Some((place, model.map(Cow::into_owned)))
}

#[test]
fn each_route_says_where_its_model_is() {
    for (method, path, place, model) in [
        (Method::POST, "/v1/chat/completions", Place::Json, None),
        (Method::POST, "/openai/v1/responses", Place::Json, None),
        (Method::POST, "/v1beta/openai/embeddings", Place::Json, None),
        (Method::POST, "/v1/audio/transcriptions", Place::Form, None),
        (Method::GET, "/v1/realtime", Place::Query, None),
        (Method::GET, "/v1/models", Place::Nowhere, None),
        (Method::HEAD, "/v1/models", Place::Nowhere, None),
        (
            Method::GET,
            "/v1/files/file_1/content",
            Place::Nowhere,
            None,
        ),
        (
            Method::GET,
            "/v1/models/a/b%2Fc",
            Place::Path,
            Some("a/b/c"),
        ),
        (
            Method::DELETE,
            "/v1/models/ft%3Aa:b",
            Place::Path,
            Some("ft:a:b"),
        ),
        (
            Method::POST,
            "/openai/deployments/a/chat/completions",
            Place::Path,
            Some("a"),
        ),
        (
            Method::POST,
            "/v1beta/models/gemini-3:generateContent",
            Place::Path,
            Some("gemini-3"),
        ),
        (
            Method::POST,
            "/v1beta/models/a:b:embedContent",
            Place::Path,
            Some("a:b"),
        ),
        (
            Method::POST,
            "/model/arn%3Aaws%2Fx/invoke",
            Place::Path,
            Some("arn:aws/x"),
        ),
    ] {
        let expected = Some((place, model.map(str::to_owned)));
        assert_eq!(found(&method, path), expected, "{method} {path}");
    }
}

#[test]
fn other_paths_and_methods_are_unknown() {
    for (method, path) in [
        (Method::POST, "/v1/batches"),
        (Method::POST, "/v1/chat%2Fcompletions"),
        (Method::POST, "/v1%2Fchat/completions"),
        (Method::POST, "/V1/chat/completions"),
        (Method::POST, "/v1/chat/completions/a.b"),
        (Method::POST, "/v1/fine_tuning/jobs"),
        (Method::POST, "/v1"),
        (Method::POST, "/v1/files/a%2Fb/content"),
        (Method::POST, "/v1beta/models/:generateContent"),
        (Method::POST, "/v1beta/models/a:otherVerb"),
        (Method::POST, "/openai/deployments/a/b/chat/completions"),
        (Method::PATCH, "/v1/chat/completions"),
        (Method::POST, "/v1/models/a"),
    ] {
        assert_eq!(found(&method, path), None, "{method} {path}");
    }
}

/// A path of each pattern. Its model looks like a further segment or a verb of another pattern.
fn samples(pattern: &str) -> Vec<String> {
    let models = [
        "a",
        "a:b",
        "completions",
        "chat/completions",
        "a:generateContent",
    ];
    models
        .iter()
        .filter(|model| pattern.contains("...") || !model.contains('/'))
        .map(|model| {
            let path = pattern
                .replace("{model...}", model)
                .replace("{model}", model);
            format!("/{}", path.replace('*', "id_1"))
        })
        .collect()
}

#[test]
fn no_request_has_two_routes() {
    let below = |route: &'static KnownRoute| (route, format!("v1/{}", route.pattern));
    let openai = OPENAI.iter().map(below);
    let others = OTHERS.iter().map(|route| (route, route.pattern.to_owned()));
    let all: Vec<_> = openai.chain(others).collect();
    for (route, pattern) in &all {
        for path in samples(pattern) {
            let decoded = Path::decode(&path).unwrap();
            let matching = all.iter().filter(|(other, pattern)| {
                let other = KnownRoute {
                    method: other.method.clone(),
                    pattern: pattern.clone().leak(),
                    place: other.place,
                };
                other.method == route.method && matched(&other, decoded.segments()).is_some()
            });
            assert_eq!(matching.count(), 1, "{} {path}", route.method);
        }
    }
}
