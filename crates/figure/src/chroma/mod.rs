//! Histograms of chroma: what colors photographs have, and which of them runs dare to give.
//!
//! This file holds what a caller says and lays the page out; `counts` counts pixels, `plane` draws a
//! plane of chroma.

mod counts;
mod plane;

pub use counts::ChromaCounts;

use std::sync::Arc;

use super::Figure;
use super::axis::Scale;
use super::curves::{Names, Panel, Place, Prepared, Series};
use super::frame::{fill, label_style};
use super::grid::{MARKED_LINE, Page, Words, marked_lines, write_marked};
use super::legend;
use super::look::{Look, RunName};
use super::scene::{Align, Area, Mark};
use super::text;
use super::theme::{LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};
use plane::{Ink, Plane, View};

/// What [`chroma_histograms`] draws.
#[derive(Debug, Clone)]
pub struct ChromaHistograms {
    /// What the two channels are called: `U` and `V`, or `a` and `b`.
    pub channels: [String; 2],
    /// The color of a chroma at middle luma, for the frames of the planes.
    pub color: fn([f64; 2]) -> [u8; 3],
    /// The photographs.
    pub truth: ChromaCounts,
    /// The runs, counted over the same photographs with the same limits.
    pub runs: Vec<(RunName, ChromaCounts)>,
    /// Over how many photographs all of them are counted.
    pub images: usize,
}

/// Space between planes, in points.
const PLANE_GAP: f64 = 20.0;
/// The least width of what is written over a plane, in points.
const NARROWEST: f64 = 136.0;
/// Height of what is written over a plane where names take one line, in points.
const HEAD: f64 = 34.0;
/// Width of the color bar, in points.
const BAR: f64 = 300.0;
/// The widest that the plot of magnitudes grows, in points.
const WIDEST_PANEL: f64 = 820.0;

/// Draws the plane of chroma of the photographs and of each run, darker (in a dark theme: lighter)
/// where pixels are more, on one logarithmic scale, in a frame of the colors that lie there; and
/// beneath, for all of them, how many pixels lie how far from gray.
pub fn chroma_histograms(title: &str, content: &ChromaHistograms, theme: Theme) -> Figure {
    let truth = RunName {
        label: "Photographs".to_owned(),
        look: Look::Truth,
    };
    let mut all = vec![(&truth, &content.truth)];
    all.extend(content.runs.iter().map(|(run, counts)| (run, counts)));
    let most = match all.len() {
        0..=8 => 4,
        9..=16 => 5,
        _ => 7,
    };
    // Rows as even as they come.
    let across = all.len().div_ceil(all.len().div_ceil(most));
    let aim = match across {
        0..=3 => 230.0,
        4 => 200.0,
        5 => 176.0,
        _ => 170.0,
    };
    let view = View::new(all.iter().map(|(_, counts)| *counts), aim);
    let (width, height) = view.size();
    // Room for a name, however narrow the planes.
    let slot = width.max(NARROWEST);
    let used = across as f64 * (slot + PLANE_GAP) - PLANE_GAP;
    let left = view.widest_label() + 10.0;
    let inner = (left + used).max(680.0).ceil();
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    if content.truth.total() == 0 && content.runs.iter().all(|(_, counts)| counts.total() == 0) {
        page.write_nothing("no data");
        return page.finish();
    }
    let ink = Ink::new(all.iter().map(|(_, counts)| *counts), theme);
    let start = ((page.width - used - left) / 2.0 + left).floor();
    let top = page.y;
    let lines = all
        .iter()
        .map(|(run, _)| marked_lines(run, slot).len())
        .max();
    let head = HEAD + MARKED_LINE * (lines.unwrap_or(1) - 1) as f64;
    let row_height = head + height + PLANE_GAP;
    for (number, (run, counts)) in all.iter().enumerate() {
        let (row, column) = (number / across, number % across);
        let corner = (
            start + column as f64 * (slot + PLANE_GAP),
            (top + head + row as f64 * row_height).round(),
        );
        let plane = Plane {
            counts,
            color: content.color,
            corner,
        };
        write_head(&mut page, run, counts, corner, slot);
        page.marks.push(plane.mark(&view, &ink, theme));
        if column == 0 {
            view.write_up(&mut page, &content.channels[1], plane.area(&view));
        }
        if number + across >= all.len() {
            view.write_across(&mut page, &content.channels[0], plane.area(&view));
        }
    }
    page.y = top + all.len().div_ceil(across) as f64 * row_height - PLANE_GAP + 26.0;
    draw_bar(&mut page, &ink, content.images);
    draw_magnitudes(&mut page, content, &all);
    page.finish()
}

