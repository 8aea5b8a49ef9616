//! Seeds until decided: trials get seeds until the claims of their experiments are decided, or have as many as they may.
//!
//! A [`Campaign`] is a function of the files, of the most seeds that are allowed, and of the runs that exist. So it comes to
//! the same seeds and verdicts however often it is stopped and started again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::prepare::{Prepared, TrainingArguments, Work};
use super::{WorkArguments, Worked, work_off};
use crate::catalog::{Configuration, PointName};
use crate::command_error::{CommandError, Result};
use crate::experiment::{
    Against, Claim, Overrides, Resolved, check_names, find_neighbour, resolve,
};
use crate::report::Run;
use crate::report::sequential::{Contest, Course, Standing, follow};
use crate::statistics::Looks;
use crate::train::Interrupter;

/// Whether seeds are added: arguments that `run` and `plan` share.
#[derive(Debug, Args)]
pub(crate) struct CampaignArguments {
    /// Add seeds to both sides of each claim until it is decided, looking at it by a rule that is wrong in at most 5% of all
    /// cases
    #[arg(long, requires = "max_seeds")]
    until_decided: bool,
    /// With `--until-decided`: the most seeds per side; choose it before the first look, because the rule depends on it
    #[arg(long, value_name = "N", requires = "until_decided", value_parser = clap::value_parser!(u16).range(2..=1000))]
    max_seeds: Option<u16>,
}

impl CampaignArguments {
    /// The most seeds per side; `None` where no seeds are added.
    pub(crate) fn most(&self) -> Option<usize> {
        self.max_seeds
            .filter(|_| self.until_decided)
            .map(usize::from)
    }
}

/// Experiments whose claims are to be decided.
pub(crate) struct Campaign {
    /// The experiments that were asked for, and then the points of others that their claims are about; the plan is of the
    /// seeds that are wanted so far.
    pub(crate) work: Work,
    contests: Vec<Contest>,
    /// For every contest, the experiments of `work` that its sides are.
    sides: Vec<Vec<usize>>,
    /// For every experiment of `work`, the seeds of its file.
    own: Vec<Vec<u64>>,
    /// For every experiment of `work`, how many seeds are wanted so far.
    wanted: Vec<usize>,
    most: usize,
}

impl Campaign {
    /// Of experiments, every point of a matrix for itself, with up to `most` seeds per side of a claim. `prepare` opens
    /// their datasets.
    ///
    /// # Errors
    ///
    /// When nothing is claimed, when a side has more seeds in its file than `most`, or when an experiment that a claim is
    /// about cannot be read or prepared.
    pub(crate) fn of(
        asked: Vec<Resolved>,
        most: usize,
        training: &TrainingArguments,
        overrides: &Overrides,
        prepare: impl Fn(Vec<Resolved>) -> Result<Vec<Prepared>>,
    ) -> Result<Self> {
        let claims = claims_of(asked.iter());
        if claims.is_empty() {
            return Err(CommandError::request(
                "`--until-decided` needs something to decide: none of these experiments has `[[claims]]`",
            ));
        }
        if let Some(point) = asked.iter().find(|point| point.halving.is_some()) {
            return Err(CommandError::request(format!(
                "`{}` stops trials of its sweep early (`sweep.halve`), and `--until-decided` trains all that a claim is about: use \
                 one or the other",
                point.experiment.name
            )));
        }
        let rivals = rivals(asked.iter(), &claims, overrides)?;
        let count = asked.len();
        let all: Vec<Resolved> = asked.into_iter().chain(rivals).collect();
        check_names(&all)?;
        let own: Vec<Vec<u64>> = all.iter().map(|it| it.experiment.seeds.clone()).collect();
        let sides: Vec<Vec<usize>> = claims.iter().map(|claim| sides(claim, &all)).collect();
        let mut contests = Vec::new();
        for (claim, sides) in claims.into_iter().zip(&sides) {
            let begun = sides.iter().map(|&side| (own[side].len(), side)).max();
            let (first, side) = begun.unwrap_or_default();
            if first > most {
                return Err(CommandError::request(format!(
                    "`--max-seeds {most}` is fewer than the {first} seeds of `{}`: allow at least these, or choose fewer with \
                     `--seed`",
                    all[side].experiment.name
                )));
            }
            contests.push(Contest {
                claim,
                looks: Looks::new(first, most),
            });
        }
        let wanted = own.iter().enumerate();
        let wanted = wanted.map(|(index, own)| if index < count { own.len() } else { 0 });
        let wanted = wanted.collect();
        let prepared = prepare(all)?;
        Ok(Self {
            work: training.plan_of(prepared, None)?,
            contests,
            sides,
            own,
            wanted,
            most,
        })
    }

    /// Judges the claims by the runs that exist, and plans the seeds that the next looks need.
    ///
    /// # Errors
    ///
    /// When a run cannot be read.
    pub(crate) fn look(&mut self, training: &TrainingArguments) -> Result<Vec<Course>> {
        let runs = self.finished(training)?;
        let places: HashMap<&Path, usize> = runs
            .iter()
            .map(|(run, place)| (run.folder.path(), *place))
            .collect();
        let place = |run: &Run| places.get(run.folder.path()).copied();
        let finished: Vec<Run> = runs.iter().map(|(run, _)| run.clone()).collect();
        let courses = follow(&self.contests, &finished, &place)?;
        for (course, sides) in courses.iter().zip(&self.sides) {
            let seeds = match &course.standing {
                Standing::Needs(seeds) => *seeds,
                // Those of the last look, whose runs exist: they belong to the result.
                Standing::Decided(_) | Standing::Undecided | Standing::Open(_) => {
                    course.last.as_ref().map_or(0, |(look, _)| look.seeds)
                }
            };
            for &side in sides {
                self.wanted[side] = self.wanted[side].max(seeds);
            }
        }
        for index in 0..self.own.len() {
            let seeds = self.seeds(index, self.wanted[index]);
            self.work.prepared[index].resolved.experiment.seeds = seeds;
        }
        self.work.replan(training)?;
        Ok(courses)
    }

