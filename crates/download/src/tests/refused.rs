//! Servers that do not give the file.

use std::io::Read;
use std::time::Duration;

use super::server::{Server, answer, body, serve};
use super::{line, names, patience, quiet, reason};
use crate::checksum::Checksum;
use crate::error::Reason;
use crate::fetch::{Source, fetch_over};
use crate::transfer::{Line, Patience};

#[test]
fn redirects_in_a_circle_end() {
    let server = Server::start(|_, _, stream| {
        answer(stream, "302 Found", "location: /file\r\n", b"");
    });
    let folder = tempfile::tempdir().unwrap();
    let source = Source {
        urls: &[&server.url()],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    let error = fetch_over(&line(3), &source, &folder.path().join("file"), &quiet).unwrap_err();
    assert!(matches!(reason(error), Reason::Answer(_)));
    assert_eq!(names(folder.path()), ["file.lock"]);
}

#[test]
fn a_missing_file_is_told_with_what_to_do() {
    let server = Server::start(|_, _, stream| answer(stream, "404 Not Found", "", b"no"));
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let url = server.url();
    let source = Source {
        urls: &[&url],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    let error = fetch_over(&line(3), &source, &target, &quiet).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot download `file`: `{url}`: the server answered 404: the file is no longer at this address\n\
             or place the file (1 bytes, SHA-256 ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb) \
             at `{}` by hand and run the command again",
            target.display()
        )
    );
    assert_eq!(server.requests().len(), 1, "nothing was received: no retry");
    assert!(!target.exists());
}

#[test]
fn every_address_that_failed_is_told() {
    let server = Server::start(|number, _, stream| {
        let status = ["403 Forbidden", "429 Too Many Requests", "418 Teapot"][number];
        answer(stream, status, "", b"");
    });
    let folder = tempfile::tempdir().unwrap();
    // Port 1 is nobody's.
    let (url, nowhere) = (server.url(), "http://127.0.0.1:1/file");
    let source = Source {
        urls: &[&url, &url, &url, nowhere, "no address"],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    let error = fetch_over(&line(3), &source, &folder.path().join("file"), &quiet).unwrap_err();
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    assert_eq!(lines[0], "cannot download `file`:");
    assert!(lines[1].contains("403: access denied"), "{text}");
    assert!(lines[2].contains("429: too many requests"), "{text}");
    assert!(
        lines[3].contains("418: not a valid response to a download"),
        "{text}"
    );
    assert!(lines[4].contains("no connection: "), "{text}");
    assert!(lines[4].contains("whether it needs a proxy"), "{text}");
    assert!(lines[5].contains("`no address`: "), "{text}");
    assert!(
        lines[6].starts_with("or place the file (1 bytes, "),
        "{text}"
    );
}

#[test]
fn a_file_of_another_length_is_refused_before_it_is_received() {
    let server = Server::start(|_, request, stream| {
        serve(stream, request, b"<html>please log in", "\"a\"", usize::MAX);
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let source = Source {
        urls: &[&server.url()],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body()),
    };
    let error = fetch_over(&line(3), &source, &target, &quiet).unwrap_err();
    assert!(matches!(
        reason(error),
        Reason::Length {
            expected: 300_000,
            found: 19
        }
    ));
    assert_eq!(server.requests().len(), 1);
    assert!(!target.exists());
}

#[test]
fn a_body_without_length_is_taken_and_one_without_end_is_not() {
    let body = body();
    let server = Server::start({
        let body = body.clone();
        move |number, _, stream| {
            answer(stream, "200 OK", "", &body);
            if number == 1 {
                answer(stream, "and so on", "", &body);
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let source = Source {
        urls: &[&server.url()],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body),
    };
    fetch_over(&line(0), &source, &folder.path().join("a"), &quiet).unwrap();
    let error = fetch_over(&line(3), &source, &folder.path().join("b"), &quiet).unwrap_err();
    assert!(matches!(reason(error), Reason::Length { found, .. } if found > 300_000));
    assert_eq!(names(folder.path()), ["a", "a.lock", "b.lock"]);
}

#[test]
fn a_wrong_file_is_deleted_and_told() {
    let server = Server::start(|_, request, stream| {
        serve(stream, request, b"b", "\"a\"", usize::MAX);
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let source = Source {
        urls: &[&server.url()],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    let error = fetch_over(&line(3), &source, &target, &quiet).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("SHA-256 {}", Checksum::of_bytes(b"b"))),
        "{text}"
    );
    assert!(
        text.contains(&format!("expected {}", Checksum::of_bytes(b"a"))),
        "{text}"
    );
    assert_eq!(names(folder.path()), ["file.lock"]);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = Server::start(|_, _, stream| {
        // Until the client has gone.
        let _ = stream.read(&mut [0]);
    });
    let folder = tempfile::tempdir().unwrap();
    let source = Source {
        urls: &[&server.url()],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    let impatient = Line::new(
        Patience {
            stall: Duration::from_millis(50),
            ..patience(0)
        },
        None,
    );
    let error = fetch_over(&impatient, &source, &folder.path().join("file"), &quiet).unwrap_err();
    let reason = reason(error).to_string();
    assert!(
        reason.contains("the server did not answer in time"),
        "{reason}"
    );
}
