//! The format of the column `events.context`.

use std::borrow::Cow;
use std::net::IpAddr;

use models_core::Context;
use serde::{Deserialize, Serialize};

/// The circumstances of a change as JSON. Readers ignore the fields of newer versions.
#[derive(Serialize, Deserialize)]
struct StoredContext<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
}

/// Writes the stored form; `None` if nothing is known.
pub(crate) fn write(context: &Context) -> Result<Option<String>, serde_json::Error> {
    if *context == Context::default() {
        return Ok(None);
    }
    let Context {
        request_id,
        client_address,
        user,
        host,
        reason,
    } = context;
    serde_json::to_string(&StoredContext {
        request_id: request_id.as_deref().map(Cow::from),
        client_address: *client_address,
        user: user.as_deref().map(Cow::from),
        host: host.as_deref().map(Cow::from),
        reason: reason.as_deref().map(Cow::from),
    })
    .map(Some)
}

/// Reads the circumstances. A damaged text says nothing about the change itself, so it reads as
/// unknown circumstances.
pub(crate) fn read(json: Option<&str>) -> Context {
    let stored = json.and_then(|json| serde_json::from_str::<StoredContext<'_>>(json).ok());
    let Some(stored) = stored else {
        return Context::default();
    };
    Context {
        request_id: stored.request_id.map(Cow::into_owned),
        client_address: stored.client_address,
        user: stored.user.map(Cow::into_owned),
        host: stored.host.map(Cow::into_owned),
        reason: stored.reason.map(Cow::into_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circumstances_are_read_as_they_were_written() {
        let whole = Context {
            request_id: Some("req_1".to_owned()),
            client_address: Some("2001:db8::1".parse().unwrap()),
            user: Some("models".to_owned()),
            host: Some("db-1".to_owned()),
            reason: Some("ticket \"7\"".to_owned()),
        };
        let written = write(&whole).unwrap();
        assert_eq!(read(written.as_deref()), whole);
        assert_eq!(write(&Context::default()).unwrap(), None);
    }

    #[test]
    fn missing_and_damaged_circumstances_are_unknown() {
        for text in [None, Some(""), Some("[]"), Some("{\"host\":1}")] {
            assert_eq!(read(text), Context::default(), "{text:?}");
        }
        let newer = read(Some("{\"host\":\"a\",\"more\":{}}"));
        assert_eq!(newer.host.as_deref(), Some("a"));
    }
}
