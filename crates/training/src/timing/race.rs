//! Contenders that take their steps in turn.

use std::collections::VecDeque;
use std::process::Command;
use std::time::{Duration, Instant};

use super::process::available_memory;
use super::{Contender, Load, Measurement, StepTimes, TimingError, Worker};

/// What is compared: one case, and who takes its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// Experiment, size and batch.
    pub case: String,
    /// Who takes part.
    pub contenders: Vec<Contender>,
}

/// How many steps are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Steps that are counted, of each contender, at least.
    pub steps: usize,
    /// Where those pass in less than this, more are taken until it is over, up to [`Self::MOST`]: of short steps a few say
    /// little.
    pub at_least: Duration,
}

impl Pace {
    /// More steps than this are never taken for `at_least`.
    pub const MOST: usize = 50;
    /// The first steps choose kernels and find memory; where they are short, so many are not counted.
    const WARM: usize = 5;
}

/// What came of one contender.
pub type Ran = Result<Measurement, Failure>;

/// A contender that could not be timed.
#[derive(Debug)]
pub struct Failure {
    /// What was to be timed.
    pub case: String,
    /// Which contender.
    pub contender: Box<Contender>,
    /// Why it was not.
    pub error: TimingError,
}

struct Runner<'a> {
    place: usize,
    contender: &'a Contender,
    worker: Worker,
    steps: Vec<StepTimes>,
}

/// Times every contender of a race, in their order. They take turns, and each waits in its process while another computes;
/// where memory does not hold all of them at once, those that are left come after the others. `command` makes the process.
pub fn run(race: &Race, pace: Pace, command: &dyn Fn() -> Command) -> Vec<Ran> {
    let mut outcomes: Vec<(usize, Ran)> = Vec::new();
    let mut waiting: VecDeque<(usize, &Contender)> = race.contenders.iter().enumerate().collect();
    let fail = |contender: &Contender, error| Failure {
        case: race.case.clone(),
        contender: Box::new(contender.clone()),
        error,
    };
    while !waiting.is_empty() {
        let mut running: Vec<Runner<'_>> = Vec::new();
        while let Some((place, contender)) = waiting.pop_front() {
            if !has_room(&running) {
                waiting.push_front((place, contender));
                break;
            }
            match warmed(contender, pace, command) {
                Ok(worker) => running.push(Runner {
                    place,
                    contender,
                    worker,
                    steps: Vec::new(),
                }),
                Err(error) => outcomes.push((place, Err(fail(contender, error)))),
            }
        }
        let mut load = Load::now();
        let began = Instant::now();
        let mut rounds = 0;
        while !running.is_empty() && (rounds < pace.steps || is_short(pace, rounds, began)) {
            let mut left = Vec::new();
            for mut runner in running {
                match runner.worker.step() {
                    Ok(times) => {
                        runner.steps.push(times);
                        left.push(runner);
                    }
                    Err(error) => outcomes.push((runner.place, Err(fail(runner.contender, error)))),
                }
            }
            running = left;
            load.look();
            rounds += 1;
        }
        outcomes.extend(running.into_iter().map(|runner| {
            let Runner {
                contender,
                worker,
                steps,
                ..
            } = &runner;
            let measured = Measurement::of(&race.case, contender, worker.parameters, steps, load);
            (runner.place, Ok(measured))
        }));
    }
    outcomes.sort_by_key(|&(place, _)| place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn is_short(pace: Pace, rounds: usize, began: Instant) -> bool {
    rounds < Pace::MOST && began.elapsed() < pace.at_least
}

/// Whether another process of the size of those that run may be started: with half as much again to spare.
fn has_room(running: &[Runner<'_>]) -> bool {
    let steps = running.iter().filter_map(|runner| runner.worker.last);
    steps
        .map(|step| step.memory_bytes)
        .max()
        .is_none_or(|peak| available_memory() > peak + peak / 2)
}

/// A process that has taken its first steps.
fn warmed(
    contender: &Contender,
    pace: Pace,
    command: &dyn Fn() -> Command,
) -> Result<Worker, TimingError> {
    let mut worker = Worker::start(&mut command(), contender)?;
    let began = Instant::now();
    for _ in 0..Pace::WARM {
        worker.step()?;
        if began.elapsed() >= pace.at_least / 2 {
            break;
        }
    }
    Ok(worker)
}
