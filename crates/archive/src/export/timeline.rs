//! When a logged number was made, by the clock.

use crate::runs::RunRecord;

/// The sessions of a run, by which seconds of training become times of day.
pub(super) struct Timeline {
    /// Of each session: the step it went on from, when it began (seconds since 1970), and the seconds trained before.
    sessions: Vec<(usize, f64, f64)>,
}

impl Timeline {
    /// Of a run's record and of `(step, seconds)` of its rows.
    ///
    /// A row belongs to the last session that resumed from an earlier step, because a session rewrites all later rows. Its
    /// time is that session's beginning plus the seconds trained since: what was prepared before the first step, such as
    /// looking at photographs, is not in it.
    pub(super) fn of(record: &RunRecord, rows: &[(usize, f64)]) -> Self {
        let sessions = record
            .sessions
            .iter()
            .map(|session| {
                let before = rows.iter().filter(|(step, _)| *step <= session.from_step);
                let trained = before.map(|(_, seconds)| *seconds).fold(0.0, f64::max);
                let began = session.started.as_microsecond() as f64 / 1e6;
                (session.from_step, began, trained)
            })
            .collect();
        Self { sessions }
    }

    /// The time of a row, in seconds since 1970; its seconds of training where no session is known.
    pub(super) fn time(&self, step: usize, seconds: f64) -> f64 {
        let mut sessions = self.sessions.iter().rev();
        match sessions.find(|(from_step, ..)| *from_step < step) {
            Some((_, began, trained)) => began + (seconds - trained).max(0.0),
            None => self
                .sessions
                .first()
                .map_or(seconds, |(_, began, _)| began + seconds),
        }
    }
}
