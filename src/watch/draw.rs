//! All of the terminal: the list above, the chosen run's curves below, the keys at the bottom.

use std::path::Path;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row as Cells, Table, TableState};

use super::chart::{self, Look};
use super::curves::Curves;
use super::numbers::{age, clock, rate};
use super::row::Row;
use super::screen::Screen;
use crate::runs::Condition;

/// A chart is not narrower than this, where there is room for one.
const CHART_WIDTH: u16 = 38;

/// A chart is not lower than this, where there is room for one.
const CHART_HEIGHT: u16 = 11;

/// What is drawn.
pub(super) struct View<'a> {
    pub(super) runs: &'a Path,
    pub(super) rows: &'a [Row],
    /// Runs that were found and not read yet.
    pub(super) pending: usize,
    pub(super) curves: &'a Curves,
    /// Why the chosen run's log cannot be read.
    pub(super) problem: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// Draws everything, as large as the terminal is.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen, view: &View<'_>) {
    let area = frame.area();
    let list = list_height(screen, view.rows.len(), area.height);
    let [title, rows, details, charts, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(list),
        Constraint::Length(if area.height >= 30 { 2 } else { 1 }),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(view)).style(bold()), title);
    if view.rows.is_empty() {
        let text = format!("no runs in `{}` yet", view.runs.display());
        frame.render_widget(Paragraph::new(text), rows);
    } else if list > 0 {
        draw_list(frame, rows, screen, view);
    }
    let chosen = view
        .rows
        .iter()
        .find(|row| Some(&row.folder) == screen.selected.as_ref());
    if let Some(row) = chosen {
        frame.render_widget(Paragraph::new(about(row, view, screen)), details);
    }
    let shown = draw_charts(frame, charts, screen, view);
    let keys_text = key_line(screen, view.curves.len(), shown);
    frame.render_widget(Paragraph::new(keys_text).style(dim(screen)), keys);
}

/// The header and the rows: a third of the terminal, or all of it where nothing else has room.
fn list_height(screen: &Screen, rows: usize, height: u16) -> u16 {
    let wanted = u16::try_from(rows.max(1))
        .unwrap_or(u16::MAX)
        .saturating_add(1);
    match height {
        0..12 => wanted.min(height.saturating_sub(3)),
        _ if screen.is_large => wanted.min(2),
        _ => wanted.min(height / 3),
    }
}

fn heading(view: &View<'_>) -> String {
    let mut parts = Vec::new();
    for state in Condition::ALL {
        let count = view.rows.iter().filter(|row| row.state == state).count();
        if count > 0 {
            parts.push(format!("{count} {}", state.word()));
        }
    }
    if view.pending > 0 {
        parts.push(format!("{} not read yet", view.pending));
    }
    format!(
        "colorize watch  {}  {}",
        view.runs.display(),
        parts.join(", ")
    )
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, screen: &Screen, view: &View<'_>) {
    let selected = view
        .rows
        .iter()
        .position(|row| Some(&row.folder) == screen.selected.as_ref());
    let header = Cells::new(["state", "run", "step", "speed", "left", "host"]).style(bold());
    let rows = view.rows.iter().map(|row| {
        let left = row
            .left()
            .map_or_else(|| format!("{} ago", age(row.age(view.now))), clock);
        Cells::new([
            Cell::new(row.state.word()).style(state_style(row.state, screen)),
            Cell::new(row.name.clone()),
            Cell::new(Line::from(format!("{}/{}", row.step, row.steps)).right_aligned()),
            Cell::new(Line::from(row.rate.map_or_else(String::new, rate)).right_aligned()),
            Cell::new(Line::from(left).right_aligned()),
            Cell::new(row.host.clone()),
        ])
    });
    let steps = view
        .rows
        .iter()
        .map(|row| row.steps.to_string().len())
        .max();
    let steps = u16::try_from(steps.unwrap_or(1) * 2 + 1).unwrap_or(20);
    let widths = [
        Constraint::Length(11),
        Constraint::Min(16),
        Constraint::Length(steps.max(5)),
        Constraint::Length(13),
        Constraint::Length(10),
        Constraint::Max(if area.width >= 100 { 24 } else { 10 }),
    ];
    let table = Table::new(rows, widths)
        .header(header)
        .highlight_symbol("> ")
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(selected);
    frame.render_stateful_widget(table, area, &mut state);
}

