//! The SVG files: marks by plotters, pictures embedded as PNG, provenance in `<metadata>`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plotters::backend::SVGBackend;

use super::png::Content;
use super::scene::{self, Area, Mark, Medium};
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
    let (red, green, blue) = figure.background;
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
        for (key, value) in metadata {
            let (key, value) = (escaped(key), escaped(value));
            lines.push(format!("{ENTRY}{key}\">{value}</colorize:entry>"));
        }
        lines.push("</metadata>".to_owned());
    }
    lines.push(format!(
        "<rect width=\"100%\" height=\"100%\" fill=\"#{red:02X}{green:02X}{blue:02X}\"/>"
    ));
    lines.push("<g stroke-linejoin=\"round\">".to_owned());
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    for mark in &figure.marks {
        match mark {
            Mark::Picture { picture, .. } | Mark::Ground { picture, .. } if picture.is_empty() => {}
            Mark::Picture { area, picture } => {
                let file = png::encode_plain(picture, Content::Photographs)?;
                push_picture(&mut text, area, &file);
            }
            Mark::Ground { area, picture } => {
                let file = png::encode_plain(picture, Content::Dots)?;
                push_picture(&mut text, area, &file);
            }
            mark => push_drawn(&mut text, mark),
        }
    }
    text.push_str("</g>\n</svg>\n");
    Ok(text)
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
    let entries = document.lines().filter_map(|line| {
        let line = line.strip_prefix(ENTRY)?;
        let (key, value) = line.strip_suffix("</colorize:entry>")?.split_once("\">")?;
        Some((unescaped(key), unescaped(value)))
    });
    Some(entries.collect())
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
