//! A plot for each run, all on the same axes, with everyone's dots in gray behind its own.

use super::super::Figure;
use super::super::axis::Axis;
use super::super::frame::{draw_x_axis, label_style, widest_tick, write_x_ticks, write_y_ticks};
use super::super::grid::{MARKED_LINE, Page, Words, marked_lines, write_marked};
use super::super::ground::Ground;
use super::super::legend::{self, Entry, Sample};
use super::super::scene::{Align, Area};
use super::super::text;
use super::super::theme::{LABEL_SIZE, MARGIN, Theme};
use super::single::draw_references;
use super::{Cloud, Scatter, axes, dot_style, draw_overall, lay, place, read_off};

/// Width aimed at for all plots together, in points.
const WIDTH: f64 = 1120.0;
/// Space between plots, in points.
const PLOT_GAP: f64 = 16.0;
/// Height of what is written over a plot where names take one line, in points.
const HEAD: f64 = 34.0;
/// How strongly the dots of the other runs are drawn.
const BEHIND: f64 = 0.25;

pub(super) fn draw(title: &str, content: &Scatter, theme: Theme) -> Figure {
    let count = content.clouds.len();
    let across = match count {
        0..=6 => 3,
        7..=12 => 4,
        13..=20 => 5,
        _ => 6,
    };
    let width = ((WIDTH - PLOT_GAP * (across as f64 - 1.0)) / across as f64).floor();
    let height = (width * 0.7).floor();
    let (axes, mut notes) = axes(content, (if across > 4 { 3 } else { 4 }, 4));
    notes.push("gray: the images of all runs".to_owned());
    let left = widest_tick(axes.as_ref().map(|axes| &axes.1)).max(12.0) + 8.0;
    let inner = left.ceil() + across as f64 * (width + PLOT_GAP) - PLOT_GAP;
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    let Some(axes) = axes else {
        page.write_nothing("no data");
        return page.finish();
    };
    let start = ((page.width - inner) / 2.0).floor();
    let style = label_style(theme.ink());
    let baseline = page.y + text::ASCENT * LABEL_SIZE;
    page.write(
        &format!("↑ {}", content.y_label),
        (start, baseline),
        Align::Left,
        inner,
        style,
    );
    page.y = baseline + 12.0;

    let names = content.clouds.iter().map(|cloud| &cloud.run);
    let lines = names.map(|run| marked_lines(run, width).len()).max();
    let head = HEAD + MARKED_LINE * (lines.unwrap_or(1) - 1) as f64;
    let first = Area {
        x: start + left.ceil(),
        y: (page.y + head).round(),
        width,
        height,
    };
    let (radius, opacity) = behind(content, first);
    let mut behind = Ground::new(first, theme);
    behind.draw_grid(&axes.0, &axes.1, theme.grid());
    for cloud in &content.clouds {
        let style = (radius, opacity * BEHIND, theme.muted());
        lay(&mut behind, first, &axes, cloud.shown(), style);
    }
    let row_height = head + height + PLOT_GAP;
    for (number, cloud) in content.clouds.iter().enumerate() {
        let (row, column) = (number / across, number % across);
        let plot = Area {
            x: first.x + column as f64 * (width + PLOT_GAP),
            y: first.y + row as f64 * row_height,
            ..first
        };
        draw_facet(&mut page, (content, cloud), plot, &axes, behind.moved(plot));
        draw_references(&mut page, content, plot, &axes);
        draw_overall_of(&mut page, cloud, plot, &axes);
        read_off(&mut page, content, cloud, (plot, &axes));
        if column == 0 {
            write_y_ticks(&mut page, plot, Some(&axes.1));
        }
        // The lowest plot of each column has numbers.
        if number + across >= count {
            write_x_ticks(&mut page, plot, Some(&axes.0), PLOT_GAP / 2.0 - 2.0);
        } else {
            draw_x_axis(&mut page, plot, Some(&axes.0));
        }
    }
    let bottom = first.y + (count.div_ceil(across) - 1) as f64 * row_height + height;
    let baseline = bottom + 36.0;
    let middle = (page.width / 2.0, baseline);
    page.write(&content.x_label, middle, Align::Center, inner, style);
    page.y = baseline + text::DESCENT * LABEL_SIZE + 12.0;
    let references = content.x_references.iter().chain(&content.y_references);
    let entries: Vec<Entry> = references
        .map(|reference| Entry {
            label: reference.label.clone(),
            sample: Sample::Reference,
        })
        .collect();
    let room = page.width - 2.0 * MARGIN;
    legend::draw(&mut page, &entries, room);
    page.y += 4.0;
    page.write_note(&notes.join("; "), start, inner);
    page.finish()
}

/// Radius and opacity of the dots of all runs in a plot.
fn behind(content: &Scatter, plot: Area) -> (f64, f64) {
    let total = content.clouds.iter().map(|cloud| cloud.shown().count());
    dot_style(total.sum(), plot.width * plot.height)
}

fn draw_facet(
    page: &mut Page,
    (content, cloud): (&Scatter, &Cloud),
    plot: Area,
    axes: &(Axis, Axis),
    mut ground: Ground,
) {
    let theme = page.theme;
    let look = cloud.run.look.style(theme);
    let (radius, opacity) = dot_style(cloud.shown().count(), plot.width * plot.height);
    let style = (radius, opacity, look.color);
    lay(&mut ground, plot, axes, cloud.shown(), style);
    page.marks.push(ground.into_mark());
    let lines = marked_lines(&cloud.run, plot.width).len();
    let baseline = plot.y - HEAD + text::ASCENT * LABEL_SIZE;
    let above = MARKED_LINE * (lines - 1) as f64;
    write_marked(page, &cloud.run, (plot.x, baseline - above), plot.width);
    let at = (plot.x, baseline + MARKED_LINE);
    let words = cloud.written_overall(content.digits);
    let style = Words::caption(theme);
    page.write(&words, at, Align::Left, plot.width, style);
}

fn draw_overall_of(page: &mut Page, cloud: &Cloud, plot: Area, axes: &(Axis, Axis)) {
    if let Some(point) = cloud.overall() {
        let color = cloud.run.look.style(page.theme).color;
        let center = place(plot, axes, point);
        draw_overall(&mut page.marks, center, color, page.theme);
    }
}
