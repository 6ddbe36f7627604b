//! The model of a form (`multipart/form-data`, RFC 7578), found while the form arrives.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::task::yield_now;

use crate::authorize::body::error::BodyError;

/// The longest value of `model`, in bytes. A model's id is shorter.
const LONGEST: u64 = 1 << 10;
/// The most parts of a form.
const MOST_PARTS: usize = 1_000;

/// The most bytes without a field or a piece of one: the text before the first part, and the headers of a part.
const LONGEST_HEAD: usize = 64 << 10;

/// Finds the model of a form, whose type is this value of `Content-Type`. It keeps one piece of the form, and the headers of
/// one part.
pub(crate) async fn model(
    content_type: &str,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Result<String, BodyError> {
    if content_type
        .to_ascii_lowercase()
        .matches("boundary")
        .count()
        != 1
    {
        return Err(BodyError::Malformed);
    }
    let boundary = multer::parse_boundary(content_type).map_err(|_| BodyError::Malformed)?;
    let meter = Meter::default();
    let limits = SizeLimit::new().for_field("model", LONGEST);
    let constraints = Constraints::new().size_limit(limits);
    let pieces = meter.clone().limit(pieces);
    let mut form = Multipart::with_constraints(pieces, boundary, constraints);
    let found = find(&mut form, &meter).await;
    if meter.is_too_large.load(Ordering::Relaxed) {
        return Err(BodyError::TooLarge);
    }
    found
}

/// Counts the bytes that the parser has received since it last returned something. The parser buffers them, and has no
/// limit of its own on them.
#[derive(Clone, Default)]
struct Meter {
    pending: Arc<AtomicUsize>,
    /// Whether the body is longer than it may be.
    is_too_large: Arc<AtomicBool>,
}

impl Meter {
    /// These pieces, up to the limit. The parser reads on while pieces are ready, so the stream pauses after each one.
    fn limit(
        self,
        pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold((Box::pin(pieces), self), async |(mut pieces, meter)| {
            yield_now().await;
            let piece = meter.count(pieces.next().await?);
            Some((piece, (pieces, meter)))
        })
        .boxed()
    }

    fn count(&self, piece: io::Result<Bytes>) -> io::Result<Bytes> {
        if let Err(error) = &piece
            && error.kind() == io::ErrorKind::FileTooLarge
        {
            self.is_too_large.store(true, Ordering::Relaxed);
        }
        let piece = piece?;
        let before = self.pending.fetch_add(piece.len(), Ordering::Relaxed);
        if before > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(piece)
    }

    /// The parser has returned something.
    fn reset(&self) {
        self.pending.store(0, Ordering::Relaxed);
    }
}

async fn find(form: &mut Multipart<'_>, meter: &Meter) -> Result<String, BodyError> {
    let mut model = None;
    let mut parts = 0;
    while let Some(field) = form.next_field().await.map_err(|_| BodyError::Malformed)? {
        meter.reset();
        parts += 1;
        if parts > MOST_PARTS {
            return Err(BodyError::TooDeep);
        }
        match is_model(&field)? {
            true if model.is_some() => return Err(BodyError::TwoModels),
            true => model = Some(text(field).await?),
            false => drop_field(field, meter).await?,
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

async fn drop_field(mut field: Field<'_>, meter: &Meter) -> Result<(), BodyError> {
    while let Some(piece) = field.chunk().await.map_err(|_| BodyError::Malformed)? {
        drop(piece);
        meter.reset();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
