//! The header fields of a request, collected in one pass over the headers.

use actix_http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_http::{Method, RequestHead};
use actix_web::http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};

const OPENAI_ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const OPENAI_PROJECT: HeaderName = HeaderName::from_static("openai-project");
pub(crate) const X_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// A header that a request may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    #[default]
    Absent,
    Once(&'a HeaderValue),
    Repeated,
}

impl<'a> Field<'a> {
    fn add(&mut self, value: &'a HeaderValue) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    /// Returns all values of this header.
    fn values(
        self,
        headers: &'a HeaderMap,
        name: HeaderName,
    ) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        let (once, all) = match self {
            Self::Absent => (None, None),
            Self::Once(value) => (Some(value), None),
            Self::Repeated => (None, Some(headers.get_all(name))),
        };
        once.into_iter().chain(all.into_iter().flatten())
    }
}

/// The parts of a request's head that the service uses.
pub(crate) struct Fields<'a> {
    head: &'a RequestHead,
    length: usize,
    /// `Authorization`.
    pub(crate) authorization: Field<'a>,
    /// `x-api-key`.
    pub(crate) x_api_key: Field<'a>,
    /// `x-goog-api-key`.
    pub(crate) x_goog_api_key: Field<'a>,
    /// `api-key`.
    pub(crate) api_key: Field<'a>,
    organization: Field<'a>,
    project: Field<'a>,
    client_request_id: Field<'a>,
    condition: Field<'a>,
    coding: Field<'a>,
    /// Whether the request has a header that can demand a minimum revision.
    pub(crate) may_demand_freshness: bool,
    /// Whether the request announces a body, or expects `100 Continue`.
    pub(crate) announces_body: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(head: &'a RequestHead) -> Self {
        let target = head.uri.path_and_query();
        let mut this = Self {
            head,
            length: target.map_or(0, |target| target.as_str().len()),
            authorization: Field::Absent,
            x_api_key: Field::Absent,
            x_goog_api_key: Field::Absent,
            api_key: Field::Absent,
            organization: Field::Absent,
            project: Field::Absent,
            client_request_id: Field::Absent,
            condition: Field::Absent,
            coding: Field::Absent,
            may_demand_freshness: false,
            announces_body: false,
        };
        for (name, value) in head.headers() {
            // 4 bytes for the colon, the space and the line end.
            this.length += name.as_str().len() + value.len() + 4;
            match name.as_str() {
                "authorization" => this.authorization.add(value),
                "x-api-key" => this.x_api_key.add(value),
                "x-goog-api-key" => this.x_goog_api_key.add(value),
                "api-key" => this.api_key.add(value),
                "openai-organization" => this.organization.add(value),
                "openai-project" => this.project.add(value),
                "x-client-request-id" => this.client_request_id.add(value),
                "if-none-match" => this.condition.add(value),
                "accept-encoding" => this.coding.add(value),
                "cache-control" | "x-models-min-revision" => this.may_demand_freshness = true,
                "content-length" | "transfer-encoding" | "expect" => this.announces_body = true,
                _ => {}
            }
        }
        this
    }

    pub(crate) fn head(&self) -> &'a RequestHead {
        self.head
    }

    /// The path and the query as the client sent them.
    pub(crate) fn target(&self) -> &'a str {
        let target = self.head.uri.path_and_query();
        target.map_or("", |target| target.as_str())
    }

    pub(crate) fn method(&self) -> &'a Method {
        &self.head.method
    }

    /// The path as the client sent it.
    pub(crate) fn path(&self) -> &'a str {
        self.head.uri.path()
    }

    pub(crate) fn headers(&self) -> &'a HeaderMap {
        self.head.headers()
    }

    /// The length of the target and the headers, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The values of `OpenAI-Organization`.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.organization
            .values(self.headers(), OPENAI_ORGANIZATION)
    }

    /// The values of `OpenAI-Project`.
    pub(crate) fn projects(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.project.values(self.headers(), OPENAI_PROJECT)
    }

    /// The values of `X-Client-Request-Id`.
    pub(crate) fn client_request_ids(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.client_request_id
            .values(self.headers(), X_CLIENT_REQUEST_ID)
    }

    /// The values of `If-None-Match`.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.condition.values(self.headers(), IF_NONE_MATCH)
    }

    /// The values of `Accept-Encoding`.
    pub(crate) fn codings(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.coding.values(self.headers(), ACCEPT_ENCODING)
    }
}

#[cfg(test)]
mod tests {
    use actix_http::test::TestRequest;

    use super::*;

    #[test]
    fn a_head_has_each_header_once_or_all_of_its_values() {
        let request = TestRequest::with_uri("/v1/models?a")
            .insert_header(("Authorization", "one"))
            .append_header(("Openai-Organization", "a"))
            .append_header(("openai-organization", "b"))
            .finish();
        let fields = Fields::of(request.head());
        assert_eq!(
            fields.authorization,
            Field::Once(&HeaderValue::from_static("one"))
        );
        let organizations: Vec<_> = fields.organizations().collect();
        assert_eq!(organizations, ["a", "b"]);
        assert_eq!(fields.projects().count(), 0);
        // `/v1/models?a`, `authorization: one`, and twice `openai-organization: a`.
        assert_eq!(fields.length(), 12 + 20 + 2 * 24);
        assert_eq!(fields.path(), "/v1/models");
    }

    #[test]
    fn a_head_says_what_a_response_depends_on() {
        for (name, expected) in [
            ("if-none-match", [true, false, false, false]),
            ("accept-encoding", [false, true, false, false]),
            ("cache-control", [false, false, true, false]),
            ("x-models-min-revision", [false, false, true, false]),
            ("content-length", [false, false, false, true]),
            ("transfer-encoding", [false, false, false, true]),
            ("expect", [false, false, false, true]),
            ("accept", [false; 4]),
        ] {
            let request = TestRequest::default().insert_header((name, "1")).finish();
            let fields = Fields::of(request.head());
            let found = [
                fields.conditions().count() == 1,
                fields.codings().count() == 1,
                fields.may_demand_freshness,
                fields.announces_body,
            ];
            assert_eq!(found, expected, "{name}");
        }
    }
}