fn write_head(
    page: &mut Page,
    run: &RunName,
    counts: &ChromaCounts,
    corner: (f64, f64),
    width: f64,
) {
    let lines = marked_lines(run, width).len();
    let baseline = corner.1 - HEAD + text::ASCENT * LABEL_SIZE;
    let above = MARKED_LINE * (lines - 1) as f64;
    write_marked(page, run, (corner.0, baseline - above), width);
    let words = match counts.mean_magnitude() {
        Some(mean) => format!("mean distance {}", significant(mean)),
        None => "no data".to_owned(),
    };
    let at = (corner.0, baseline + MARKED_LINE);
    let style = Words::caption(page.theme);
    page.write(&words, at, Align::Left, width, style);
}

fn significant(value: f64) -> String {
    let power = if value > 0.0 {
        value.log10().floor()
    } else {
        0.0
    };
    text::grouped(value, (2.0 - power).clamp(0.0, 6.0) as usize)
}

/// The color bar, with the shares that colors stand for.
fn draw_bar(page: &mut Page, ink: &Ink, images: usize) {
    const HEIGHT: f64 = 10.0;
    let theme = page.theme;
    let bar = Area {
        x: ((page.width - BAR) / 2.0).floor(),
        y: page.y.round(),
        width: BAR,
        height: HEIGHT,
    };
    // As many pixels as the PNG files show, so that nothing is interpolated.
    page.marks.push(Mark::Ground {
        area: bar,
        picture: Arc::new(ink.bar(2 * BAR as u32, 2 * HEIGHT as u32)),
    });
    let style = Words::caption(theme);
    let baseline = bar.bottom() + 8.0 + text::ASCENT * SMALL_SIZE;
    for tick in &ink.axis().ticks {
        let x = (bar.x + ink.axis().share(tick.value) * (BAR - 1.0)).round();
        fill(page, x, bar.bottom(), 1.0, 5.0, theme.rule());
        let words = format!("{}%", tick.label);
        page.write(&words, (x + 0.5, baseline), Align::Center, BAR, style);
    }
    let label = label_style(theme.ink());
    let baseline = baseline + 16.0;
    let middle = (page.width / 2.0, baseline);
    let words = "share of pixels in a square of the plane, log scale";
    page.write(words, middle, Align::Center, page.width, label);
    let baseline = baseline + 15.0;
    let middle = (page.width / 2.0, baseline);
    let images = match images {
        1 => "one image".to_owned(),
        images => format!("{} images", text::grouped(images as f64, 0)),
    };
    let words = format!(
        "over the pixels of {images}; frames: the colors at the edges, at middle luma; distance: from gray; blank: no pixel"
    );
    page.write(
        &words,
        middle,
        Align::Center,
        page.width - 2.0 * MARGIN,
        style,
    );
    page.y = baseline + 22.0;
}

/// How many pixels lie how far from gray: an area for the photographs, a line for each run.
fn draw_magnitudes(page: &mut Page, content: &ChromaHistograms, all: &[(&RunName, &ChromaCounts)]) {
    let least = all
        .iter()
        .map(|(_, counts)| 1.0 / counts.total().max(1) as f64);
    let floor = least.fold(1.0, f64::min);
    let series = |(run, counts): &(&RunName, &ChromaCounts)| {
        let mut points = counts.magnitudes();
        points.retain(|(_, share)| *share > 0.0);
        // The first bin begins at gray.
        if let Some(&(_, share)) = points.first() {
            points.insert(0, (0.0, share));
        }
        let band = match run.look {
            Look::Truth => points.iter().map(|(x, y)| (*x, floor, *y)).collect(),
            _ => Vec::new(),
        };
        Series {
            label: run.label.clone(),
            points,
            band,
            look: Some(run.look),
        }
    };
    let [first, second] = &content.channels;
    let panel = Panel {
        title: "How far from gray".to_owned(),
        x_label: format!("distance from gray, √({first}² + {second}²)"),
        y_label: "share of pixels per bin".to_owned(),
        scale: Scale::Log,
        series: all.iter().map(series).collect(),
        ..Panel::default()
    };
    let panels = [panel];
    let names = Names::new(&panels);
    // Lines end anywhere, so that names at their ends would not be read as such.
    let prepared = Prepared::new(&panels[0], |label| names.look(label), false).without_dots();
    let width = (page.width - 2.0 * MARGIN).min(WIDEST_PANEL);
    let place = Place {
        x: ((page.width - width) / 2.0).floor(),
        y: page.y,
        width,
        plot_height: prepared.least_height().max(220.0),
        notes: prepared.notes().len(),
    };
    page.y = prepared.draw(page, place);
    let entries = names.entries(false, page.theme);
    if !entries.is_empty() {
        page.y += 16.0;
        let room = page.width - 2.0 * MARGIN;
        legend::draw(page, &entries, room);
    }
}
