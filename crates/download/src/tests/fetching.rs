//! Downloads that go well.

use std::fs;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::server::{Request, Server, answer, body, serve};
use super::{line, names, patience, quiet, reason};
use crate::checksum::Checksum;
use crate::error::{DownloadError, Reason};
use crate::fetch::{Source, fetch_over};
use crate::progress::{Phase, Progress};
use crate::transfer::Line;

#[test]
fn a_file_is_brought_once() {
    let body = body();
    let server = Server::start({
        let body = body.clone();
        move |_, request, stream| serve(stream, request, &body, "\"a\"", usize::MAX)
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new/folder/file");
    let source = Source {
        urls: &[&server.url()],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body),
    };
    let steps = Mutex::new(Vec::new());
    let fetched = fetch_over(&line(0), &source, &target, &|step| {
        steps.lock().unwrap().push(step);
    })
    .unwrap();
    assert!(!fetched.was_there);
    assert_eq!(fetched.path, target);
    assert_eq!(fs::read(&target).unwrap(), body);
    assert_eq!(
        names(target.parent().unwrap()),
        ["file", "file.lock"],
        "nothing else is left"
    );
    let steps = steps.into_inner().unwrap();
    assert!(steps.iter().all(|it| it.phase == Phase::Receiving));
    assert!(steps.is_sorted_by_key(|it| it.done));
    assert_eq!(
        steps.last().map(|it| (it.done, it.total)),
        Some((300_000, 300_000))
    );

    let again = fetch_over(&line(0), &source, &target, &quiet).unwrap();
    assert!(again.was_there);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(
        server.requests()[0].header("accept-encoding"),
        Some("identity")
    );
    assert_eq!(server.requests()[0].header("range"), None);
}

#[test]
fn a_redirect_is_followed() {
    let body = body();
    let server = Server::start({
        let body = body.clone();
        move |_, request, stream| match request.path.as_str() {
            "/file" => answer(stream, "302 Found", "location: /elsewhere\r\n", b""),
            _ => serve(stream, request, &body, "\"a\"", usize::MAX),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let source = Source {
        urls: &[&server.url()],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body),
    };
    fetch_over(&line(0), &source, &target, &quiet).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body);
    let paths: Vec<_> = server.requests().into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["/file", "/elsewhere"]);
}

#[test]
fn the_next_address_is_tried() {
    let body = body();
    let server = Server::start({
        let body = body.clone();
        move |_, request, stream| match request.path.as_str() {
            "/file" => answer(stream, "503 Busy", "", b""),
            _ => serve(stream, request, &body, "\"a\"", usize::MAX),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let source = Source {
        urls: &[&server.url(), &format!("http://{}/mirror", server.address)],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body),
    };
    fetch_over(&line(0), &source, &folder.path().join("file"), &quiet).unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_file_brought_by_hand_is_checked_and_taken() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    // No address: whoever asks the network fails.
    let source = Source {
        urls: &[],
        bytes: 1,
        checksum: Checksum::of_bytes(b"a"),
    };
    fs::write(&target, b"a").unwrap();
    assert!(
        fetch_over(&line(0), &source, &target, &quiet)
            .unwrap()
            .was_there
    );
    for wrong in [b"b".as_slice(), b"ab"] {
        fs::write(&target, wrong).unwrap();
        let error = fetch_over(&line(0), &source, &target, &quiet).unwrap_err();
        assert!(matches!(error, DownloadError::Occupied { .. }), "{error}");
        assert_eq!(fs::read(&target).unwrap(), wrong, "it is left alone");
    }
    let error = fetch_over(&line(0), &source, folder.path(), &quiet).unwrap_err();
    assert!(
        error.to_string().contains("a folder; expected a file"),
        "{error}"
    );
}

#[test]
fn of_two_at_once_the_second_waits_and_finds_it_done() {
    let body = body();
    let (waits, waiting) = mpsc::channel();
    let server = Server::start({
        let body = body.clone();
        move |_, request, stream| {
            // The first is held up until the second is seen to wait.
            waiting.recv_timeout(Duration::from_secs(20)).unwrap();
            serve(stream, request, &body, "\"a\"", usize::MAX);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let (url, checksum) = (server.url(), Checksum::of_bytes(&body));
    let tell = |step: Progress| {
        if step.phase == Phase::Waiting {
            waits.send(()).unwrap();
        }
    };
    let tell: &(dyn Fn(Progress) + Sync) = &tell;
    let fetched: Vec<bool> = thread::scope(|scope| {
        let fetches: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let source = Source {
                        urls: &[&url],
                        bytes: 300_000,
                        checksum,
                    };
                    fetch_over(&line(0), &source, &target, &|step| tell(step)).unwrap()
                })
            })
            .collect();
        fetches
            .into_iter()
            .map(|fetch| fetch.join().unwrap().was_there)
            .collect()
    });
    assert_eq!(fetched.iter().filter(|it| **it).count(), 1);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(fs::read(&target).unwrap(), body);
}

#[test]
fn a_proxy_is_used_and_its_refusal_told() {
    let body = body();
    let proxy = Server::start({
        let body = body.clone();
        move |number, request, stream| {
            assert_eq!(
                (request.method.as_str(), request.path.as_str()),
                ("CONNECT", "nowhere:80")
            );
            if number == 0 {
                answer(stream, "407 Proxy Authentication Required", "", b"");
            } else {
                stream_ok(stream);
                let request = Request::read(stream).unwrap();
                assert_eq!(request.path, "/file");
                serve(stream, &request, &body, "\"a\"", usize::MAX);
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let source = Source {
        urls: &["http://nowhere/file"],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body),
    };
    let through = ureq::Proxy::new(&format!("http://{}", proxy.address)).unwrap();
    let line = Line::new(patience(0), Some(through));
    let error = fetch_over(&line, &source, &target, &quiet).unwrap_err();
    let reason = reason(error);
    assert!(
        matches!(&reason, Reason::Proxy { cause } if cause.contains("407")),
        "{reason}"
    );
    fetch_over(&line, &source, &target, &quiet).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body);
}

/// What a proxy says before it passes on what comes.
fn stream_ok(stream: &mut std::net::TcpStream) {
    use std::io::Write;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
}

#[test]
fn what_cannot_fit_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let requests = Arc::new(Mutex::new(0));
    let server = Server::start({
        let requests = Arc::clone(&requests);
        move |_, _, _| *requests.lock().unwrap() += 1
    });
    let source = Source {
        urls: &[&server.url()],
        bytes: u64::MAX / 2,
        checksum: Checksum::of_bytes(b""),
    };
    let error = fetch_over(&line(0), &source, &folder.path().join("file"), &quiet).unwrap_err();
    let DownloadError::NoSpace { needed, free, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(needed, u64::MAX / 2);
    assert!(free.is_some_and(|free| free < needed));
    assert_eq!(*requests.lock().unwrap(), 0);
    assert_eq!(names(folder.path()), ["file.lock"]);
}
