//! A check as lines on a terminal.

use crate::proof::device::{Check, Deviation, Request};

/// Columns of the verdict and of what was checked.
const VERDICT: usize = 7;
const WHAT: usize = 41;

/// How many tensors beyond their tolerance are shown; the file has all.
const SHOWN: usize = 5;

/// Writes checks below headings.
pub(super) struct Lines {
    width: usize,
    heading: String,
}

impl Lines {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width: width.max(60),
            heading: String::new(),
        }
    }

    /// The lines of a check: verdict, what, the error of the worst tensor and what it may be; more where it has failed.
    pub(super) fn of(&mut self, check: &Check) -> Vec<String> {
        let mut lines = Vec::new();
        let heading = format!("{}, {}", check.kind, check.arithmetic);
        if heading != self.heading {
            lines.push(String::new());
            lines.push(format!("{heading:<48}error/allowed  worst tensor"));
            if check.parts.is_empty() {
                lines.pop();
                lines.push(heading.clone());
            }
            self.heading = heading;
        }
        let verdict = if check.passed { "ok" } else { "FAILED" };
        let mut line = format!("{verdict:<VERDICT$}{:<WHAT$}", check.what);
        let tensors: usize = check.parts.iter().map(|part| part.tensors).sum();
        let worst = check.worst().filter(|(_, worst)| worst.error != 0.0);
        if let Some((part, worst)) = worst {
            line.push_str(&format!("{:<15}", numbers(worst)));
            let room = self.width.saturating_sub(line.chars().count());
            line.push_str(&shortened(&named(part, worst), room));
        } else if tensors > 0 {
            line.push_str(&format!("{:<15}{tensors} tensors equal", "0"));
        }
        lines.push(line.trim_end().to_owned());
        let mut more: Vec<String> = Vec::new();
        more.extend(check.failure.clone());
        more.extend(check.note.clone());
        for part in &check.parts {
            more.extend(part.beyond.iter().take(SHOWN).map(|it| {
                let name = named(part.part, it);
                format!("{name}: {}", numbers(it))
            }));
            if let left @ 1.. = part.beyond.len().saturating_sub(SHOWN) {
                more.push(format!("{}: {left} more of {}", part.part, part.tensors));
            }
        }
        let indent = " ".repeat(VERDICT);
        for text in more {
            let wrapped = wrapped(&text, self.width - VERDICT);
            lines.extend(wrapped.into_iter().map(|line| format!("{indent}{line}")));
        }
        lines
    }
}

/// The verdict in a sentence or two.
pub(super) fn conclusion(request: &Request, checks: &[Check], seconds: f64) -> String {
    let failed = checks.iter().filter(|check| !check.passed).count();
    let all = checks.len();
    let Request {
        device, against, ..
    } = request;
    if failed == 0 {
        format!("ok: `{device}` computes what `{against}` does: {all} checks in {seconds:.0} s")
    } else {
        format!("FAILED: {failed} of {all} checks of `{device}`, in {seconds:.0} s")
    }
}

fn numbers(deviation: &Deviation) -> String {
    format!("{}/{}", short(deviation.error), short(deviation.allowed))
}

/// Two digits: `0`, `1.3e-6`.
fn short(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.is_infinite() {
        "∞".to_owned()
    } else {
        format!("{value:.1e}")
    }
}

fn named(part: &str, deviation: &Deviation) -> String {
    match part {
        "gradients" => format!("gradient of {}", deviation.tensor),
        "steps" => format!("steps of {}", deviation.tensor),
        _ => deviation.tensor.clone(),
    }
}

/// The end of a name, which tells more than its beginning.
fn shortened(name: &str, room: usize) -> String {
    let letters = name.chars().count();
    if letters <= room {
        return name.to_owned();
    }
    let end = name.chars().skip(letters + 1 - room.max(1));
    std::iter::once('…').chain(end).collect()
}

/// The words of a text in lines of at most this width, longer words alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