    /// Trains what the looks need, one after another, until every claim is decided or has all seeds that it may have.
    ///
    /// # Errors
    ///
    /// As [`work_off`].
    pub(crate) fn run(
        &mut self,
        arguments: &WorkArguments,
        training: &TrainingArguments,
        overrides: &Overrides,
        stop: &Interrupter,
    ) -> Result<(Worked, Vec<Course>)> {
        let mut worked = Worked::default();
        let mut before = None;
        loop {
            let courses = self.look(training)?;
            let is_stuck = before.as_ref() == Some(&self.wanted);
            let is_over = worked.interrupted || !worked.elsewhere.is_empty();
            if is_stuck || is_over || !worked.failed.is_empty() {
                return Ok((worked, courses));
            }
            if before.is_some() {
                // What is done was told before.
                self.work.plan = self.work.plan.unfinished();
            }
            before = Some(self.wanted.clone());
            let again = |prepared: &Prepared| with_seeds(overrides, prepared);
            worked = work_off(&self.work, arguments, training, &again, stop)?;
        }
    }

    /// The runs that are done among all that the claims may come to need, each with the place of its seed.
    fn finished(&self, training: &TrainingArguments) -> Result<Vec<(Run, usize)>> {
        let mut finished = Vec::new();
        for (index, prepared) in self.work.prepared.iter().enumerate() {
            if !self.sides.iter().flatten().any(|&side| side == index) {
                continue;
            }
            for (place, seed) in self.seeds(index, self.most).into_iter().enumerate() {
                let folder = training.trial(prepared, seed).folder();
                // One that cannot be read is told by the plan, and trained again.
                let record = folder.record().ok().flatten();
                if record.is_some_and(|record| record.is_finished()) {
                    finished.push((Run::read(&folder)?, place));
                }
            }
        }
        Ok(finished)
    }

    /// The first `count` seeds of an experiment: those of its file, and then the smallest others.
    fn seeds(&self, index: usize, count: usize) -> Vec<u64> {
        let own = &self.own[index];
        let others = (0..).filter(|seed| !own.contains(seed));
        own.iter().copied().chain(others).take(count).collect()
    }
}

/// The claims of every file, which all points of its matrix share.
pub(crate) fn claims_of<'a>(points: impl Iterator<Item = &'a Resolved>) -> Vec<Claim> {
    let mut files: Vec<&PathBuf> = Vec::new();
    let mut claims = Vec::new();
    for point in points {
        if !files.contains(&&point.path) {
            files.push(&point.path);
            claims.extend_from_slice(&point.claims);
        }
    }
    claims
}

/// The points of other experiments that `claims` are about, without claims of their own. Their files are looked up from
/// those of `asked`.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn rivals<'a>(
    asked: impl Iterator<Item = &'a Resolved> + Clone,
    claims: &[Claim],
    overrides: &Overrides,
) -> Result<Vec<Resolved>> {
    let mut known: Vec<String> = asked.clone().map(|it| it.experiment.name.clone()).collect();
    let mut rivals: Vec<Resolved> = Vec::new();
    for name in claims.iter().flat_map(names) {
        let base = base(name);
        if known.iter().any(|known| known == base) {
            continue;
        }
        known.push(base.to_owned());
        for point in asked.clone() {
            if let Some(path) = find_neighbour(&point.path, base)? {
                rivals.extend(resolve(&path, overrides)?);
                break;
            }
        }
    }
    rivals.retain(|point| {
        let mut names = claims.iter().flat_map(names);
        names.any(|name| is_meant(name, point))
    });
    for rival in &mut rivals {
        rival.claims.clear();
    }
    Ok(rivals)
}

/// The experiments of `all` that the sides of a claim are. None where a side is no one experiment: then the claim stays
/// open, and more seeds do not help.
fn sides(claim: &Claim, all: &[Resolved]) -> Vec<usize> {
    let mut sides = Vec::new();
    for name in names(claim) {
        let meant = (0..all.len()).filter(|&index| is_meant(name, &all[index]));
        match meant.collect::<Vec<usize>>()[..] {
            [side] => sides.push(side),
            _ => return Vec::new(),
        }
    }
    sides
}

/// The experiments that a claim names.
pub(crate) fn names(claim: &Claim) -> impl Iterator<Item = &str> {
    let against = match &claim.against {
        Against::Experiment(name) => Some(name.as_str()),
        Against::Baseline(_) | Against::Value(_) => None,
    };
    std::iter::once(claim.of.as_str()).chain(against)
}

/// The experiment's name, without the point of its matrix.
pub(crate) fn base(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or_default()
}

/// Whether a claim that writes `name` means this experiment, or this point of its matrix.
pub(crate) fn is_meant(name: &str, point: &Resolved) -> bool {
    let Some(wanted) = PointName::parse(name) else {
        return false;
    };
    wanted.base == point.experiment.name
        && Configuration::of_experiment(&point.variant, &point.experiment).is_at(&wanted)
}

/// What makes the experiment again from its file, with its seeds.
fn with_seeds(overrides: &Overrides, prepared: &Prepared) -> Overrides {
    let sets_seeds = |set: &&String| set.split('=').next().map(str::trim) == Some("seeds");
    Overrides {
        set: overrides
            .set
            .iter()
            .filter(|it| !sets_seeds(it))
            .cloned()
            .collect(),
        seeds: prepared.resolved.experiment.seeds.clone(),
        ..overrides.clone()
    }
}
