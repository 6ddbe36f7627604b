use super::*;

const TYPE: &str = "multipart/form-data; boundary=b";

fn model_now(content_type: &str, pieces: Vec<Bytes>) -> Result<String, BodyError> {
    let pieces = stream::iter(pieces.into_iter().map(Ok));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(model(content_type, pieces))
}

/// The model of a form in pieces of each of some lengths.
fn model_of(form: &str) -> Result<String, BodyError> {
    let mut found: Vec<_> = [1, 5, form.len()]
        .into_iter()
        .map(|length| {
            let pieces: Vec<_> = form
                .as_bytes()
                .chunks(length.max(1))
                .map(Bytes::copy_from_slice)
                .collect();
            model_now(TYPE, pieces)
        })
        .collect();
    found.dedup();
    let [model] = &found[..] else {
        panic!("{found:?}")
    };
    model.clone()
}

fn part(header: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: {header}\r\n\r\n{value}\r\n")
}

fn form(parts: &[String]) -> String {
    format!("{}--b--\r\n", parts.concat())
}

fn model_part(value: &str) -> String {
    part("form-data; name=\"model\"", value)
}

#[test]
fn the_model_is_found_beside_files() {
    let file = part(
        "form-data; name=\"file\"; filename=\"a; name=x.wav\"",
        "RIFF\r\n--c\r\nmodel",
    );
    for parts in [
        vec![model_part("whisper-1"), file.clone()],
        vec![
            file.clone(),
            part("form-data; name=\"language\"", "en"),
            model_part("whisper-1"),
        ],
        vec![
            file.replace("a; name=x.wav", "a.wav"),
            model_part("whisper-1"),
        ],
    ] {
        let found = model_of(&form(&parts));
        let has_strange_file = parts.concat().contains("; name=x");
        let expected = if has_strange_file {
            Err(BodyError::Malformed)
        } else {
            Ok("whisper-1".to_owned())
        };
        assert_eq!(found, expected, "{parts:?}");
    }
}

#[test]
fn a_form_in_which_parsers_could_find_different_models_is_refused() {
    for (parts, expected) in [
        (
            vec![
                model_part("a"),
                part("form-data; name=\"_charset_\"", "utf-16"),
            ],
            BodyError::Malformed,
        ),
        (
            vec![part(
                "form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
                "YQ==",
            )],
            BodyError::Malformed,
        ),
        (vec![model_part("a"), model_part("b")], BodyError::TwoModels),
        (
            vec![model_part("a"), part("form-data; name=\"Model\"", "b")],
            BodyError::KeyInOtherCase,
        ),
        (
            vec![
                model_part("a"),
                part("form-data; name=\"model\"; filename=\"x\"", "b"),
            ],
            BodyError::KeyInOtherCase,
        ),
        (
            vec![
                model_part("a"),
                part("form-data; name=\"x\"; name=\"model\"", "b"),
            ],
            BodyError::Malformed,
        ),
        (
            vec![
                model_part("a"),
                part("form-data; name=\"x\"; name*=utf-8''model", "b"),
            ],
            BodyError::Malformed,
        ),
        (
            vec![model_part("a"), part("form-data; name=model", "b")],
            BodyError::Malformed,
        ),
        (
            vec![
                model_part("a"),
                part("form-data; filename=\"x\"; name=\"model\"", "b"),
            ],
            BodyError::Malformed,
        ),
        (
            vec![model_part("a"), part("attachment; name=\"model\"", "b")],
            BodyError::Malformed,
        ),
        (
            vec![
                model_part("a"),
                "--b\r\nContent-Type: text/plain\r\n\r\nb\r\n".to_owned(),
            ],
            BodyError::Malformed,
        ),
        (
            vec![model_part(&"a".repeat(1025))],
            BodyError::ModelIsNoText,
        ),
        (
            vec![part("form-data; name=\"prompt\"", "b")],
            BodyError::NoModel,
        ),
        (vec![], BodyError::NoModel),
    ] {
        assert_eq!(model_of(&form(&parts)), Err(expected), "{parts:?}");
    }
}

#[test]
fn an_incomplete_form_is_refused() {
    let whole = form(&[
        model_part("a"),
        part("form-data; name=\"file\"; filename=\"f\"", "data"),
    ]);
    assert_eq!(model_of(&whole).as_deref(), Ok("a"));
    for length in 0..whole.len() - 4 {
        assert!(model_of(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_form_has_one_boundary() {
    for (content_type, is_read) in [
        ("multipart/form-data; boundary=b", true),
        ("Multipart/Form-Data; charset=utf-8; Boundary=\"b\"", true),
        ("multipart/form-data; boundary=b; boundary=c", false),
        ("multipart/form-data; boundary=b; BOUNDARY*=utf-8''c", false),
        ("multipart/form-data", false),
        ("multipart/mixed; boundary=b", false),
        ("application/json", false),
    ] {
        let found = model_now(content_type, vec![form(&[model_part("a")]).into()]);
        assert_eq!(found.is_ok(), is_read, "{content_type}");
    }
}

#[test]
fn the_parser_buffers_a_short_head_alone() {
    let piece = || Bytes::from(vec![b'x'; 32 << 10]);
    let pieces = |before: &'static str| {
        let start = [Bytes::from_static(before.as_bytes())];
        start
            .into_iter()
            .chain((0..10).map(move |_| piece()))
            .collect::<Vec<_>>()
    };
    // Text before the first part, and a header without an end.
    for before in ["", "--b\r\nContent-Disposition: form-data; name=\"x"] {
        assert_eq!(model_now(TYPE, pieces(before)), Err(BodyError::Malformed));
    }
    let mut long =
        pieces("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n");
    long.push(format!("\r\n{}--b--\r\n", model_part("a")).into());
    assert_eq!(model_now(TYPE, long).as_deref(), Ok("a"));
}
