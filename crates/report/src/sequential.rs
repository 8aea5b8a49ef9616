//! Claims whose seeds are added until they are decided, judged by the rule of [`Looks`] and not as a report judges them.

use rayon::prelude::*;

use super::claims::{Open, Part, compare, needs};
use super::{Material, Needs, ReportError, Run, Selection};
use crate::experiment::Claim;
use crate::statistics::{Comparison, Look, Looks, StatisticsError, Verdict};

/// A claim, and when it may be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// The claim.
    pub claim: Claim,
    /// The looks at it.
    pub looks: Looks,
}

/// How a contest stands: a function of the runs that exist, whenever and in which order they were trained.
#[derive(Debug, Clone)]
pub struct Course {
    /// The contest.
    pub contest: Contest,
    /// What has become of it.
    pub standing: Standing,
    /// The last look that was taken, and what it saw; `None` before the first.
    pub last: Option<(Look, Comparison)>,
}

/// What has become of a contest.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// The last look decided it: its verdict stands, whatever further seeds say.
    Decided(Verdict),
    /// The next look needs so many seeds per side.
    Needs(usize),
    /// No look decided it.
    Undecided,
    /// It cannot be judged, and more seeds do not change that.
    Open(Open),
}

/// Judges every contest at one look after another, as far as there are runs. `place` says at which place, from 0 on, a run
/// stands among the seeds of its side; a look at n seeds sees the places below n. Runs without a place have no say.
///
/// # Errors
///
/// [`ReportError`] when a run's table cannot be read.
pub fn follow(
    contests: &[Contest],
    runs: &[Run],
    place: &(dyn Fn(&Run) -> Option<usize> + Sync),
) -> Result<Vec<Course>, ReportError> {
    let selection = Selection::of_runs(runs);
    let claims: Vec<Claim> = contests.iter().map(|it| it.claim.clone()).collect();
    let mut needed = Needs::default();
    needs(&claims, &mut needed);
    let material = Material::read(&selection, &needed)?;
    Ok(contests
        .par_iter()
        .map(|contest| course(contest, &selection, &material, place))
        .collect())
}

fn course(
    contest: &Contest,
    selection: &Selection,
    material: &Material,
    place: &dyn Fn(&Run) -> Option<usize>,
) -> Course {
    let Contest { claim, looks } = contest;
    let mut last = None;
    let mut standing = Standing::Undecided;
    for look in looks.iter() {
        let has = |run: &Run| place(run).is_some_and(|place| place < look.seeds);
        let part = Part {
            has: &has,
            confidence: look.confidence,
        };
        standing = match compare(claim, selection, material, Some(&part)) {
            Ok(comparison) if comparison.seeds() < Some(look.seeds) => Standing::Needs(look.seeds),
            Ok(comparison) => {
                let verdict = comparison.verdict(claim.expect, claim.by);
                last = Some((look, comparison));
                match verdict {
                    Verdict::NotDecided => continue,
                    verdict => Standing::Decided(verdict),
                }
            }
            Err(Open::NotTrained(_) | Open::NotComparable(StatisticsError::NoRun)) => {
                Standing::Needs(look.seeds)
            }
            Err(open) => Standing::Open(open),
        };
        break;
    }
    Course {
        contest: contest.clone(),
        standing,
        last,
    }
}
