//! Content codings: the client's preferences, and the encoders (RFC 9110, sections 8.4.1 and 12.5.3).

use std::io::{self, Write};

use actix_web::http::header::HeaderValue;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Br,
    Zstd,
    Gzip,
}

/// A weight of 1, in thousandths.
const FULL: u16 = 1_000;

impl Coding {
    /// All codings. The coding with the shortest lists is first.
    pub(crate) const ALL: [Self; 3] = [Self::Br, Self::Zstd, Self::Gzip];

    /// The name in `Content-Encoding`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    fn of(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"x-gzip") {
            return Some(Self::Gzip);
        }
        Self::ALL
            .into_iter()
            .find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()))
    }

    /// Encodes these bytes. A megabyte takes tens of milliseconds.
    pub(crate) fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Br => {
                let parameters = brotli::enc::BrotliEncoderParams {
                    quality: 5,
                    lgwin: 22,
                    size_hint: bytes.len(),
                    ..Default::default()
                };
                let mut encoded = vec![];
                brotli::BrotliCompress(&mut &*bytes, &mut encoded, &parameters)?;
                Ok(encoded)
            }
            Self::Zstd => zstd::bulk::compress(bytes, 9),
            Self::Gzip => {
                let level = flate2::Compression::new(6);
                let mut encoder = flate2::write::GzEncoder::new(vec![], level);
                encoder.write_all(bytes)?;
                encoder.finish()
            }
        }
    }
}

/// The codings that a client accepts: a weight for each coding, in thousandths. A weight of 0 means not acceptable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    weights: [u16; Coding::ALL.len()],
}

impl Accepted {
    /// Reads the `Accept-Encoding` headers of a request. A coding with a smaller weight than `identity` gets a weight of
    /// 0.
    pub(crate) fn of<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let (mut named, mut others, mut identity) = ([None; Coding::ALL.len()], 0, None);
        for element in values
            .into_iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        {
            let (name, weight) = weighed(element);
            if name == b"*" {
                others = weight;
            } else if name.eq_ignore_ascii_case(b"identity") {
                identity = Some(weight);
            } else if let Some(coding) = Coding::of(name) {
                named[coding as usize] = Some(weight);
            }
        }
        let least = identity.unwrap_or(0).max(1);
        let weights = named.map(|weight| weight.unwrap_or(others));
        Self {
            weights: weights.map(|weight| if weight < least { 0 } else { weight }),
        }
    }

    /// The acceptable codings by descending weight. Codings of the same weight keep the order of [`Coding::ALL`].
    pub(crate) fn in_order(self) -> impl Iterator<Item = Coding> {
        let mut codings = Coding::ALL;
        codings.sort_by_key(|coding| std::cmp::Reverse(self.weight(*coding)));
        codings
            .into_iter()
            .filter(move |coding| self.weight(*coding) > 0)
    }

    fn weight(self, coding: Coding) -> u16 {
        self.weights[coding as usize]
    }
}

/// Returns the name of an element and its weight. A malformed weight counts as 0.
fn weighed(element: &[u8]) -> (&[u8], u16) {
    let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| match part {
        [b'q' | b'Q', b'=', weight @ ..] => Some(thousandths(weight).unwrap_or(0)),
        _ => None,
    });
    (name, weight.unwrap_or(FULL))
}

/// Parses a number from 0 to 1 with at most three decimals.
fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, decimals) = match text {
        [whole, b'.', decimals @ ..] if decimals.len() <= 3 => (whole, decimals),
        [whole] => (whole, [].as_slice()),
        _ => return None,
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let mut number = digit(*whole)?;
    for place in 0..3 {
        number = number * 10 + decimals.get(place).map_or(Some(0), |byte| digit(*byte))?;
    }
    (number <= FULL).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn order(values: &[&str]) -> Vec<&'static str> {
        let values: Vec<HeaderValue> = values
            .iter()
            .map(|value| HeaderValue::from_str(value).unwrap())
            .collect();
        Accepted::of(&values).in_order().map(Coding::name).collect()
    }

    #[test]
    fn the_heaviest_comes_first_and_what_weighs_nothing_is_not_taken() {
        for (values, expected) in [
            (&[][..], &[][..]),
            (&[""], &[]),
            (&["gzip, deflate"], &["gzip"]),
            (&["gzip, deflate, br, zstd"], &["br", "zstd", "gzip"]),
            (&["gzip", "br"], &["br", "gzip"]),
            (&["GZIP;Q=1.0 ,br;q=0.9"], &["gzip", "br"]),
            (&["x-gzip"], &["gzip"]),
            (&["gzip;q=0"], &[]),
            (&["gzip;q=0.000, br;q=0.001"], &["br"]),
            (&["*"], &["br", "zstd", "gzip"]),
            (&["*;q=0.5, br;q=0"], &["zstd", "gzip"]),
            (&["*;q=0"], &[]),
            (&["identity"], &[]),
            (&["identity, gzip"], &["gzip"]),
            (&["identity;q=0.5, gzip;q=0.4, br;q=0.6"], &["br"]),
            (&["identity;q=0, gzip;q=0.1"], &["gzip"]),
            (&["gzip;q=2, br;q=x, zstd;q=0.1234"], &[]),
            (&["gzip;q=0.5;q=1"], &["gzip"]),
            (&["gzi, gzipp, bro"], &[]),
        ] {
            assert_eq!(order(values), expected, "{values:?}");
        }
    }

    fn decode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut decoded = vec![];
        match coding {
            Coding::Br => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut decoded),
            Coding::Zstd => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut decoded),
            Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut decoded),
        }
        .unwrap();
        decoded
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_what_is_decoded(bytes: Vec<u8>) {
            for coding in Coding::ALL {
                prop_assert_eq!(&decode(coding, &coding.encode(&bytes).unwrap()), &bytes);
            }
        }

        #[test]
        fn no_header_is_too_strange(value in "[ -~]{0,40}") {
            let _ = order(&[&value]);
        }
    }
}
