//! The connection's own responses to requests that could not be parsed.

use std::time::SystemTime;

use actix_web::ResponseError;
use actix_web::http::header::HttpDate;
use actix_web::web::Bytes;

use super::Connection;
use super::bare::UNREADABLE;
use crate::dialects::openai::error::ApiError;
use crate::server::request_id::RequestId;
use crate::server::respond::headers::standard_headers;

impl Connection {
    /// Returns the dispatcher's response with the error envelope.
    pub(super) fn with_envelope(&self, head: &[u8]) -> Bytes {
        let head = String::from_utf8_lossy(head);
        let status = head
            .lines()
            .next()
            .and_then(|line| line.split_once(' '))
            .map_or("", |(_, status)| status);
        let error = match status.get(..3) {
            Some("408") => ApiError::RequestTimeout,
            Some("431") => ApiError::HeadTooLarge,
            Some("400") => ApiError::BadRequest(UNREADABLE),
            _ => ApiError::Fault("the connection's dispatcher failed".to_owned()),
        };
        self.last_response(&format!("HTTP/1.1 {status}"), &error)
    }

    /// Returns the last response of a connection. It has no CORS headers, because the origin of the request is unknown.
    pub(super) fn last_response(&self, status_line: &str, error: &ApiError) -> Bytes {
        let request_id = RequestId::new();
        self.log(&request_id, error);
        let body = error.body(request_id.as_str());
        let date = HttpDate::from(SystemTime::now());
        let length = body.len();
        let mut response = format!(
            "{status_line}\r\ncontent-length: {length}\r\nconnection: close\r\ndate: {date}\r\n"
        );
        for (name, value) in &standard_headers(&request_id) {
            let value = value.to_str().unwrap_or_default();
            response.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        for (name, value) in error.headers() {
            response.extend([name.as_str(), ": ", &value, "\r\n"]);
        }
        response += "\r\n";
        Bytes::from([response.into_bytes(), body].concat())
    }

    /// Logs a request that could not be parsed, with the id in its response.
    fn log(&self, request_id: &RequestId, error: &ApiError) {
        let status = error.status_code();
        let reason = matches!(error, ApiError::BadRequest(_)).then_some("unreadable");
        if self.logged.has(status, reason) {
            let request_id = request_id.as_str();
            let client = self
                .peer
                .map(|peer| tracing::field::display(peer.ip().to_canonical()));
            let status = status.as_u16();
            tracing::info!(request_id, client, status, reason, %error, "failed to read a request");
        }
    }
}
