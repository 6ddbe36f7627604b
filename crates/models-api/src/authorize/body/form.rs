//! The model of a form (`multipart/form-data`, RFC 7578), found while the form arrives.

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::StreamExt;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::BodyError;

/// The longest value of `model`, in bytes. A model's id is shorter.
const LONGEST: u64 = 1 << 10;
/// The most parts of a form.
const MOST_PARTS: usize = 1_000;

/// Finds the model of a form, whose type is this value of `Content-Type`. Keeps no more of the form than one piece.
pub(crate) async fn model<E>(
    content_type: &str,
    pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Result<String, BodyError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    if content_type
        .to_ascii_lowercase()
        .matches("boundary")
        .count()
        != 1
    {
        return Err(BodyError::Malformed);
    }
    let boundary = multer::parse_boundary(content_type).map_err(|_| BodyError::Malformed)?;
    let limits = SizeLimit::new().for_field("model", LONGEST);
    let constraints = Constraints::new().size_limit(limits);
    let mut form = Multipart::with_constraints(pieces.boxed(), boundary, constraints);
    let mut model = None;
    let mut parts = 0;
    while let Some(field) = form.next_field().await.map_err(|_| BodyError::Malformed)? {
        parts += 1;
        if parts > MOST_PARTS {
            return Err(BodyError::TooDeep);
        }
        match is_model(&field)? {
            true if model.is_some() => return Err(BodyError::TwoModels),
            true => model = Some(text(field).await?),
            false => drop_field(field).await?,
        }
    }
    model.ok_or(BodyError::NoModel)
}

/// Whether the part is the field `model`. Fails if programs could read the name of the part differently.
fn is_model(field: &Field<'_>) -> Result<bool, BodyError> {
    let name = field.name().ok_or(BodyError::Malformed)?;
    let mut dispositions = field.headers().get_all("content-disposition").iter();
    let (Some(disposition), None) = (dispositions.next(), dispositions.next()) else {
        return Err(BodyError::Malformed);
    };
    let disposition = disposition.to_str().map_err(|_| BodyError::Malformed)?;
    let lower = disposition.to_ascii_lowercase();
    // The file of a part may have any name. The rest of the header must have one spelling.
    let plain =
        |quoted: String| lower.starts_with(&quoted) && !has_further_name(&lower[quoted.len()..]);
    // The transfer encoding of a part, and a field with the encoding of the others, are obsolete (RFC 7578, sections 4.6 and
    // 4.7). Some parsers still obey them.
    if field.headers().contains_key("content-transfer-encoding")
        || name.eq_ignore_ascii_case("_charset_")
    {
        return Err(BodyError::Malformed);
    }
    if !plain(format!("form-data; name=\"{}\"", name.to_ascii_lowercase())) {
        return Err(BodyError::Malformed);
    }
    if field.file_name().is_none() && name == "model" {
        return Ok(true);
    }
    if name.eq_ignore_ascii_case("model") {
        return Err(BodyError::KeyInOtherCase);
    }
    Ok(false)
}

/// Whether these parameters of `Content-Disposition` contain a second name of the field.
fn has_further_name(parameters: &str) -> bool {
    parameters.match_indices("name").any(|(at, _)| {
        let before = parameters[..at].trim_end();
        let after = parameters[at + "name".len()..].trim_start();
        before.ends_with(';') && after.starts_with(['=', '*'])
    })
}

async fn text(mut field: Field<'_>) -> Result<String, BodyError> {
    let mut bytes = Vec::new();
    let refuse = |error| {
        if matches!(error, multer::Error::FieldSizeExceeded { .. }) {
            BodyError::ModelIsNoText
        } else {
            BodyError::Malformed
        }
    };
    while let Some(piece) = field.chunk().await.map_err(refuse)? {
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| BodyError::Malformed)
}

async fn drop_field(mut field: Field<'_>) -> Result<(), BodyError> {
    while let Some(piece) = field.chunk().await.map_err(|_| BodyError::Malformed)? {
        drop(piece);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, stream};

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b";

    fn model_now(content_type: &str, pieces: Vec<Bytes>) -> Result<String, BodyError> {
        let pieces = stream::iter(pieces.into_iter().map(Ok::<_, Infallible>));
        model(content_type, pieces)
            .now_or_never()
            .expect("the whole form has arrived")
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
}
