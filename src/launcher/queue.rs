//! Which trials wait or run under Slurm.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use super::LauncherError;
use super::array::answer;
use super::ledger::Submitted;

/// The trials that Slurm has in its queue, of those that were submitted from one folder of runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    tasks: HashMap<String, QueuedTask>,
}

/// A trial in Slurm's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedTask {
    /// Job and task as Slurm writes them: `123_4`.
    pub id: String,
    /// How it stands.
    pub state: TaskState,
}

/// How a task in the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// It waits for its turn.
    Queued,
    /// It has begun, and has not ended yet.
    Running,
}

impl Queue {
    /// Reads what was submitted under `runs` and asks `squeue` about it, unless nothing was submitted.
    ///
    /// # Errors
    ///
    /// [`LauncherError::NoSlurm`] without `squeue`, [`LauncherError::Refused`] when it cannot tell.
    pub fn ask(runs: &Path) -> Result<Self, LauncherError> {
        Self::ask_with("squeue", runs)
    }

    fn ask_with(squeue: &str, runs: &Path) -> Result<Self, LauncherError> {
        let submitted = Submitted::all(runs)?;
        if submitted.is_empty() {
            return Ok(Self::default());
        }
        let mut names: Vec<&str> = submitted.iter().map(|job| job.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let answer = answer(
            Command::new(squeue).args([
                "--noheader",
                "--array",
                "--format=%F|%K|%T",
                &format!("--name={}", names.join(",")),
            ]),
            None,
        )?;
        Ok(Self::of(&submitted, &answer))
    }

    /// `answer` has a line `job|task|state` for each task.
    fn of(submitted: &[Submitted], answer: &str) -> Self {
        let jobs: HashMap<&str, &Submitted> = submitted
            .iter()
            .map(|job| (job.job.as_str(), job))
            .collect();
        let mut queue = Self::default();
        for line in answer.lines() {
            let mut parts = line.trim().split('|');
            let (Some(job), Some(task), Some(state)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let trial = jobs
                .get(job)
                .and_then(|known| known.trials.get(task.parse::<usize>().ok()?));
            if let Some(trial) = trial {
                let task = QueuedTask {
                    id: format!("{job}_{task}"),
                    state: TaskState::named(state),
                };
                queue.tasks.insert(trial.clone(), task);
            }
        }
        queue
    }

    /// The task of the trial `experiment/trial`, where it is in the queue.
    pub fn task(&self, trial: &str) -> Option<&QueuedTask> {
        self.tasks.get(trial)
    }

    /// How many trials are in the queue.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

impl TaskState {
    fn named(state: &str) -> Self {
        match state {
            "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED" | "SPECIAL_EXIT" => {
                Self::Queued
            }
            _ => Self::Running,
        }
    }

    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_tells_of_our_trials_alone() {
        let trials = [
            "a/s0-01".to_owned(),
            "a/s1-02".to_owned(),
            "a/s2-03".to_owned(),
        ];
        let job = Submitted::new("17", "colorize-a", &trials);
        let answer =
            "17|0|RUNNING\n17|1|PENDING\n17|7|PENDING\n99|0|RUNNING\nnonsense\n18|N/A|PENDING\n";
        let queue = Queue::of(&[job], answer);
        assert_eq!(queue.len(), 2);
        let running = QueuedTask {
            id: "17_0".to_owned(),
            state: TaskState::Running,
        };
        assert_eq!(queue.task("a/s0-01"), Some(&running));
        assert_eq!(queue.task("a/s1-02").unwrap().state, TaskState::Queued);
        assert_eq!(queue.task("a/s2-03"), None);
    }

    #[test]
    fn nobody_is_asked_where_nothing_was_submitted() {
        let runs = tempfile::tempdir().unwrap();
        let absent = "squeue-that-is-not-there";
        assert!(Queue::ask_with(absent, runs.path()).unwrap().is_empty());
        let job = Submitted::new("17", "colorize-a", &["a/s0-01".to_owned()]);
        job.write(runs.path(), "").unwrap();
        let asked = Queue::ask_with(absent, runs.path());
        assert!(matches!(asked, Err(LauncherError::NoSlurm { .. })));
    }
}
