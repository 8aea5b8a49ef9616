//! Connections that break, servers that change, disks that are full.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::server::{Server, answer, body, serve};
use super::{line, names, quiet};
use crate::checksum::Checksum;
use crate::error::{DownloadError, Reason};
use crate::fetch::{Source, download, fetch_over, write_all};

/// `fetch_over` from one address, of the body that the tests serve.
fn fetch(retries: u32, url: &str, target: &Path) -> Result<(), DownloadError> {
    let source = Source {
        urls: &[url],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body()),
    };
    fetch_over(&line(retries), &source, target, &quiet).map(|_| ())
}

fn interrupted_at(error: &DownloadError) -> u64 {
    match error {
        DownloadError::NotBrought { failures, .. } => match failures[0].reason {
            Reason::Interrupted { received, .. } => received,
            ref other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

/// The headers `range` and `if-range` of each request.
fn ranges(server: &Server) -> Vec<(Option<String>, Option<String>)> {
    let header = |value: Option<&str>| value.map(str::to_owned);
    server
        .requests()
        .iter()
        .map(|it| (header(it.header("range")), header(it.header("if-range"))))
        .collect()
}

fn range(from: usize, tag: &str) -> (Option<String>, Option<String>) {
    (Some(format!("bytes={from}-")), Some(tag.to_owned()))
}

/// A server that breaks off after so many bytes of the first answers, and is good from then on.
fn breaking(cuts: &'static [usize]) -> Server {
    let body = body();
    Server::start(move |number, request, stream| {
        let at_most = cuts.get(number).copied().unwrap_or(usize::MAX);
        serve(stream, request, &body, "\"a\"", at_most);
    })
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let server = breaking(&[100_000, 50_000]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    fetch(2, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body());
    assert_eq!(
        ranges(&server),
        [
            (None, None),
            range(100_000, "\"a\""),
            range(150_000, "\"a\"")
        ]
    );
}

#[test]
fn a_line_that_keeps_breaking_is_given_up_and_its_bytes_are_kept() {
    let server = breaking(&[100_000, 10, 10]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let error = fetch(2, &server.url(), &target).unwrap_err();
    assert_eq!(interrupted_at(&error), 100_020);
    assert!(
        error
            .to_string()
            .contains("the connection was lost after 100.0 kB of 300.0 kB"),
        "{error}"
    );
    assert_eq!(
        names(folder.path()),
        ["file.lock", "file.part", "file.part.json"]
    );

    fetch(0, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body());
    assert_eq!(ranges(&server)[3], range(100_020, "\"a\""));
    assert_eq!(names(folder.path()), ["file", "file.lock"]);
}

#[test]
fn a_line_that_keeps_breaking_but_gets_ahead_is_not_given_up() {
    let server = breaking(&[100_000, 100_000]);
    let folder = tempfile::tempdir().unwrap();
    fetch(1, &server.url(), &folder.path().join("file")).unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_server_that_is_busy_after_a_break_is_asked_again() {
    let body = body();
    let server = Server::start(move |number, request, stream| match number {
        0 => serve(stream, request, &body, "\"a\"", 1000),
        1 => answer(stream, "503 Busy", "", b""),
        _ => serve(stream, request, &body, "\"a\"", usize::MAX),
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(2, &server.url(), &folder.path().join("file")).unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_server_that_knows_no_ranges_begins_anew() {
    let body = body();
    let server = Server::start(move |number, _, stream| {
        let rest = if number == 0 { &body[..1000] } else { &body };
        let head = format!("etag: \"a\"\r\ncontent-length: {}\r\n", body.len());
        answer(stream, "200 OK", &head, rest);
    });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    fetch(1, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), super::server::body());
    assert_eq!(ranges(&server)[1], range(1000, "\"a\""));
}

#[test]
fn a_server_that_begins_anew_for_ever_is_given_up() {
    let body = body();
    let server = Server::start(move |_, _, stream| {
        let head = format!("etag: \"a\"\r\ncontent-length: {}\r\n", body.len());
        answer(stream, "200 OK", &head, &body[..200_000]);
    });
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(3, &server.url(), &folder.path().join("file")).unwrap_err();
    assert_eq!(interrupted_at(&error), 200_000);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn another_version_of_the_file_begins_anew() {
    // What was received first is of an older file, of the same length.
    let (old, new) = (vec![7; 300_000], body());
    for honest in [true, false] {
        let (old, new) = (old.clone(), new.clone());
        let server = Server::start(move |number, request, stream| match number {
            0 => serve(stream, request, &old, "\"old\"", 1000),
            // One that gives a range of the new file to who asked for the old.
            1 if !honest => {
                let head = format!(
                    "etag: \"new\"\r\ncontent-range: bytes 1000-299999/300000\r\ncontent-length: {}\r\n",
                    new.len() - 1000
                );
                answer(stream, "206 Partial Content", &head, &new[1000..]);
            }
            _ => serve(stream, request, &new, "\"new\"", usize::MAX),
        });
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        fetch(1, &server.url(), &target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), body());
        assert_eq!(ranges(&server)[1], range(1000, "\"old\""));
        assert_eq!(server.requests().len(), if honest { 2 } else { 3 });
    }
}

#[test]
fn a_range_that_there_is_not_begins_anew() {
    let body = body();
    let server = Server::start(move |number, request, stream| match number {
        0 => serve(stream, request, &body, "\"a\"", 1000),
        1 => answer(stream, "416 Range Not Satisfiable", "", b""),
        2 => serve(stream, request, &body, "\"a\"", usize::MAX),
        _ => unreachable!(),
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(1, &server.url(), &folder.path().join("file")).unwrap();
    assert_eq!(ranges(&server)[2], (None, None));
}

#[test]
fn without_a_name_for_the_version_nothing_is_resumed() {
    for tag in ["", "etag: W/\"weak\"\r\n"] {
        let body = body();
        let server = Server::start(move |number, _, stream| {
            let rest = if number == 0 { &body[..1000] } else { &body };
            let head = format!("{tag}content-length: {}\r\n", body.len());
            answer(stream, "200 OK", &head, rest);
        });
        let folder = tempfile::tempdir().unwrap();
        fetch(1, &server.url(), &folder.path().join("file")).unwrap();
        assert_eq!(ranges(&server), [(None, None), (None, None)]);
    }
}

#[test]
fn the_date_of_the_last_change_will_do() {
    let body = body();
    let date = "Tue, 01 Aug 2017 00:00:00 GMT";
    let server = Server::start(move |number, request, stream| {
        if number == 0 {
            let head = format!(
                "last-modified: {date}\r\ncontent-length: {}\r\n",
                body.len()
            );
            answer(stream, "200 OK", &head, &body[..1000]);
        } else {
            serve(stream, request, &body, date, usize::MAX);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(1, &server.url(), &folder.path().join("file")).unwrap();
    assert_eq!(ranges(&server)[1], range(1000, date));
}

#[test]
fn a_part_that_says_nothing_of_itself_is_not_trusted() {
    let records = [
        None,
        Some("not json".to_owned()),
        Some(r#"{"bytes":300000,"sha256":"00","validator":"\"a\""}"#.to_owned()),
    ];
    for record in records {
        let server = breaking(&[]);
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        fs::write(folder.path().join("file.part"), b"left over").unwrap();
        if let Some(record) = record {
            fs::write(folder.path().join("file.part.json"), record).unwrap();
        }
        fetch(0, &server.url(), &target).unwrap();
        assert_eq!(ranges(&server), [(None, None)]);
        assert_eq!(fs::read(&target).unwrap(), body());
    }
}

/// Leaves a part of `content` in the folder of `target`, with a record that is right.
fn leave_part(target: &Path, content: &[u8]) {
    let server = breaking(&[1]);
    fetch(0, &server.url(), target).unwrap_err();
    fs::write(target.with_file_name("file.part"), content).unwrap();
}

#[test]
fn a_part_that_is_whole_needs_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    leave_part(&target, &body());
    let server = breaking(&[]);
    fetch(0, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body());
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_part_that_is_too_long_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    leave_part(&target, &vec![7; 300_001]);
    let server = breaking(&[]);
    fetch(0, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body());
}

#[test]
fn a_spoilt_part_is_found_out_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    leave_part(&target, &[7; 1000]);
    let server = breaking(&[]);
    let error = fetch(0, &server.url(), &target).unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert_eq!(names(folder.path()), ["file.lock"]);
    fetch(0, &server.url(), &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), body());
}

/// A disk with room for 200,000 bytes.
fn write_to_small_disk(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let room = 200_000 - file.metadata()?.len() as usize;
    if bytes.len() > room {
        file.write_all(&bytes[..room])?;
        return Err(io::ErrorKind::StorageFull.into());
    }
    file.write_all(bytes)
}

#[test]
fn a_full_disk_keeps_what_it_has() {
    let server = breaking(&[]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let url = server.url();
    let source = Source {
        urls: &[&url, &url],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body()),
    };
    let error = download(&line(3), &source, &target, write_to_small_disk, &quiet).unwrap_err();
    let DownloadError::NoSpace { needed, .. } = error else {
        panic!("{error}");
    };
    assert!((100_000..300_000).contains(&needed), "{needed}");
    assert!(
        error.to_string().contains("not enough space for"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1, "another address does not help");
    assert!(!target.exists());

    download(&line(0), &source, &target, write_all, &quiet).unwrap();
    assert_eq!(ranges(&server)[1], range(200_000, "\"a\""));
    assert_eq!(fs::read(&target).unwrap(), body());
}

#[cfg(target_os = "linux")]
#[test]
fn the_systems_own_full_disk_is_known() {
    fn write_to_full_disk(_: &mut File, bytes: &[u8]) -> io::Result<()> {
        File::create("/dev/full")?.write_all(bytes)
    }
    let server = breaking(&[]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let source = Source {
        urls: &[&server.url()],
        bytes: 300_000,
        checksum: Checksum::of_bytes(&body()),
    };
    let error = download(&line(3), &source, &target, write_to_full_disk, &quiet).unwrap_err();
    let DownloadError::NoSpace { needed, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(needed, 300_000);
}
