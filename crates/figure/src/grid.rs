//! Pictures in rows and columns: how large each is shown, where each stands.

use std::sync::Arc;

use image::RgbImage;

use super::Figure;
use super::look::{Look, RunName};
use super::part::Part;
use super::scene::{Align, Area, Mark, Text};
use super::text::{self, Shorten, Weight};
use super::theme::{Color, GAP, HEADING_SIZE, LABEL_SIZE, MARGIN, SMALL_SIZE, TITLE_SIZE, Theme};

/// Side at which a picture is shown, in points, given the pixels of its longer side and the side
/// aimed for.
///
/// Small pictures are enlarged, large ones reduced, both by whole numbers: every pixel then covers
/// the same number of screen pixels, and equal details look equal across the figure.
pub(super) fn shown_side(pixels: u32, aim: f64) -> f64 {
    let pixels = f64::from(pixels.max(1));
    if pixels <= aim * 1.4 {
        pixels * (aim / pixels).round().max(1.0)
    } else {
        (pixels / (pixels / aim).round().max(1.0)).round()
    }
}

/// The square cell that holds every one of `pictures`, in points.
pub(super) fn cell_side<'a>(pictures: impl Iterator<Item = &'a RgbImage>, aim: f64) -> f64 {
    let longest = pictures.map(|picture| picture.width().max(picture.height()));
    longest.max().map_or(aim, |pixels| shown_side(pixels, aim))
}

/// Width and height of a picture whose longer side is shown as `side` points.
fn shown_size(picture: &RgbImage, side: f64) -> (f64, f64) {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let ratio = side / width.max(height);
    let shown = |length: f64| (length * ratio).round().max(1.0);
    (shown(width), shown(height))
}

/// The most lines of a title.
const TITLE_LINES: usize = 3;
/// From one line of a title to the next, in points.
const TITLE_STEP: f64 = 1.3 * TITLE_SIZE;
/// The most lines of a part of a note at the foot of a page.
const NOTE_LINES: usize = 3;
/// What an empty cell says where nobody knows why it is empty.
pub(super) const NO_PICTURE: &str = "no picture";

/// A page that grows from the top down.
pub(super) struct Page {
    pub(super) theme: Theme,
    pub(super) marks: Vec<Mark>,
    /// Whose they are, as far as that matters.
    pub(super) parts: Vec<Part>,
    /// Where the next row begins, in points.
    pub(super) y: f64,
    /// Page width in points.
    pub(super) width: f64,
    title: String,
}

impl Page {
    /// A page with its title, centered, on as many lines as it takes.
    pub(super) fn new(title: &str, width: f64, theme: Theme) -> Self {
        let title_width = text::width(&text::clean(title), TITLE_SIZE, Weight::Bold);
        // A title may widen a narrow page somewhat before it is broken into lines.
        let width = width.max((title_width + 2.0 * MARGIN).min(480.0)).ceil();
        let mut page = Self {
            theme,
            marks: Vec::new(),
            parts: Vec::new(),
            y: MARGIN,
            width,
            title: title.to_owned(),
        };
        if !title.is_empty() {
            let room = width - 2.0 * MARGIN;
            let style = Words::title(theme);
            let mut baseline = page.y + text::CAPITAL * TITLE_SIZE;
            for (number, line) in
                text::paragraph(title, TITLE_SIZE, style.weight, room, TITLE_LINES)
                    .iter()
                    .enumerate()
            {
                baseline += if number > 0 { TITLE_STEP } else { 0.0 };
                page.write(line, (width / 2.0, baseline), Align::Center, room, style);
            }
            page.y = (baseline + 16.0).round();
        }
        page
    }

    /// Says in the middle of the page that there is nothing to show.
    pub(super) fn write_nothing(&mut self, words: &str) {
        let middle = (self.width / 2.0, self.y + 24.0);
        let style = Words::caption(self.theme);
        self.write(words, middle, Align::Center, self.width, style);
        self.y += 36.0;
    }

    /// Writes words, shortened to `module` points; nothing if nothing fits.
    pub(super) fn write(
        &mut self,
        words: &str,
        at: (f64, f64),
        align: Align,
        room: f64,
        style: Words,
    ) {
        let words = text::fit(words, style.size, style.weight, room, style.shorten);
        if !words.trim().is_empty() {
            self.marks.push(Mark::Text(Text {
                words,
                at,
                align,
                size: style.size,
                weight: style.weight,
                color: style.color,
            }));
        }
    }

    /// Centers a picture in its cell; if there is none, outlines the cell and says why.
    fn place(&mut self, picture: Result<&RgbImage, &str>, cell: Area) {
        let picture = match picture {
            Ok(picture) if !picture.is_empty() => picture,
            absent => {
                self.outline(cell);
                let middle = (
                    cell.x + cell.width / 2.0,
                    cell.y + f64::midpoint(cell.height, text::CAPITAL * SMALL_SIZE),
                );
                let style = Words::caption(self.theme);
                let why = absent.err().unwrap_or(NO_PICTURE);
                self.write(why, middle, Align::Center, cell.width - 8.0, style);
                return;
            }
        };
        let (width, height) = shown_size(picture, cell.width);
        self.marks.push(Mark::Picture {
            area: Area {
                x: (cell.x + (cell.width - width) / 2.0).floor(),
                y: (cell.y + (cell.height - height) / 2.0).floor(),
                width,
                height,
            },
            picture: Arc::new(picture.clone()),
        });
    }

