use proptest::prelude::*;

use super::*;
use crate::api_key::Secret;

#[test]
fn text_without_a_key_is_unchanged() {
    for text in [
        "",
        "/v1/models/gpt-4o",
        "task-1 disk-2 desk-3 risk-4 ask-me",
        "a%20b%2Fc%",
        "%zz%a%",
        "Mozilla/5.0 (X11; Linux)",
        "sk_mdl_x",
        "postgres://me@host/db",
        "http://host:8080/v1",
        "sk-...wxyz",
        "a key that begins with `sk-mdl-`, sk-admin- or sk-",
        "the key sk-... is gone",
    ] {
        assert!(
            matches!(mask(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
    }
}

#[test]
fn everything_that_looks_like_a_key_is_masked() {
    for (text, expected) in [
        ("sk-1", "sk-..."),
        (
            "/v1/models/sk-proj-abcdefghijklmnop",
            "/v1/models/sk-...mnop",
        ),
        ("SK-PROJ-ABCDEFGHIJKLMNOP", "sk-...MNOP"),
        (
            "The model 'sk-x/y' does not exist",
            "The model 'sk-...' does not exist",
        ),
        ("sk-a: No such file", "sk-...: No such file"),
        ("sk-...abcdefgh", "sk-..."),
        ("xsk-mdl-1 Xsk-ADMIN-2", "xsk-... Xsk-..."),
        ("a-sk-b_sk-c", "a-sk-..."),
        ("\u{1b}[33msk-a\u{1b}[0m", "\u{1b}[33msk-...\u{1b}[0m"),
        ("sk%2Dmdl%2Dx", "sk-..."),
        ("sk%2dmdl-x", "sk-..."),
        ("%73k-x", "sk-..."),
        ("%53%4B%2D%6D", "sk-..."),
        ("a%20sk-x%20b", "a%20sk-...%20b"),
        ("sk%252Dmdl%252Dx", "sk-..."),
        ("%25%37%33k-x", "sk-..."),
        ("%2525252573k-x", "sk-..."),
        (
            "{\"path\":\"/sk-x\",\"a\":1}",
            "{\"path\":\"/sk-...\",\"a\":1}",
        ),
    ] {
        assert_eq!(mask(text), expected);
        assert_eq!(mask(&mask(text)), mask(text), "{text}");
    }
    let often = format!("%{}73k-x", "25".repeat(DECODINGS + 1));
    assert_eq!(mask(&often), NOTHING);
}

#[test]
fn a_password_in_a_url_is_masked() {
    for (text, expected) in [
        ("postgres://me:s3@x:1/y", "postgres://me:***@x:1/y"),
        ("`http://a:b@c/d@e:f` is none", "`http://a:***@e:f` is none"),
        (
            "x://h/d?SslPassword=a&b=c&passwd=d",
            "x://h/d?SslPassword=***&b=c&passwd=***",
        ),
        ("two: a://b:c@d a://e:f@g", "two: a://b:***@d a://e:***@g"),
    ] {
        assert_eq!(mask(text), expected);
        assert_eq!(mask(&mask(text)), mask(text), "{text}");
    }
}

#[test]
fn control_characters_are_escaped_and_long_text_is_cut() {
    let shown = |text, most| Outside::new(text).at_most(most).to_string();
    assert_eq!(
        shown("a\n\u{1b}[31mb\u{202e}", 100),
        "a\\u{a}\\u{1b}[31mb\\u{202e}"
    );
    assert_eq!(shown("abcdef", 3), "abc…");
    assert_eq!(shown("abc", 3), "abc");
    assert_eq!(Outside::new("sk-abc").to_string(), "sk-...");
}

/// Percent-encodes some characters, some of them several times, with digits of both cases.
fn encode(text: &str, choices: &[u8]) -> String {
    let mut choices = choices.iter().copied().cycle();
    let mut encoded = text.to_owned();
    for _ in 0..3 {
        encoded = encoded
            .bytes()
            .map(|byte| match choices.next().unwrap_or(0) % 4 {
                0 => format!("%{byte:02x}"),
                1 => format!("%{byte:02X}"),
                _ => char::from(byte).to_string(),
            })
            .collect();
    }
    encoded
}

proptest! {
    #[test]
    fn no_encoding_hides_a_key(
        random: [u8; 32], before in "[a-z/ .%0-9]{0,8}", after in "(/[a-z]{0,8})?", choices: Vec<u8>,
    ) {
        let secret = Secret::from_random(random);
        let text = format!("{before}{}{after}", encode(secret.expose(), &choices));
        let mut shown = mask(&text).into_owned();
        // The masked text may still hold encoded parts.
        for _ in 0..4 {
            let decoded = Decoded { bytes: shown.as_bytes().into(), starts: vec![] }.decode_once();
            let Some(decoded) = decoded else { break };
            shown = String::from_utf8_lossy(&decoded.bytes).into_owned();
        }
        let random = &secret.expose()[7..];
        for part in (0..random.len() - 8).map(|at| &random[at..at + 8]) {
            prop_assert!(!shown.contains(part), "{} {}", text, shown);
        }
    }

    #[test]
    fn masking_is_idempotent(text in "(sk-|SK|%73|%|mdl-|[a-z .:/@%'0-9]|://){0,12}") {
        let once = mask(&text).into_owned();
        prop_assert_eq!(mask(&once).into_owned(), once);
    }
}
