//! What the network answers, channel by channel: luma and chroma of the photograph, the chroma that
//! was predicted, and the picture it makes.

use image::RgbImage;

use super::Figure;
use super::diverging::{Diverging, Drawn};
use super::grid::{Heading, NO_PICTURE, Page, Words, cell_side, page_width, write_headings};
use super::scene::{Align, Area, Mark};
use super::text::{self, Shorten, Weight};
use super::theme::{GAP, LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};

/// A channel's values, row by row from the upper left, in the units of the color space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane<'a> {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width * height` values.
    pub values: &'a [f32],
}

/// One held-out picture in its channels.
#[derive(Debug, Clone)]
pub struct ChannelsRow<'a> {
    /// The photograph.
    pub truth: &'a RgbImage,
    /// Its luma, in gray.
    pub luma: &'a RgbImage,
    /// Its chroma.
    pub chroma_truth: [Plane<'a>; 2],
    /// The chroma that the network predicts.
    pub chroma_predicted: [Plane<'a>; 2],
    /// What the network made of it: its luma with the predicted chroma.
    pub colorized: &'a RgbImage,
    /// Small print under the row: the picture's name and its PSNR, say.
    pub caption: Option<String>,
}

/// A chroma channel of a color space.
#[derive(Debug, Clone, PartialEq)]
pub struct ChromaScale {
    /// What it is called: `U`, `V`, `a`, `b`.
    pub name: String,
    /// The largest chroma: truth and prediction are both drawn from minus this to plus this. What
    /// is no positive number counts as 1.
    pub limit: f64,
    /// Toward what hue it goes below zero, for the scale; may be empty. `yellow` for U.
    pub below: String,
    /// The same above zero: `blue` for U.
    pub above: String,
}

impl ChromaScale {
    fn usable_limit(&self) -> f64 {
        if self.limit > 0.0 && self.limit.is_finite() {
            self.limit
        } else {
            1.0
        }
    }
}

/// What [`channels`] draws.
#[derive(Debug, Clone)]
pub struct Channels<'a> {
    /// What luma is called in this color space: `Y` or `L`.
    pub luma: String,
    /// Its two chroma channels.
    pub chroma: [ChromaScale; 2],
    /// The pictures.
    pub rows: Vec<ChannelsRow<'a>>,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 128.0;
/// Space between what is given and what is predicted, in points.
const GROUP_GAP: f64 = 24.0;
/// The first column of what is predicted.
const PREDICTED: usize = 4;
const COLUMNS: usize = 7;
/// The widest that the color bar grows, in points.
const WIDEST_BAR: f64 = 420.0;

/// Draws rows of Image, luma, two chroma channels, the same two as predicted, and Colorized; under
/// them the color bar of all chroma channels.
///
/// Chroma is blue below zero and orange above in all of them, on one range for truth and
/// prediction. A plane whose
/// values are not as many as its size says is left out, and its cell says so.
pub fn channels(title: &str, content: &Channels<'_>, theme: Theme) -> Figure {
    let map = Diverging::new(theme);
    let limit = [0, 1].map(|channel| content.chroma[channel].usable_limit());
    let pictures = content
        .rows
        .iter()
        .flat_map(|row| [row.truth, row.luma, row.colorized]);
    // Wide enough for the scale under the color bar, however small the pictures.
    let cell = cell_side(pictures, AIM).max(72.0);
    let inner = page_width(COLUMNS, cell) + GROUP_GAP - GAP;
    let mut page = Page::new(title, inner, theme);
    let edges = edges(&page, inner, cell);
    write_head(&mut page, content, &edges, cell);
    if content.rows.is_empty() {
        page.write_nothing("no pictures");
    }

    let mut drawn_planes: Vec<Drawn> = Vec::new();
    for (number, row) in content.rows.iter().enumerate() {
        if number > 0 {
            page.y += GAP;
        }
        let planes = [row.chroma_truth, row.chroma_predicted].map(|planes| {
            let [first, second] = planes;
            [(first, limit[0]), (second, limit[1])]
                .map(|(plane, limit)| map.draw((plane.width, plane.height), plane.values, limit))
        });
        let [first, second, first_predicted, second_predicted] = {
            let [[a, b], [c, d]] = &planes;
            [a, b, c, d].map(|plane| plane.as_ref().map(|plane| &plane.picture))
        };
        let cells = [
            Some(row.truth),
            Some(row.luma),
            first,
            second,
            first_predicted,
            second_predicted,
            Some(row.colorized),
        ];
        let cells = cells.map(|cell| cell.ok_or(NO_PICTURE));
        page.place_row(cells, &edges, cell);
        if let Some(caption) = &row.caption {
            let room = edges[COLUMNS - 1] + cell - edges[0];
            page.write_caption(caption, edges[0], room);
        }
        drawn_planes.extend(planes.into_iter().flatten().flatten());
    }
    draw_scale(&mut page, content, &map, &edges, cell);
    write_note(&mut page, &drawn_planes, &edges, cell);
    page.finish()
}

/// Left edges of the columns, with more space before what is predicted.
fn edges(page: &Page, inner: f64, cell: f64) -> Vec<f64> {
    let used = inner - 2.0 * MARGIN;
    let left = ((page.width - used) / 2.0).floor();
    (0..COLUMNS)
        .map(|column| {
            let extra = if column < PREDICTED {
                0.0
            } else {
                GROUP_GAP - GAP
            };
            left + column as f64 * (cell + GAP) + extra
        })
        .collect()
}

/// Writes what is given and what is predicted over a rule each, and the columns' headings.
fn write_head(page: &mut Page, content: &Channels<'_>, edges: &[f64], cell: f64) {
    let style = Words {
        size: LABEL_SIZE,
        ..Words::caption(page.theme)
    };
    let baseline = page.y + text::CAPITAL * LABEL_SIZE;
    let groups = [
        ("Ground truth", 0, PREDICTED - 1),
        ("Predicted", PREDICTED, COLUMNS - 1),
    ];
    for (words, first, last) in groups {
        let (left, right) = (edges[first], edges[last] + cell);
        let at = (f64::midpoint(left, right), baseline);
        page.write(words, at, Align::Center, right - left, style);
        page.marks.push(Mark::Rectangle {
            area: Area {
                x: left,
                y: (baseline + 7.0).round(),
                width: right - left,
                height: 1.0,
            },
            color: page.theme.grid(),
        });
    }
    page.y = (baseline + 18.0).round();

    let [first, second] = [&content.chroma[0].name, &content.chroma[1].name];
    let predicted = [first, second].map(|name| format!("{name}′"));
    let headings = [
        "Image",
        &content.luma,
        first,
        second,
        &predicted[0],
        &predicted[1],
        "Colorized",
    ];
    write_headings(page, &headings.map(Heading::plain), edges, cell);
}

/// Draws the color bar under the chroma columns, with a line of numbers for each range.
fn draw_scale(page: &mut Page, content: &Channels<'_>, map: &Diverging, edges: &[f64], cell: f64) {
    const HEIGHT: f64 = 12.0;
    let (left, right) = (edges[2], edges[PREDICTED + 1] + cell);
    let width = (right - left).min(WIDEST_BAR).floor();
    let bar = Area {
        x: (f64::midpoint(left, right) - width / 2.0).floor(),
        y: page.y + 2.0 * GAP + 2.0,
        width,
        height: HEIGHT,
    };
    // As many pixels as the PNG files show, so that nothing is interpolated.
    let picture = map.bar(2 * width as u32, 2 * HEIGHT as u32);
    page.place_in(picture, bar);

    for tick in 0..5 {
        let zero = tick == 2;
        let color = if zero {
            page.theme.ink()
        } else {
            page.theme.rule()
        };
        let x = (bar.x + (width - 1.0) * f64::from(tick) / 4.0).round();
        let mut mark = |y: f64, height: f64| {
            let area = Area {
                x,
                y,
                width: 1.0,
                height,
            };
            page.marks.push(Mark::Rectangle { area, color });
        };
        mark(bar.bottom(), if zero { 6.0 } else { 4.0 });
        if zero {
            mark(bar.y - 5.0, 5.0);
        }
    }
    page.y = bar.bottom() + 8.0;
    let room = (edges[0], edges[COLUMNS - 1] + cell);
    write_scales(page, &content.chroma, bar, room);
}

/// Writes under the color bar, from `left` to `right`, what each channel's range is.
fn write_scales(page: &mut Page, chroma: &[ChromaScale; 2], bar: Area, (left, right): (f64, f64)) {
    const LINE: f64 = 15.0;
    const WIDEST_HUE: f64 = 72.0;
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(page.theme)
    };
    let ink = Words {
        color: page.theme.ink(),
        ..style
    };
    let width = |words: &str| text::width(&text::clean(words), SMALL_SIZE, Weight::Regular);
    let hue = |words: &str, arrow: &dyn Fn(&str) -> String| match words.trim() {
        "" => String::new(),
        words => arrow(words),
    };
    let lines = chroma.each_ref().map(|channel| {
        let below = hue(&channel.below, &|words| format!("← {words}"));
        let above = hue(&channel.above, &|words| format!("{words} →"));
        let name = format!("{0}, {0}′", channel.name);
        (name, below, above, ticks(channel.usable_limit()))
    });
    let ends = lines.iter().flat_map(|(.., ticks)| [&ticks[0], &ticks[4]]);
    let outside = ends.map(|end| width(end)).fold(0.0, f64::max) / 2.0 + 10.0;
    let hues = lines.iter().map(|(_, below, ..)| width(below));
    let widest_hue = hues.fold(0.0, f64::max).min(WIDEST_HUE);

    let (below_end, above_start) = (bar.x - outside, bar.right() + outside);
    let name_end = if widest_hue > 0.0 {
        below_end - widest_hue - 12.0
    } else {
        below_end
    };
    let mut baseline = page.y + text::ASCENT * SMALL_SIZE;
    for (name, below, above, ticks) in &lines {
        page.write(
            name,
            (name_end, baseline),
            Align::Right,
            name_end - left,
            ink,
        );
        page.write(
            below,
            (below_end, baseline),
            Align::Right,
            WIDEST_HUE,
            style,
        );
        let room = right - above_start;
        page.write(above, (above_start, baseline), Align::Left, room, style);
        for (number, label) in ticks.iter().enumerate() {
            let style = if number == 2 { ink } else { style };
            let at = (bar.x + bar.width * number as f64 / 4.0, baseline);
            page.write(label, at, Align::Center, bar.width / 4.0 - 6.0, style);
        }
        baseline += LINE;
    }
    page.y = (baseline - LINE + text::DESCENT * SMALL_SIZE).round();
}

