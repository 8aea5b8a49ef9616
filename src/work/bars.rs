//! Bars for trials that are trained side by side, where somebody watches at a terminal: one for each process, and one for
//! all trials.

use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::terminal;

/// All bars; none where the standard error stream is no terminal, and every line is shown as it comes.
pub(crate) struct Bars {
    shown: Option<(MultiProgress, ProgressBar)>,
}

impl Bars {
    /// For so many trials.
    pub(crate) fn new(trials: usize) -> Self {
        let is_watched = std::io::stderr().is_terminal() && !terminal::is_quiet();
        let shown = is_watched.then(|| {
            let bars = MultiProgress::new();
            let all = bars.add(
                ProgressBar::new(trials as u64)
                    .with_style(style("{prefix} {wide_bar} {pos}/{len}"))
                    .with_prefix("trials"),
            );
            all.tick();
            terminal::say_above(Some(bars.clone()));
            (bars, all)
        });
        Self { shown }
    }

    /// A bar for a trial that begins, which goes with what is returned.
    pub(crate) fn begin(&self, label: &str) -> Bar {
        Bar(self.shown.as_ref().map(|(bars, all)| {
            let bar = ProgressBar::new(0)
                .with_style(style("{prefix} {wide_bar} {pos}/{len} {msg}"))
                .with_prefix(label.to_owned());
            bars.insert_before(all, bar)
        }))
    }

    /// A trial has ended.
    pub(crate) fn count(&self) {
        if let Some((_, all)) = &self.shown {
            all.inc(1);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Some((_, all)) = &self.shown {
            all.finish_and_clear();
            terminal::say_above(None);
        }
    }
}

/// The bar of one trial.
pub(crate) struct Bar(Option<ProgressBar>);

impl Bar {
    /// Takes a line that the trial's process said; whether the bar shows it now, so that it need not be printed.
    pub(crate) fn takes(&self, label: &str, line: &str) -> bool {
        let (Some(bar), Some(progress)) = (&self.0, progress(label, line)) else {
            return false;
        };
        let ([done, steps], rest) = progress;
        bar.set_length(steps);
        bar.set_position(done);
        bar.set_message(rest.to_owned());
        true
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Steps done, all steps, and the rest of a line that says nothing else: `LABEL  step 23/1000  loss 0.0798  ...`.
fn progress<'a>(label: &str, line: &'a str) -> Option<([u64; 2], &'a str)> {
    let said = line.strip_prefix(label)?.strip_prefix("  step ")?;
    let (steps, rest) = said.split_once("  ")?;
    let (done, all) = steps.split_once('/')?;
    let numbers = [done.parse().ok()?, all.parse().ok()?];
    // Scores are to stay on the screen.
    (!rest.starts_with("held out")).then_some((numbers, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_progress_is_told_from_others() {
        let label = "03-yuv s0";
        let taken = "03-yuv s0  step 23/1000  loss 0.07986  8.3 images/s  11:30 left";
        let expected = ([23, 1000], "loss 0.07986  8.3 images/s  11:30 left");
        assert_eq!(progress(label, taken), Some(expected));
        for other in [
            "03-yuv s0  step 50/1000  held out: psnr 20.1000",
            "03-yuv s0  resumed at step 40",
            "03-yuv s00  step 23/1000  loss 0.07986",
            "03-yuv s0  step x/1000  loss 0.07986",
            "",
        ] {
            assert_eq!(progress(label, other), None, "{other}");
        }
    }
}
