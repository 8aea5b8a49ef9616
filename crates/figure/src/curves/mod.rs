//! Learning curves: panels of series over steps, side by side, under one title.
//!
//! This file holds what a caller says and lays the page out; `data` prepares points, `names` says
//! which series are named and how each looks, `panel` draws one panel and `strokes` its lines.

mod data;
mod names;
mod panel;
mod strokes;

pub use super::axis::Scale;

use super::Figure;
use super::frame::fill;
use super::grid::{Page, Words};
use super::legend;
use super::look::Look;
use super::scene::Align;
use super::text;
use super::theme::{HEADING_SIZE, MARGIN, Theme};
pub(super) use names::Names;
pub(super) use panel::{Place, Prepared};

/// One line of a panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name. Series of one name have one color and dash in all panels of a figure.
    pub label: String,
    /// `(step, value)`; steps need no order. Values that are not finite, or not positive on a
    /// logarithmic axis, leave a gap and are counted in a note.
    pub points: Vec<(f64, f64)>,
    /// `(step, low, high)`, drawn as a tint behind the line: the spread over seeds, say. What it is
    /// [`Panel::band`] tells.
    pub band: Vec<(f64, f64, f64)>,
    /// How it looks in every panel; `None` for the next look, by the order in which names come.
    pub look: Option<Look>,
}

/// A value to compare with, drawn as a thin line across a panel and named in its right margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// What it is, with its value and unit: `gray baseline 23.6 dB`.
    pub label: String,
    /// Where it lies on the y axis.
    pub value: f64,
}

/// How a line is smoothed; the panel says so in small print.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Smoothing {
    /// As it is.
    #[default]
    None,
    /// The mean of all points within half of `steps` to either side, drawn over the points
    /// themselves: a thin line, a tint from lowest to highest where they are many, or nothing
    /// where series are many.
    Mean {
        /// Width of the window, in the units of the x axis.
        steps: f64,
    },
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// What is shown: `Training loss`.
    pub title: String,
    /// Name and unit of x: `step`.
    pub x_label: String,
    /// Name and unit of y: `PSNR (dB)`.
    pub y_label: String,
    /// Scale of the y axis.
    pub scale: Scale,
    /// Smoothing of every series.
    pub smoothing: Smoothing,
    /// What the bands are, for the small print: `lowest to highest of 3 seeds`. Empty without.
    pub band: String,
    /// Whether the x axis and a linear y axis begin at zero, as they should for what has a
    /// meaningful zero, such as memory over time.
    pub from_zero: bool,
    /// The lines, first at the back.
    pub series: Vec<Series>,
    /// Values to compare with.
    pub references: Vec<Reference>,
}

/// Panels under a heading of their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CurveSection {
    /// What its panels have in common and those of other sections have not: `Stop sign: 23 held-out images`; may be empty.
    pub heading: String,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// For how much room a figure is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// A page of paper or of a screen: panels side by side.
    #[default]
    Page,
    /// A phone: panels one under the other, each as wide as a hand.
    Phone,
}

/// Space between sections, and between a heading and its panels, in points.
const SECTION_GAP: f64 = 14.0;
const HEADING_GAP: f64 = 20.0;
/// Space between neighboring panels, in points.
const PANEL_GAP: f64 = 28.0;
/// With up to this many series in a lone panel, each is named at the end of its line.
const MOST_NAMED_AT_THE_LINE: usize = 8;

/// Draws learning curves: one panel, or up to three in a row.
///
/// A lone panel names up to eight series at their lines' ends; otherwise a legend under the panels
/// does. Neither covers data. Of more than twenty series, none of which was given as
/// [`Look::Rest`], the four that end highest in the first panel and the four that end lowest are
/// named, the others pale; the legend says so. A panel without a point to show says `no data`.
pub fn curves(title: &str, panels: &[Panel], theme: Theme) -> Figure {
    let section = CurveSection {
        heading: String::new(),
        panels: panels.to_vec(),
    };
    curves_by_section(title, &[section], Room::Page, theme)
}

/// The same for panels that stand apart, such as those of runs that were judged by different photographs: each section
/// begins a row, under its heading. A series looks alike in all of them, and one legend names them all.
pub fn curves_by_section(
    title: &str,
    sections: &[CurveSection],
    room: Room,
    theme: Theme,
) -> Figure {
    let panels = || sections.iter().flat_map(|section| &section.panels);
    let widest = sections.iter().map(|section| section.panels.len()).max();
    let most = match room {
        Room::Page => 3,
        Room::Phone => 1,
    };
    let across = widest.unwrap_or(0).clamp(1, most);
    let panel_width = match (room, across) {
        (Room::Phone, _) => 332.0,
        (Room::Page, 1) => 660.0,
        (Room::Page, 2) => 440.0,
        (Room::Page, _) => 372.0,
    };
    let inner = across as f64 * panel_width + (across as f64 - 1.0) * PANEL_GAP;
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    if !title.is_empty() {
        page.y += 4.0;
    }

    let names = Names::new(panels());
    let named = names.named().count();
    let is_wide = room == Room::Page;
    let at_the_line =
        is_wide && panels().count() == 1 && (2..=MOST_NAMED_AT_THE_LINE).contains(&named);

    for (number, section) in sections.iter().enumerate() {
        if number > 0 {
            page.y += SECTION_GAP;
        }
        write_heading(&mut page, &section.heading, inner);
        let prepared: Vec<_> = section
            .panels
            .iter()
            .map(|panel| Prepared::new(panel, |label| names.look(label), at_the_line))
            .collect();
        draw_rows(&mut page, &prepared, (across, panel_width));
    }
    if panels().next().is_none() {
        page.write_nothing("no data");
        page.y += 18.0;
    }

    let entries = names.entries(at_the_line, theme);
    if entries.is_empty() {
        page.y -= 18.0;
    } else {
        legend::draw(&mut page, &entries, inner);
    }
    page.finish()
}

/// Writes a section's heading over a hairline.
fn write_heading(page: &mut Page, heading: &str, width: f64) {
    if heading.is_empty() {
        return;
    }
    let baseline = page.y + text::CAPITAL * HEADING_SIZE;
    let style = Words::heading(page.theme);
    page.write(heading, (MARGIN, baseline), Align::Left, width, style);
    let y = (baseline + 7.0).round();
    let color = page.theme.rule();
    fill(page, MARGIN, y, width, 1.0, color);
    page.y = y + HEADING_GAP;
}

/// Draws panels in rows of `across`, each of one width.
fn draw_rows(page: &mut Page, prepared: &[Prepared<'_>], (across, panel_width): (usize, f64)) {
    for row in prepared.chunks(across) {
        let plot_height = row.iter().map(Prepared::least_height).fold(236.0, f64::max);
        let notes = row.iter().map(|panel| panel.notes().len()).max();
        let top = page.y;
        for (number, panel) in row.iter().enumerate() {
            let x = MARGIN + number as f64 * (panel_width + PANEL_GAP);
            let place = Place {
                x,
                y: top,
                width: panel_width,
                plot_height,
                notes: notes.unwrap_or(0),
            };
            page.y = panel.draw(page, place);
        }
        page.y += 18.0;
    }
}