    /// Places a picture in exactly this area, whatever its shape.
    pub(super) fn place_in(&mut self, picture: RgbImage, area: Area) {
        self.marks.push(Mark::Picture {
            area,
            picture: Arc::new(picture),
        });
    }

    /// A hairline frame, where a picture is missing.
    fn outline(&mut self, area: Area) {
        let color = self.theme.grid();
        let sides = [
            (area.x, area.y, area.width, 1.0),
            (area.x, area.bottom() - 1.0, area.width, 1.0),
            (area.x, area.y, 1.0, area.height),
            (area.right() - 1.0, area.y, 1.0, area.height),
        ];
        for (x, y, width, height) in sides {
            let area = Area {
                x,
                y,
                width,
                height,
            };
            self.marks.push(Mark::Rectangle { area, color });
        }
    }

    /// Places a row of pictures, or why there is none, one in each cell of this width, and continues beneath them. The row is as
    /// high as its highest picture.
    pub(super) fn place_row<'a>(
        &mut self,
        pictures: impl IntoIterator<Item = Result<&'a RgbImage, &'a str>>,
        edges: &[f64],
        cell: f64,
    ) {
        let pictures: Vec<_> = pictures.into_iter().collect();
        let shown = pictures
            .iter()
            .flatten()
            .filter(|picture| !picture.is_empty());
        let heights = shown.map(|picture| shown_size(picture, cell).1);
        let height = heights.reduce(f64::max).unwrap_or(cell);
        for (picture, x) in pictures.into_iter().zip(edges) {
            let (x, y, width) = (*x, self.y, cell);
            self.place(
                picture,
                Area {
                    x,
                    y,
                    width,
                    height,
                },
            );
        }
        self.y += height;
    }

    /// Writes small print on a line of its own from `x` on, in `module` points, and continues beneath.
    pub(super) fn write_caption(&mut self, caption: &str, x: f64, room: f64) {
        let baseline = self.caption_baseline();
        let style = Words::caption(self.theme);
        self.write(caption, (x, baseline), Align::Left, room, style);
        self.end_captions();
    }

    /// Where a line of small print stands beneath what was placed last.
    pub(super) fn caption_baseline(&self) -> f64 {
        self.y + 4.0 + text::ASCENT * SMALL_SIZE
    }

    /// Continues beneath the line of small print at [`Self::caption_baseline`].
    pub(super) fn end_captions(&mut self) {
        self.y = (self.caption_baseline() + text::DESCENT * SMALL_SIZE + 2.0).round();
    }

    /// Writes small print from `x` on, on as many lines of `module` points as it takes, broken between its parts where that is
    /// enough, and continues beneath.
    pub(super) fn write_note(&mut self, note: &str, x: f64, room: f64) {
        let fits = |line: &str| text::width(line, SMALL_SIZE, Weight::Regular) <= room;
        let mut lines: Vec<String> = Vec::new();
        for part in note.split("; ") {
            match lines.last_mut() {
                Some(line) if fits(&format!("{line}; {part}")) => {
                    line.push_str("; ");
                    line.push_str(part);
                }
                _ => lines.push(part.to_owned()),
            }
        }
        for line in lines {
            for line in text::paragraph(&line, SMALL_SIZE, Weight::Regular, room, NOTE_LINES) {
                self.write_caption(&line, x, room);
            }
        }
    }

    /// Closes the page under the last row.
    pub(super) fn finish(self) -> Figure {
        Figure {
            title: text::clean(&self.title),
            width: self.width as u32,
            height: (self.y + MARGIN).ceil() as u32,
            background: self.theme.background(),
            marks: self.marks,
            parts: self.parts,
        }
    }
}

/// How words look and where they give way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) color: Color,
    pub(super) shorten: Shorten,
}

impl Words {
    /// A figure's title.
    pub(super) fn title(theme: Theme) -> Self {
        Self {
            size: TITLE_SIZE,
            weight: Weight::Bold,
            color: theme.ink(),
            shorten: Shorten::End,
        }
    }

    /// A column's heading.
    pub(super) fn heading(theme: Theme) -> Self {
        Self {
            size: HEADING_SIZE,
            weight: Weight::Regular,
            color: theme.ink(),
            shorten: Shorten::Middle,
        }
    }

    /// The name of a row.
    pub(super) fn label(theme: Theme) -> Self {
        Self {
            size: LABEL_SIZE,
            ..Self::heading(theme)
        }
    }

    /// Small print under a picture.
    pub(super) fn caption(theme: Theme) -> Self {
        Self {
            size: SMALL_SIZE,
            weight: Weight::Regular,
            color: theme.muted(),
            shorten: Shorten::Middle,
        }
    }
}

