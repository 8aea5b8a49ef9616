//! All runs in one plot, with the distribution of each along both axes.

use super::super::Figure;
use super::super::axis::Axis;
use super::super::frame::{fill, label_style, widest_tick, write_x_ticks, write_y_ticks};
use super::super::grid::Page;
use super::super::ground::Ground;
use super::super::legend::{self, Entry, Sample};
use super::super::scene::{Align, Area, Mark, Point};
use super::super::text;
use super::super::theme::{LABEL_SIZE, MARGIN, Theme};
use super::{Cloud, Scatter, axes, dot_style, draw_overall, lay, place, read_off, shown};

const PLOT: (f64, f64) = (560.0, 400.0);
/// Height of the distributions beside the plot, in points.
const MARGINAL: f64 = 46.0;
const MARGINAL_GAP: f64 = 6.0;
/// Bins of a distribution.
const BINS: usize = 56;

pub(super) fn draw(title: &str, content: &Scatter, theme: Theme) -> Figure {
    let (axes, mut notes) = axes(content, (6, 6));
    notes.push("curves at the edges: how the images are distributed".to_owned());
    let left = widest_tick(axes.as_ref().map(|axes| &axes.1)).max(12.0) + 8.0;
    let inner = (left + PLOT.0 + MARGINAL_GAP + MARGINAL).ceil();
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    if axes.is_none() {
        page.write_nothing("no data");
        return page.finish();
    }
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
    let plot = Area {
        x: (start + left).ceil(),
        y: (baseline + 8.0 + MARGINAL + MARGINAL_GAP).round(),
        width: PLOT.0,
        height: PLOT.1,
    };
    if let Some(axes) = &axes {
        draw_plot(&mut page, content, plot, axes);
    }
    let baseline = plot.bottom() + 36.0;
    let middle = (plot.x + plot.width / 2.0, baseline);
    page.write(&content.x_label, middle, Align::Center, plot.width, style);
    page.y = baseline + text::DESCENT * LABEL_SIZE + 14.0;
    let room = page.width - 2.0 * MARGIN;
    legend::draw(&mut page, &entries(content, theme), room);
    page.y += 4.0;
    page.write_note(&notes.join("; "), start, inner);
    page.finish()
}

fn draw_plot(page: &mut Page, content: &Scatter, plot: Area, axes: &(Axis, Axis)) {
    let theme = page.theme;
    let total = content.clouds.iter().map(|cloud| cloud.shown().count());
    let (radius, opacity) = dot_style(total.sum(), plot.width * plot.height);
    let mut ground = Ground::new(plot, theme);
    ground.draw_grid(&axes.0, &axes.1, theme.grid());
    // In turn, so that no run covers another.
    let longest = content.clouds.iter().map(|cloud| cloud.points.len()).max();
    for number in 0..longest.unwrap_or(0) {
        for cloud in &content.clouds {
            let color = cloud.run.look.style(theme).color;
            let point = cloud.points.get(number).copied().filter(shown);
            lay(
                &mut ground,
                plot,
                axes,
                point.into_iter(),
                (radius, opacity, color),
            );
        }
    }
    page.marks.push(ground.into_mark());
    write_y_ticks(page, plot, Some(&axes.1));
    write_x_ticks(page, plot, Some(&axes.0), MARGINAL);
    draw_references(page, content, plot, axes);
    for cloud in &content.clouds {
        draw_marginals(page, cloud, plot, axes);
    }
    for cloud in &content.clouds {
        if let Some(point) = cloud.overall() {
            let color = cloud.run.look.style(theme).color;
            draw_overall(&mut page.marks, place(plot, axes, point), color, theme);
        }
        read_off(page, content, cloud, (plot, axes));
    }
}

