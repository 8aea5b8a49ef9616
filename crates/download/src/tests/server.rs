//! A small HTTP server, one connection after the other, whose answers each test writes itself.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What a client asked.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// As in `GET /file HTTP/1.1`.
    pub(super) method: String,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: HashMap<String, String>,
}

impl Request {
    pub(super) fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let first = lines.next()?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let headers = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| {
                let (name, value) = line.split_once(": ")?;
                Some((name.to_lowercase(), value.to_owned()))
            })
            .collect();
        Some(Self {
            method,
            path,
            headers,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Serves until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `answer` gets the number of the request, from 0, the request, and the stream to answer on.
    pub(super) fn start(
        mut answer: impl FnMut(usize, &Request, &mut TcpStream) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (requests, stop) = (Arc::clone(&requests), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let mut stream = stream.unwrap();
                    let Some(request) = Request::read(&stream) else {
                        continue;
                    };
                    let number = {
                        let mut requests = requests.lock().unwrap();
                        requests.push(request.clone());
                        requests.len() - 1
                    };
                    answer(number, &request, &mut stream);
                    let _ = stream.shutdown(Shutdown::Write);
                }
            }
        });
        Self {
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/file", self.address)
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join();
            assert!(thread::panicking() || outcome.is_ok(), "the server failed");
        }
    }
}

/// Answers as a good server does: the whole, or the range that is asked for if it is of the version `tag`; but at most
/// `at_most` bytes of what it has announced.
pub(super) fn serve(
    stream: &mut TcpStream,
    request: &Request,
    body: &[u8],
    tag: &str,
    at_most: usize,
) {
    let from = request
        .header("range")
        .filter(|_| request.header("if-range").is_none_or(|it| it == tag))
        .map(|range| {
            let range = range.strip_prefix("bytes=").unwrap();
            range.strip_suffix('-').unwrap().parse::<usize>().unwrap()
        });
    let (status, range) = match from {
        Some(from) => {
            let (last, total) = (body.len() - 1, body.len());
            let range = format!("content-range: bytes {from}-{last}/{total}\r\n");
            ("206 Partial Content", range)
        }
        None => ("200 OK", String::new()),
    };
    let rest = &body[from.unwrap_or(0)..];
    let head = format!("etag: {tag}\r\n{range}content-length: {}\r\n", rest.len());
    answer(stream, status, &head, &rest[..rest.len().min(at_most)]);
}

/// Writes an answer. `head` is header lines, each with its end.
pub(super) fn answer(stream: &mut TcpStream, status: &str, head: &str, body: &[u8]) {
    // The client may have heard enough and be gone.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nconnection: close\r\n{head}\r\n"
    );
    let _ = stream.write_all(body);
}

/// The body that most tests serve: 300,000 bytes, no two thousand of them alike.
pub(super) fn body() -> Vec<u8> {
    (0u32..300_000)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}