/// What stands over a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading<'a> {
    pub(super) words: &'a str,
    /// The look of the run whose pictures stand in the column.
    pub(super) look: Option<Look>,
}

impl<'a> Heading<'a> {
    /// A column of no run.
    pub(super) fn plain(words: &'a str) -> Self {
        Self { words, look: None }
    }

    pub(super) fn of(run: &'a RunName) -> Self {
        Self {
            words: &run.label,
            look: Some(run.look),
        }
    }
}

/// The most lines of a heading.
const HEADING_LINES: usize = 4;

fn heading_lines(heading: &Heading<'_>, size: f64, cell: f64) -> Vec<String> {
    text::name_lines(heading.words, size, Weight::Regular, cell, HEADING_LINES)
}

/// The size at which all of `headings` are written: smaller where one would not fit otherwise.
pub(super) fn heading_size<'a>(
    headings: impl IntoIterator<Item = &'a Heading<'a>>,
    cell: f64,
) -> f64 {
    let mut lines = headings
        .into_iter()
        .flat_map(|heading| heading_lines(heading, HEADING_SIZE, cell));
    if lines.all(|line| text::width(&line, HEADING_SIZE, Weight::Regular) <= cell) {
        HEADING_SIZE
    } else {
        LABEL_SIZE
    }
}

/// Writes column headings over their cells as [`write_headings_in`] does, at the size that suits
/// them.
pub(super) fn write_headings(page: &mut Page, headings: &[Heading<'_>], edges: &[f64], cell: f64) {
    let size = heading_size(headings, cell);
    write_headings_in(page, headings, edges, cell, size);
}

/// Writes column headings over their cells, each on one line or, where it is too long, on up to
/// four, with the run's mark beneath, and leaves the page where the first pictures begin.
pub(super) fn write_headings_in(
    page: &mut Page,
    headings: &[Heading<'_>],
    edges: &[f64],
    cell: f64,
    size: f64,
) {
    const MARK: f64 = 38.0;
    let style = Words {
        size,
        ..Words::heading(page.theme)
    };
    let line_height = style.size + 3.0;
    let wrapped: Vec<Vec<String>> = headings
        .iter()
        .map(|heading| heading_lines(heading, size, cell))
        .collect();
    let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let last = page.y + text::CAPITAL * style.size + line_height * (lines - 1) as f64;
    for (heading, x) in wrapped.iter().zip(edges) {
        for (above, line) in heading.iter().rev().enumerate() {
            let at = (x + cell / 2.0, last - line_height * above as f64);
            page.write(line, at, Align::Center, cell, style);
        }
    }
    page.y = (last + GAP).round();
    let marked = headings.iter().zip(edges);
    let marked = marked.filter_map(|(heading, x)| Some((heading.look?, x)));
    let length = MARK.min(cell);
    for (look, x) in marked {
        draw_run_mark(page, look, (x + (cell - length) / 2.0, page.y), length);
    }
    if headings.iter().any(|heading| heading.look.is_some()) {
        page.y += 7.0;
    }
}

/// A short piece of a run's line, from `at` to the right.
fn draw_run_mark(page: &mut Page, look: Look, at: (f64, f64), length: f64) {
    let style = look.style(page.theme);
    page.marks.push(Mark::Line {
        points: vec![at, (at.0 + length, at.1)],
        width: 3.0,
        color: style.color,
        dashes: style.dash.pattern(),
    });
}

/// Length of the mark before a run's name, with the space after it, in points.
const MARK_ROOM: f64 = 28.0;
/// Height of a line of a marked name, in points.
pub(super) const MARKED_LINE: f64 = 13.0;

/// A run's name on one line or two, as it stands beside its mark.
pub(super) fn marked_lines(run: &RunName, room: f64) -> Vec<String> {
    text::name_lines(&run.label, LABEL_SIZE, Weight::Regular, room - MARK_ROOM, 2)
}

/// Writes a run's name from `at` on, its mark before it.
pub(super) fn write_marked(page: &mut Page, run: &RunName, at: (f64, f64), room: f64) {
    let middle = at.1 - text::CAPITAL * LABEL_SIZE / 2.0;
    draw_run_mark(page, run.look, (at.0, middle), MARK_ROOM - 6.0);
    let style = Words::label(page.theme);
    for (number, line) in marked_lines(run, room).iter().enumerate() {
        let at = (at.0 + MARK_ROOM, at.1 + MARKED_LINE * number as f64);
        page.write(line, at, Align::Left, room - MARK_ROOM, style);
    }
}

/// Width of a page with `columns` cells, in points.
pub(super) fn page_width(columns: usize, cell: f64) -> f64 {
    let columns = columns.max(1) as f64;
    2.0 * MARGIN + columns * cell + (columns - 1.0) * GAP
}

/// Left edge of each of `columns` cells, centered on the page.
pub(super) fn column_edges(page: &Page, columns: usize, cell: f64) -> Vec<f64> {
    let used = page_width(columns, cell) - 2.0 * MARGIN;
    let left = ((page.width - used) / 2.0).floor();
    (0..columns)
        .map(|column| left + column as f64 * (cell + GAP))
        .collect()
}
