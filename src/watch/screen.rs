//! What the user has chosen, and what keys do to it.

use std::path::{Path, PathBuf};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::row::Row;

/// How much of the last smoothed value is kept; the first is none.
const SMOOTHING: [f64; 4] = [0.0, 0.6, 0.9, 0.98];

/// The choices of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    pub(super) selected: Option<PathBuf>,
    /// Where in the list the selected run was last seen: what takes its place when it goes away.
    place: usize,
    /// The first of the curves that are shown.
    pub(super) first: usize,
    pub(super) is_large: bool,
    smoothing: usize,
    pub(super) is_logarithmic: bool,
    pub(super) has_color: bool,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Draw again.
    Draw,
    /// Nothing.
    Nothing,
    /// End.
    Quit,
}

impl Screen {
    /// The choices at the beginning: the run in the folder `selected`, or the first in the list.
    pub fn new(selected: Option<PathBuf>, has_color: bool) -> Self {
        Self {
            selected,
            place: 0,
            first: 0,
            is_large: false,
            smoothing: 0,
            is_logarithmic: false,
            has_color,
        }
    }

    /// The folder of the chosen run.
    pub fn selected(&self) -> Option<&Path> {
        self.selected.as_deref()
    }

    /// The share of the last smoothed value that is kept.
    pub(super) fn smoothing(&self) -> f64 {
        SMOOTHING[self.smoothing]
    }

    /// Adapts the choices to what exists now: a run that is gone gives way to the one in its place.
    pub fn settle(&mut self, rows: &[Row], curves: usize) {
        let selected = rows
            .iter()
            .position(|row| Some(&row.folder) == self.selected.as_ref());
        self.place = selected.unwrap_or(self.place.min(rows.len().saturating_sub(1)));
        self.selected = rows.get(self.place).map(|row| row.folder.clone());
        self.first = self.first.min(curves.saturating_sub(1));
    }

    /// What a key does.
    pub fn key(&mut self, key: KeyEvent, rows: &[Row], curves: usize) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if is_control => return Wish::Quit,
            KeyCode::Char('q') | KeyCode::Esc => return Wish::Quit,
            KeyCode::Up | KeyCode::Char('k') => self.choose(rows, self.place.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.choose(rows, self.place + 1),
            KeyCode::PageUp => self.choose(rows, self.place.saturating_sub(10)),
            KeyCode::PageDown => self.choose(rows, self.place + 10),
            KeyCode::Home => self.choose(rows, 0),
            KeyCode::End => self.choose(rows, usize::MAX),
            KeyCode::Left | KeyCode::Char('h') => self.first = self.first.saturating_sub(1),
            KeyCode::Right | KeyCode::Char('l') => {
                self.first = (self.first + 1).min(curves.saturating_sub(1));
            }
            KeyCode::Enter | KeyCode::Char(' ') => self.is_large = !self.is_large,
            KeyCode::Char('s') => self.smoothing = (self.smoothing + 1) % SMOOTHING.len(),
            KeyCode::Char('g') => self.is_logarithmic = !self.is_logarithmic,
            _ => return Wish::Nothing,
        }
        Wish::Draw
    }

    fn choose(&mut self, rows: &[Row], place: usize) {
        self.place = place.min(rows.len().saturating_sub(1));
        self.selected = rows.get(self.place).map(|row| row.folder.clone());
    }
}
