use super::bare_response;

const BARE: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n";

#[test]
fn only_the_dispatchers_own_responses_are_found() {
    let ours =
        "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\nx-request-id: req_0\r\ndate: x\r\n\r\n";
    let echoing =
        "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\na: HTTP/1.1 400 x\r\ndate: x\r\n\r\n";
    for (bytes, expected) in [
        (BARE.to_owned(), Some(0)),
        (BARE.replace("HTTP/1.1", "HTTP/1.0"), Some(0)),
        (format!("{ours}hello{BARE}"), Some(ours.len() + 5)),
        (ours.to_owned(), None),
        (format!("{ours}{{}}"), None),
        (echoing.to_owned(), None),
        (BARE.replace("content-length: 0", "content-length: 9"), None),
        (BARE.replace("400 Bad Request", "204 No Content"), None),
        (BARE.replace("date: x", "x-request-id: y"), None),
        ("HTTP/1.1 100 Continue\r\n\r\n".to_owned(), None),
        (String::new(), None),
    ] {
        assert_eq!(bare_response(bytes.as_bytes()), expected, "{bytes}");
    }
}
