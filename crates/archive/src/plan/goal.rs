//! How far trials are to be trained for now, where what comes later depends on others.

use serde::Serialize;

use super::{Plan, Planned, State};

/// How far a trial is to be trained for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To its end.
    End,
    /// To this step, where it is compared with others.
    Step(usize),
    /// No further than it has come: at a comparison with others it was not among those that go on.
    Stopped {
        /// The step at which it was compared.
        step: usize,
        /// The number of the comparison, from 1 on.
        rung: usize,
        /// Its place, from 1 on.
        rank: usize,
        /// Of so many.
        of: usize,
    },
}

impl Plan {
    /// Says how far every trial is to be trained for now; `goals` are those of [`Self::trials`], in that order. Times that
    /// are left become those of what is left for now.
    pub fn set_goals(&mut self, goals: impl IntoIterator<Item = Goal>) {
        for (trial, goal) in self.trials.iter_mut().zip(goals) {
            let before = trial.steps_left();
            trial.goal = goal;
            let now = trial.steps_left();
            if let Some(estimate) = &mut trial.estimate
                && before > 0
            {
                estimate.seconds *= now as f64 / before as f64;
            }
        }
    }
}

impl Planned {
    /// Whether it is not done and not trained any further.
    pub fn is_stopped(&self) -> bool {
        matches!(self.goal, Goal::Stopped { .. }) && self.state != State::Done
    }

    /// Whether it has come as far as it is to be trained for now, or is not to be trained at all.
    pub(super) fn is_at_goal(&self) -> bool {
        match (&self.goal, &self.state) {
            (Goal::Stopped { .. }, _) => true,
            (Goal::Step(goal), State::Interrupted { step, .. }) => step >= goal,
            (Goal::Step(_) | Goal::End, _) => false,
        }
    }

    /// The word for how it stands.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            _ if self.is_stopped() => "stopped",
            State::Interrupted { .. } if self.is_at_goal() => "waiting",
            _ => self.state.name(),
        }
    }
}
