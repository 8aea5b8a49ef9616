//! Receiving a file over HTTP, with all that can break on the way.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, Proxy};

use super::checksum::CHUNK;
use super::error::{DownloadError, Reason};
use super::part::Part;
use super::progress::{Phase, Progress};

/// How long to wait, and how often to try again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a name to be found, and then for a connection to be made.
    pub(super) connect: Duration,
    /// For the next bytes. There is no limit to the whole.
    pub(super) stall: Duration,
    /// How often a connection that broke is taken up again.
    pub(super) retries: u32,
    /// Bytes that earn all retries back: a large file over a line that keeps breaking takes many.
    pub(super) ahead: u64,
    /// Before the first of these; it doubles with each.
    pub(super) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            stall: Duration::from_mins(1),
            retries: 5,
            ahead: 16 * 1024 * 1024,
            pause: Duration::from_secs(1),
        }
    }
}

/// Why nothing more is received.
pub(super) enum Trouble {
    /// The fault is on this side: another address does not help.
    Disk(DownloadError),
    /// The fault is on the other side, or between.
    Line(Reason),
}

impl From<DownloadError> for Trouble {
    fn from(error: DownloadError) -> Self {
        Self::Disk(error)
    }
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::Line(reason)
    }
}

/// The way to the network.
pub(super) struct Line {
    agent: Agent,
    patience: Patience,
}

impl Line {
    /// Through the proxy that the environment names, if any: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
    pub(super) fn of_user() -> Self {
        Self::new(Patience::default(), Proxy::try_from_env())
    }

    /// With that patience, through that proxy.
    pub(super) fn new(patience: Patience, proxy: Option<Proxy>) -> Self {
        let config = Agent::config_builder()
            .proxy(proxy)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.stall))
            .timeout_per_read(Some(patience.stall))
            // A refusal has headers worth reading, and words of our own.
            .http_status_as_error(false)
            // The bytes as they are: lengths, ranges and checksums mean those.
            .accept_encoding("identity")
            .user_agent(concat!("colorize/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.new_agent(),
            patience,
        }
    }

    /// Receives from `url` until `part` is whole, and takes a connection that broke up again, but only one that has
    /// brought something: one that never worked is better told at once.
    pub(super) fn receive(
        &self,
        url: &str,
        part: &mut Part,
        progress: &dyn Fn(Progress),
    ) -> Result<(), Trouble> {
        let mut received = false;
        let mut breaks = 0;
        // From where on bytes are news: a server that begins anew each time must not earn its retries back.
        let mut mark = part.length();
        while part.length() < part.bytes() {
            let reason = match self.attempt(url, part, progress, &mut received) {
                Ok(()) => continue,
                Err(Trouble::Line(reason)) => reason,
                Err(disk) => return Err(disk),
            };
            if part.length() >= mark + self.patience.ahead {
                mark = part.length();
                breaks = 0;
            }
            if !received || !may_pass(&reason) || breaks == self.patience.retries {
                return Err(reason.into());
            }
            thread::sleep(self.patience.pause * (1 << breaks));
            breaks += 1;
        }
        Ok(())
    }

    /// Asks for what is missing and receives it. `received` is set once a byte came.
    fn attempt(
        &self,
        url: &str,
        part: &mut Part,
        progress: &dyn Fn(Progress),
        received: &mut bool,
    ) -> Result<(), Trouble> {
        let mut response = self.ask(url, part)?;
        let resumed = match response.status().as_u16() {
            206 if part.length() > 0 => continues(response.headers(), part),
            // There is no such range: the part is not of the file that the server has.
            416 if part.length() > 0 => false,
            200 => false,
            206 | 416 => {
                let answer = format!(
                    "{} in response to a request for the whole file",
                    response.status()
                );
                return Err(Reason::Answer(answer).into());
            }
            status => return Err(Reason::Status { status }.into()),
        };
        if !resumed {
            if response.status() != 200 {
                part.restart(None)?;
                response = self.ask(url, part)?;
                if response.status() != 200 {
                    let status = response.status().as_u16();
                    return Err(Reason::Status { status }.into());
                }
            }
            let expected = part.bytes();
            match response.body().content_length() {
                Some(found) if found != expected => {
                    return Err(Reason::Length { expected, found }.into());
                }
                _ => {}
            }
            part.restart(validator(response.headers()))?;
        }
        pour(response, part, progress, received)
    }

    /// Asks for the whole file; or, when a part exists, for the rest of the same version, or else the whole.
    fn ask(&self, url: &str, part: &Part) -> Result<Response<Body>, Reason> {
        let mut request = self.agent.get(url);
        if let (Some(validator), 1..) = (part.validator(), part.length()) {
            request = request
                .header("range", format!("bytes={}-", part.length()))
                .header("if-range", validator);
        }
        request.call().map_err(no_answer)
    }
}