/// The chosen run in a line or two.
fn about<'a>(row: &'a Row, view: &View<'a>, screen: &Screen) -> Vec<Line<'a>> {
    let mut spans = vec![
        Span::styled(row.name.clone(), bold()),
        Span::raw(format!("  {}  ", row.title)),
        Span::styled(row.state.word(), state_style(row.state, screen)),
        Span::raw(format!(
            ", step {} of {}, on {}, wrote {} ago",
            row.step,
            row.steps,
            row.device,
            age(row.age(view.now))
        )),
    ];
    let second = match (view.problem, &row.error) {
        (Some(problem), _) => format!("its log cannot be read: {problem}"),
        (None, Some(error)) => format!("failed: {error}"),
        (None, None) => row.folder.display().to_string(),
    };
    if view.problem.is_some() || row.error.is_some() {
        // Where there is one line alone, it is the one that has to be read.
        spans.truncate(1);
        spans.push(Span::raw(format!("  {second}")));
    }
    vec![Line::from(spans), Line::from(second)]
}

/// Draws as many charts as there is room for, and says how many.
fn draw_charts(frame: &mut Frame<'_>, area: Rect, screen: &Screen, view: &View<'_>) -> usize {
    if area.height < 6 || area.width < 20 || view.rows.is_empty() {
        return 0;
    }
    if view.curves.is_empty() {
        let text = "nothing logged yet: rows are written every few seconds";
        frame.render_widget(Paragraph::new(text), area);
        return 0;
    }
    let look = Look {
        smoothing: screen.smoothing(),
        is_logarithmic: screen.is_logarithmic,
        has_color: screen.has_color,
    };
    let available = view.curves.len() - screen.first.min(view.curves.len() - 1);
    let columns = usize::from(area.width / CHART_WIDTH).clamp(1, available);
    let lines = usize::from(area.height / CHART_HEIGHT).clamp(1, available.div_ceil(columns));
    let mut curves = view.curves.iter().skip(screen.first);
    let mut shown = 0;
    for line in Layout::vertical(vec![Constraint::Fill(1); lines])
        .split(area)
        .iter()
    {
        let cells = Layout::horizontal(vec![Constraint::Fill(1); columns])
            .spacing(2)
            .split(*line);
        for (cell, curve) in cells.iter().zip(curves.by_ref().take(columns)) {
            chart::draw(frame, *cell, curve, view.curves.steps(), look);
            shown += 1;
        }
    }
    shown
}

fn key_line(screen: &Screen, curves: usize, shown: usize) -> String {
    let which = if shown == 0 {
        String::new()
    } else {
        format!(" {}-{} of {curves}", screen.first + 1, screen.first + shown)
    };
    let smoothing = match screen.smoothing() {
        0.0 => "off".to_owned(),
        keep => keep.to_string(),
    };
    let scale = if screen.is_logarithmic { "on" } else { "off" };
    let size = if screen.is_large { "list" } else { "large" };
    format!("↑↓ run  ←→ curves{which}  Enter {size}  s smooth {smoothing}  g log {scale}  q quit")
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn dim(screen: &Screen) -> Style {
    if screen.has_color {
        Style::new().fg(Color::DarkGray)
    } else {
        Style::new()
    }
}

/// The word says it; the color only helps to find it.
fn state_style(state: Condition, screen: &Screen) -> Style {
    if !screen.has_color {
        return Style::new();
    }
    Style::new().fg(match state {
        Condition::Running => Color::Green,
        Condition::Interrupted => Color::Yellow,
        Condition::Killed | Condition::Failed => Color::Red,
        Condition::Done => Color::Blue,
    })
}

#[cfg(test)]
mod tests;
