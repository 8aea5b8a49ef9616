//! `colorize report`: tables, figures and claims from run folders. Pictures that no run folder holds are made by the run's
//! network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::pictures::Pictures;
use super::{DONE, FAILED, output};
use crate::command_error::{CommandError, Result};
use crate::report::claims::{Judged, Kept};
use crate::report::{Judgement, Report, Selection};
use crate::statistics::Verdict;

/// Arguments of `colorize report`.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// Report files, such as `reports/stages.toml`
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Folder to write to, as `<DIR>/<report>/`; defaults to the folder of the report file
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Only judge the claims; exit with code 1 if one differs from its recorded `verdict`
    #[arg(long)]
    check: bool,
}

/// Makes every report, or checks its claims.
pub(super) fn run(arguments: &ReportArguments) -> Result<ExitCode> {
    // All files are read before anything is made, so that a wrong one ends the command at once.
    let reports = arguments
        .reports
        .iter()
        .map(|path| Report::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    for (index, report) in reports.iter().enumerate() {
        let is_twice = reports[..index]
            .iter()
            .any(|other| other.name == report.name);
        if is_twice && arguments.out.is_some() {
            let message = format!("two reports have the same name: `{}`", report.name);
            return Err(CommandError::request(message));
        }
    }
    let mut differs = false;
    for (index, report) in reports.into_iter().enumerate() {
        if index > 0 {
            output::line("");
        }
        if arguments.check {
            differs |= check(report, &arguments.runs)?;
        } else {
            make(report, arguments)?;
        }
    }
    Ok(ExitCode::from(if differs { FAILED } else { DONE }))
}

fn make(report: Report, arguments: &ReportArguments) -> Result<()> {
    let beside = report.path.parent().unwrap_or(Path::new("")).to_path_buf();
    let out = arguments.out.clone().unwrap_or(beside);
    let pictures = Pictures::new()?;
    let judgement = Judgement::of(report, &arguments.runs, None, false)?;
    let made = judgement.make(&|run, ids| pictures.remake(run, ids))?;
    let folder = made.write(&out)?;
    output::made(&made, &folder);
    Ok(())
}

/// Judges the claims of a report; whether one differs from its recorded verdict.
fn check(report: Report, runs: &Path) -> Result<bool> {
    let judgement = Judgement::of(report, runs, None, true)?;
    let path = judgement.report.path.display().to_string();
    let promised: Vec<&Judged> = judgement
        .judged
        .iter()
        .filter(|judged| judged.claim.verdict.is_some())
        .collect();
    if promised.is_empty() {
        return Err(CommandError::request(format!(
            "no claim in `{path}` has an expected verdict: add `verdict = \"supported\"` to those that should hold"
        )));
    }
    absent(&judgement.selection);
    output::line(&path);
    let (mut better, mut worse) = (0, 0);
    for judged in &promised {
        let expected = judged.claim.verdict.map_or("", Verdict::name);
        let now = judged.verdict_name();
        let text = &judged.claim.text;
        match judged.kept() {
            Some(Kept::Same) | None => output::line(&format!("  still {now}: {text}")),
            Some(Kept::Better) => {
                better += 1;
                output::line(&format!(
                    "  now {now}, but the file says {expected}: {text}"
                ));
            }
            Some(Kept::Worse) => {
                worse += 1;
                output::line(&format!("  NO LONGER {expected}, now {now}: {text}"));
            }
        }
        if judged.kept() != Some(Kept::Same) {
            for line in output::claim_numbers(judged) {
                output::line(&format!("      {line}"));
            }
        }
    }
    output::line(&checked(promised.len(), better, worse));
    let unchecked = judgement.judged.len() - promised.len();
    if unchecked > 0 {
        output::line(&format!(
            "{} not checked: no `verdict` is recorded for {}",
            claims(unchecked),
            if unchecked == 1 { "it" } else { "them" }
        ));
    }
    Ok(better + worse > 0)
}

/// The result of a check: of `all` claims with a verdict, how many are better than it and how many worse.
fn checked(all: usize, better: usize, worse: usize) -> String {
    let what = match (better, worse) {
        (0, 0) if all == 1 => return "the claim is as recorded".to_owned(),
        (0, 0) => return format!("all {all} claims are as recorded"),
        (better, 0) => format!("{better} better"),
        (0, worse) => format!("{worse} no longer holding"),
        (better, worse) => format!("{worse} no longer holding, {better} better"),
    };
    let advice = match worse {
        0 => "; record the new verdict",
        _ => "",
    };
    format!(
        "{} of {} not as recorded: {what}{advice}",
        better + worse,
        claims(all)
    )
}

fn claims(count: usize) -> String {
    match count {
        1 => "1 claim".to_owned(),
        _ => format!("{count} claims"),
    }
}

/// Says what is asked for and missing.
pub(super) fn absent(selection: &Selection) {
    for note in &selection.notes {
        output::warning(note);
    }
    for absent in &selection.absent {
        output::note(&format!(
            "missing: {} ({}); `{}`",
            absent.name,
            absent.why,
            selection.command(&absent.experiment, &[])
        ));
    }
    for group in &selection.groups {
        let seeds: Vec<u64> = group.missing.iter().map(|missing| missing.seed).collect();
        if let Some(first) = group.missing.first() {
            let more = match seeds.len() {
                1 => format!("seed {} ({})", first.seed, first.why),
                count => format!("{count} seeds"),
            };
            output::note(&format!(
                "missing: {more} of {}; `{}`",
                group.name,
                selection.command(group.experiment(), &seeds)
            ));
        }
    }
}