/// What a reader must know of the colors.
fn write_note(page: &mut Page, drawn: &[Drawn], edges: &[f64], cell: f64) {
    let mut notes = vec![
        "the bar's colors show sign and size, not hue".to_owned(),
        "truth and prediction are on one scale".to_owned(),
    ];
    let beyond: usize = drawn.iter().map(|plane| plane.beyond).sum();
    if beyond > 0 {
        let count = text::grouped(beyond as f64, 0);
        let values = if beyond == 1 { "value" } else { "values" };
        notes.push(format!("{count} {values} beyond it drawn as its ends"));
    }
    if drawn.iter().any(|plane| plane.not_numbers > 0) {
        notes.push("gray: not a number".to_owned());
    }
    let note = notes.join("; ");
    page.y += 6.0;
    page.write_caption(&note, edges[0], edges[COLUMNS - 1] + cell - edges[0]);
    page.y -= 6.0;
}

/// What the ends of a range, their halves and zero are called.
fn ticks(limit: f64) -> [String; 5] {
    // As few decimals as show both numbers within half a percent.
    let digits = |value: f64| {
        (0..12)
            .find(|digits| {
                let unit = 10_f64.powi(*digits);
                ((value * unit).round() / unit - value).abs() < 0.005 * value
            })
            .unwrap_or(12) as usize
    };
    let digits = digits(limit).max(digits(limit / 2.0));
    let number = |value: f64| text::signed(value, digits);
    [
        number(-limit),
        number(-limit / 2.0),
        "0".to_owned(),
        number(limit / 2.0),
        number(limit),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_written_with_the_digits_they_need() {
        assert_eq!(
            ticks(0.436_010_35),
            ["−0.436", "−0.218", "0", "+0.218", "+0.436"]
        );
        assert_eq!(ticks(0.614_975_38)[3..], ["+0.307", "+0.615"]);
        assert_eq!(ticks(110.0), ["−110", "−55", "0", "+55", "+110"]);
        assert_eq!(ticks(0.5)[3..], ["+0.25", "+0.50"]);
    }
}