/// Writes the body of an answer to the end of the part.
fn pour(
    response: Response<Body>,
    part: &mut Part,
    progress: &dyn Fn(Progress),
    received: &mut bool,
) -> Result<(), Trouble> {
    let interrupted = |part: &Part, cause: String| Reason::Interrupted {
        received: part.length(),
        bytes: part.bytes(),
        cause,
    };
    let tell = |part: &Part| {
        progress(Progress {
            phase: Phase::Receiving,
            done: part.length(),
            total: part.bytes(),
        });
    };
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; CHUNK];
    tell(part);
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(interrupted(part, words(error)).into()),
        };
        *received = true;
        let length = part.length() + count as u64;
        if length > part.bytes() {
            part.restart(None)?;
            return Err(Reason::Length {
                expected: part.bytes(),
                found: length,
            }
            .into());
        }
        part.append(&buffer[..count])?;
        tell(part);
    }
    if part.length() < part.bytes() {
        return Err(interrupted(part, "the server stopped sending".to_owned()).into());
    }
    Ok(())
}

/// Whether an answer 206 continues exactly where the part ends, in the same version of the same file.
fn continues(headers: &HeaderMap, part: &Part) -> bool {
    let expected = format!(
        "bytes {}-{}/{}",
        part.length(),
        part.bytes() - 1,
        part.bytes()
    );
    let range = text(headers, "content-range");
    let version = validator(headers);
    range.is_some_and(|range| range.trim() == expected)
        && (version.is_none() || version == part.validator())
}

/// What the server calls this version of the file, if that can be relied on byte for byte: a strong `ETag`, else the
/// date of the last change.
fn validator(headers: &HeaderMap) -> Option<&str> {
    match text(headers, "etag") {
        Some(tag) if !tag.starts_with("W/") => Some(tag),
        _ => text(headers, "last-modified"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether trying again may help.
fn may_pass(reason: &Reason) -> bool {
    match reason {
        Reason::Interrupted { .. } | Reason::Unreachable { .. } => true,
        Reason::Status { status } => matches!(status, 408 | 425 | 429 | 500..=599),
        Reason::Proxy { .. } | Reason::Length { .. } | Reason::Answer(_) => false,
    }
}

/// Why there was no answer at all.
fn no_answer(error: ureq::Error) -> Reason {
    let unreachable = |cause: &str| Reason::Unreachable {
        cause: cause.to_owned(),
    };
    match error {
        ureq::Error::ConnectProxyFailed(cause) => Reason::Proxy { cause },
        ureq::Error::HostNotFound => unreachable("the host name of the server cannot be resolved"),
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            unreachable("the server did not accept the connection in time")
        }
        ureq::Error::Timeout(_) => unreachable("the server did not answer in time"),
        ureq::Error::TooManyRedirects => Reason::Answer("too many redirects".to_owned()),
        ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Protocol(_)
        | ureq::Error::RedirectFailed
        | ureq::Error::LargeResponseHeader(..) => Reason::Answer(error.to_string()),
        ureq::Error::Io(cause) => unreachable(&cause.to_string()),
        // TLS above all.
        other => unreachable(&other.to_string()),
    }
}

/// Why a body ended, in words.
fn words(error: io::Error) -> String {
    match ureq::Error::from(error) {
        ureq::Error::Timeout(_) => "no more data arrived in time".to_owned(),
        ureq::Error::Io(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
