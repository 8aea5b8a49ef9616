//! A training that is killed and resumed, compared with an uninterrupted one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use super::{ProofError, Verdict, compare};
use crate::runs::{RunFolder, read_metrics};
use crate::train::Interrupter;

/// How often a training is started that was done before it could be killed.
const TRIES: usize = 5;

/// Between two looks at a training that is to be killed.
const LOOK: Duration = Duration::from_millis(1);

/// How many lines of a failed process are shown.
const SAID: usize = 12;

/// The proof, and where the training was killed.
#[derive(Debug)]
pub struct Killed {
    /// The last step in the log when it was killed.
    pub after: usize,
    /// What came of it.
    pub verdict: Verdict,
}

/// Trains to `steps` undisturbed, and again until after `kill_after`, where the process is killed, then on to `steps`; compares
/// all that the two have left.
///
/// `command` is given a folder of runs and makes the process that trains into it, `folder` the run's folder below it; both go
/// below `workplace`. The processes must write every row of the log at once.
///
/// # Errors
///
/// [`ProofError`] when a process fails, or is always done before it can be killed.
pub fn resume(
    command: &dyn Fn(&Path) -> Command,
    folder: &dyn Fn(&Path) -> RunFolder,
    workplace: &Path,
    steps: usize,
    kill_after: usize,
    stop: &Interrupter,
) -> Result<Killed, ProofError> {
    let train = |what: &'static str, runs: &Path| -> Result<(), ProofError> {
        let mut process = Process::start(what, command(runs), workplace)?;
        let status = process.wait(stop)?;
        process.judge(status)
    };
    let whole = workplace.join("whole");
    train("the uninterrupted training", &whole)?;
    let (killed, after) = kill(command, folder, workplace, kill_after, stop)?;
    train("the resumed training", &killed)?;
    Ok(Killed {
        after,
        verdict: compare::folders(&folder(&whole), &folder(&killed), steps)?,
    })
}

/// Starts trainings until one could be killed after `kill_after`; its folder of runs, and the last step in its log.
fn kill(
    command: &dyn Fn(&Path) -> Command,
    folder: &dyn Fn(&Path) -> RunFolder,
    workplace: &Path,
    kill_after: usize,
    stop: &Interrupter,
) -> Result<(PathBuf, usize), ProofError> {
    for attempt in 1..=TRIES {
        let runs = workplace.join(format!("killed-{attempt}"));
        let mut process = Process::start("the training to be killed", command(&runs), workplace)?;
        let run = folder(&runs);
        loop {
            if let Some(status) = process.ended()? {
                process.judge(status)?;
                break;
            }
            if stop.should_stop() {
                return Err(ProofError::Stopped);
            }
            if newest_step(&run) >= kill_after {
                process.kill()?;
                let after = newest_step(&run);
                let record = run.record()?;
                let is_done = record.is_some_and(|record| record.step == record.steps);
                if is_done {
                    break;
                }
                return Ok((runs, after));
            }
            thread::sleep(LOOK);
        }
    }
    Err(ProofError::TooFast {
        tries: TRIES,
        after: kill_after,
    })
}

/// The last step in a run's log; 0 where there is none yet. A file that is renamed while it is looked for is seen next time.
fn newest_step(run: &RunFolder) -> usize {
    read_metrics(run).map_or(0, |log| {
        let losses = log.series("train", "loss");
        losses.last().map_or(0, |&(step, _)| step)
    })
}

/// A training as a process of its own, ended with this one.
struct Process {
    what: &'static str,
    child: Child,
    output: PathBuf,
}

impl Process {
    fn start(
        what: &'static str,
        mut command: Command,
        workplace: &Path,
    ) -> Result<Self, ProofError> {
        let output = workplace.join("output.txt");
        let file = File::create(&output).map_err(ProofError::io("write", &output))?;
        let both = file.try_clone().map_err(ProofError::io("write", &output))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(both)
            .spawn()
            .map_err(ProofError::io("start", command.get_program()))?;
        Ok(Self {
            what,
            child,
            output,
        })
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, ProofError> {
        self.child
            .try_wait()
            .map_err(ProofError::io("wait for the process writing", &self.output))
    }

    fn wait(&mut self, stop: &Interrupter) -> Result<ExitStatus, ProofError> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if stop.should_stop() {
                return Err(ProofError::Stopped);
            }
            thread::sleep(10 * LOOK);
        }
    }

    /// SIGKILL, where there are signals: nothing of the process runs after it.
    fn kill(&mut self) -> Result<(), ProofError> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed
            .map(|_status| ())
            .map_err(ProofError::io("kill the process writing", &self.output))
    }

    fn judge(&self, status: ExitStatus) -> Result<(), ProofError> {
        if status.success() {
            return Ok(());
        }
        let said = fs::read_to_string(&self.output).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        Err(ProofError::Process {
            what: self.what,
            status: status.to_string(),
            said: lines[lines.len().saturating_sub(SAID)..].join("\n"),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
