//! The SVG files: marks by plotters, pictures embedded as PNG, provenance in `<metadata>`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plotters::backend::SVGBackend;

use super::part::Part;
use super::png::Content;
use super::scene::{self, Area, Mark, Medium};
use super::theme::Color;
use super::{Figure, FigureError, png};

/// User units per point: plotters writes whole numbers, and a tenth of a point is fine enough.
const UNITS: f64 = 10.0;

/// Starts a metadata entry; reading looks for the same words.
const ENTRY: &str = "<colorize:entry key=\"";

/// The whole document.
pub(super) fn document(
    figure: &Figure,
    metadata: &[(&str, String)],
) -> Result<String, FigureError> {
    let (width, height) = (figure.width, figure.height);
    let mut text = String::new();
    let mut lines = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {} {}\">",
            f64::from(width) * UNITS,
            f64::from(height) * UNITS,
        ),
        format!("<title>{}</title>", escaped(&figure.title)),
    ];
    if !metadata.is_empty() {
        lines.push("<metadata xmlns:colorize=\"urn:colorize:figure\">".to_owned());
        lines.push(entries(metadata));
        lines.push("</metadata>".to_owned());
    }
    lines.push(format!(
        "<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>",
        hexadecimal(figure.background)
    ));
    lines.push("<g stroke-linejoin=\"round\">".to_owned());
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    let mut parts = figure.parts.iter().peekable();
    for (number, mark) in figure.marks.iter().enumerate() {
        while let Some(part) = parts.next_if(|part| part.marks.start <= number) {
            push_part(&mut text, figure, part)?;
        }
        if figure.parts.iter().any(|part| part.marks.contains(&number)) {
            continue;
        }
        push_mark(&mut text, mark)?;
    }
    for part in parts {
        push_part(&mut text, figure, part)?;
    }
    text.push_str("</g>\n</svg>\n");
    Ok(text)
}

/// A part as a group that says whose it is, and what can be read where.
fn push_part(text: &mut String, figure: &Figure, part: &Part) -> Result<(), FigureError> {
    // A run without marks of its own cannot be hidden.
    let name = if part.marks.is_empty() { "name" } else { "run" };
    // Writing to a string cannot fail.
    let _ = write!(text, "<g data-{name}=\"{}\"", escaped(&part.run));
    if let Some(readings) = &part.readings {
        let Area {
            x,
            y,
            width,
            height,
        } = readings.plot;
        let _ = write!(
            text,
            " data-color=\"{}\" data-plot=\"{x} {y} {width} {height}\" data-x=\"{}\" data-y=\"{}\" data-points=\"",
            hexadecimal(readings.color),
            escaped(&readings.x),
            escaped(&readings.y)
        );
        for (place, (x, y)) in readings.points.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            let at = (round(x.at), round(y.at));
            let _ = write!(text, "{space}{},{},{},{}", at.0, at.1, x.value, y.value);
        }
        text.push('"');
    }
    text.push_str(">\n");
    for mark in figure.marks.get(part.marks.clone()).unwrap_or_default() {
        push_mark(text, mark)?;
    }
    text.push_str("</g>\n");
    Ok(())
}

/// Tenths of a point are fine enough.
fn round(place: f64) -> f64 {
    (place * UNITS).round() / UNITS
}

fn hexadecimal((red, green, blue): Color) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn push_mark(text: &mut String, mark: &Mark) -> Result<(), FigureError> {
    match mark {
        Mark::Picture { picture, .. } | Mark::Ground { picture, .. } if picture.is_empty() => {}
        Mark::Picture { area, picture } => {
            let file = png::encode_plain(picture, Content::Photographs)?;
            push_picture(text, area, &file);
        }
        Mark::Ground { area, picture } => {
            let file = png::encode_plain(picture, Content::Dots)?;
            push_picture(text, area, &file);
        }
        mark => push_drawn(text, mark),
    }
    Ok(())
}

/// Draws one mark with plotters and takes it out of the document that plotters puts around it.
fn push_drawn(text: &mut String, mark: &Mark) {
    let mut drawn = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut drawn, (1, 1));
        // Writing to memory cannot fail.
        let result = scene::draw(&mut backend, Medium::Svg { unit: UNITS }, mark);
        debug_assert!(result.is_ok(), "drawing {mark:?}");
    }
    if let Some(start) = drawn.find('\n') {
        let inner = &drawn[start + 1..];
        text.push_str(inner.strip_suffix("</svg>\n").unwrap_or(inner));
    }
}

fn push_picture(text: &mut String, area: &Area, file: &[u8]) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{}\"/>",
        area.x * UNITS,
        area.y * UNITS,
        area.width * UNITS,
        area.height * UNITS,
        BASE64_STANDARD.encode(file),
    );
}

/// Text for XML: what XML forbids replaced, what it reserves escaped, line ends kept as such.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '&' => safe.push_str("&amp;"),
            '\n' => safe.push_str("&#10;"),
            '\r' => safe.push_str("&#13;"),
            '\t' => safe.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c if c < ' ' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#10;", "\n")
        .replace("&#13;", "\r")
        .replace("&#9;", "\t")
        .replace("&amp;", "&")
}

/// The metadata of a document that [`document`] wrote, or `None` if it is not one.
pub(super) fn metadata(document: &str) -> Option<Vec<(String, String)>> {
    if !(document.contains("<svg ") && document.ends_with("</svg>\n")) {
        return None;
    }
    Some(entries_of(document))
}

/// Metadata, an entry per line.
pub(super) fn entries(metadata: &[(&str, String)]) -> String {
    let lines: Vec<String> = metadata
        .iter()
        .map(|(key, value)| {
            let (key, value) = (escaped(key), escaped(value));
            format!("{ENTRY}{key}\">{value}</colorize:entry>")
        })
        .collect();
    lines.join("\n")
}

/// The entries among the lines of a document.
pub(super) fn entries_of(document: &str) -> Vec<(String, String)> {
    document
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix(ENTRY)?;
            let (key, value) = line.strip_suffix("</colorize:entry>")?.split_once("\">")?;
            Some((unescaped(key), unescaped(value)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_come_back() {
        let text = "a < b && \"c\" > 'd'\n\t&amp;lt;\r";
        assert_eq!(unescaped(&escaped(text)), text);
        assert_eq!(escaped("\u{0}"), "\u{fffd}");
    }
}