pub(super) fn draw_references(page: &mut Page, content: &Scatter, plot: Area, axes: &(Axis, Axis)) {
    let mut line = |points: Vec<Point>| {
        page.marks.push(Mark::Line {
            points,
            width: 1.2,
            color: page.theme.muted(),
            dashes: &[2.0, 3.0],
        });
    };
    let finite = |value: f64| value.is_finite();
    for reference in content.x_references.iter().filter(|at| finite(at.value)) {
        let (x, _) = place(plot, axes, (reference.value, 0.0));
        line(vec![(x, plot.y), (x, plot.bottom())]);
    }
    for reference in content.y_references.iter().filter(|at| finite(at.value)) {
        let (_, y) = place(plot, axes, (0.0, reference.value));
        line(vec![(plot.x, y), (plot.right(), y)]);
    }
}

/// Draws a run's distribution over the plot and right of it, each as high as its highest bin asks.
fn draw_marginals(page: &mut Page, cloud: &Cloud, plot: Area, axes: &(Axis, Axis)) {
    let style = cloud.run.look.style(page.theme);
    let share = |axis: &Axis, values: Vec<f64>| {
        let shares = values.iter().map(|value| axis.share(*value));
        smooth_histogram(shares)
    };
    let xs = share(&axes.0, cloud.shown().map(|point| point.0).collect());
    let ys = share(&axes.1, cloud.shown().map(|point| point.1).collect());
    let (base_y, base_x) = (plot.y - MARGINAL_GAP, plot.right() + MARGINAL_GAP);
    let middle = |bin: usize| (bin as f64 + 0.5) / BINS as f64;
    let over = xs.iter().enumerate().map(|(bin, height)| {
        (
            plot.x + middle(bin) * plot.width,
            base_y - height * (MARGINAL - 2.0),
        )
    });
    let beside = ys.iter().enumerate().map(|(bin, height)| {
        (
            base_x + height * (MARGINAL - 2.0),
            plot.bottom() - middle(bin) * plot.height,
        )
    });
    let lines: [Vec<Point>; 2] = [over.collect(), beside.collect()];
    for points in lines {
        page.marks.push(Mark::Line {
            points,
            width: 1.4,
            color: style.color,
            dashes: style.dash.pattern(),
        });
    }
    let color = page.theme.grid();
    fill(page, plot.x, base_y, plot.width, 1.0, color);
    fill(page, base_x, plot.y, 1.0, plot.height, color);
}

/// Heights of bins from 0 to 1, averaged over neighbors (the more, the fewer the images), the
/// highest being 1.
fn smooth_histogram(shares: impl Iterator<Item = f64>) -> Vec<f64> {
    const WEIGHTS: [(isize, f64); 5] = [(-2, 1.0), (-1, 4.0), (0, 6.0), (1, 4.0), (2, 1.0)];
    let mut heights = vec![0.0; BINS];
    let mut images: usize = 0;
    for share in shares {
        heights[((share * BINS as f64) as usize).min(BINS - 1)] += 1.0;
        images += 1;
    }
    let passes = (400 / images.max(1)).clamp(1, 16);
    for _ in 0..passes {
        let at = |bin: usize, step: isize| {
            let neighbour = bin.checked_add_signed(step);
            let height = neighbour.and_then(|bin| heights.get(bin));
            height.copied().unwrap_or(0.0)
        };
        let averaged = |bin: usize| -> f64 {
            let sum = WEIGHTS.iter().map(|(step, weight)| weight * at(bin, *step));
            sum.sum()
        };
        heights = (0..BINS).map(averaged).collect();
    }
    let most = heights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    heights.into_iter().map(|height| height / most).collect()
}

fn entries(content: &Scatter, theme: Theme) -> Vec<Entry> {
    let runs = content.clouds.iter().map(|cloud| Entry {
        label: format!(
            "{}: {}",
            cloud.run.label,
            cloud.written_overall(content.digits)
        ),
        sample: Sample::Dot(cloud.run.look.style(theme)),
    });
    let references = content.x_references.iter().chain(&content.y_references);
    let lines = references.map(|reference| Entry {
        label: reference.label.clone(),
        sample: Sample::Reference,
    });
    runs.chain(lines).collect()
}
