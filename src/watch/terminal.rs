//! The loop: keys, and a look at the runs about once a second.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};

use super::curves::Curves;
use super::draw::{View, draw};
use super::screen::{Screen, Wish};
use super::survey::Survey;
use crate::runs::{MetricFollower, RunFolder};

/// From one look at the runs to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A signal is noticed within this time.
const NOTICE_EVERY: Duration = Duration::from_millis(250);

/// Shows the runs in the folder `runs`, at first the one in the folder `chosen`, until a key or `stop` ends it. The
/// terminal is as it was before when this returns, and when it panics.
///
/// # Errors
///
/// When the terminal cannot be read or written.
pub fn watch(
    runs: &Path,
    chosen: Option<PathBuf>,
    has_color: bool,
    stop: &AtomicBool,
) -> io::Result<()> {
    // This also makes a panic restore the terminal before its message is printed.
    let mut terminal = ratatui::try_init()?;
    let ended = show(&mut terminal, runs, chosen, has_color, stop);
    ratatui::try_restore()?;
    ended
}

fn show(
    terminal: &mut DefaultTerminal,
    runs: &Path,
    chosen: Option<PathBuf>,
    has_color: bool,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut survey = Survey::new(runs);
    let mut screen = Screen::new(chosen, has_color);
    let mut log = ChosenLog::default();
    loop {
        let looked = Instant::now();
        let now = Timestamp::now();
        survey.look();
        screen.settle(survey.rows(), log.curves.len());
        log.follow(screen.selected());
        // While runs are still to be read, the next look is only as far away as the keys that wait.
        let every = if survey.pending() > 0 {
            Duration::ZERO
        } else {
            LOOK_EVERY
        };
        loop {
            let view = View {
                runs: survey.runs(),
                rows: survey.rows(),
                pending: survey.pending(),
                curves: &log.curves,
                problem: log.problem.as_deref(),
                now,
            };
            terminal.draw(|frame| draw(frame, &screen, &view))?;
            let wish = wait(&mut screen, &survey, &log, looked + every, stop)?;
            match wish {
                Wish::Quit => return Ok(()),
                Wish::Draw => log.follow(screen.selected()),
                Wish::Nothing => break,
            }
        }
    }
}

/// Waits for what the user wants; [`Wish::Nothing`] when it is time to look at the runs again.
fn wait(
    screen: &mut Screen,
    survey: &Survey,
    log: &ChosenLog,
    until: Instant,
    stop: &AtomicBool,
) -> io::Result<Wish> {
    loop {
        if stop.load(Ordering::SeqCst) {
            return Ok(Wish::Quit);
        }
        let left = until.saturating_duration_since(Instant::now());
        if !event::poll(left.min(NOTICE_EVERY))? {
            if left.is_zero() {
                return Ok(Wish::Nothing);
            }
            continue;
        }
        let wish = match event::read()? {
            Event::Key(key) => screen.key(key, survey.rows(), log.curves.len()),
            Event::Resize(..) => Wish::Draw,
            _ => Wish::Nothing,
        };
        if wish != Wish::Nothing {
            return Ok(wish);
        }
    }
}

/// The log of the chosen run.
#[derive(Default)]
struct ChosenLog {
    follower: Option<MetricFollower>,
    curves: Curves,
    problem: Option<String>,
}

impl ChosenLog {
    /// Reads what is new of the run in the folder `chosen`.
    fn follow(&mut self, chosen: Option<&Path>) {
        let Some(chosen) = chosen else {
            *self = Self::default();
            return;
        };
        let followed = self.follower.as_ref().map(|log| log.folder().path());
        if followed != Some(chosen) {
            *self = Self {
                follower: Some(MetricFollower::new(&RunFolder::at(chosen))),
                ..Self::default()
            };
        }
        let Some(follower) = &mut self.follower else {
            return;
        };
        let changed = follower.refresh();
        self.problem = changed.as_ref().err().map(ToString::to_string);
        if changed.unwrap_or(true) {
            self.curves = Curves::of(follower);
        }
    }
}
