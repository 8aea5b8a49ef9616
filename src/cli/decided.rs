//! What seeds have made of claims so far, and how many more they may need.

use serde::Serialize;

use super::output::line;
use crate::report::claims::Judged;
use crate::report::sequential::{Course, Standing};
use crate::statistics::{Outlook, Verdict};

/// How a claim stands, for a plan.
#[derive(Debug, Serialize)]
pub(super) struct ClaimState {
    text: String,
    /// `supported`, `contradicted`, `not_decided`; `null` before the first look.
    verdict: Option<Verdict>,
    /// The fewest seeds that a side has; `null` where there is none.
    seeds: Option<usize>,
    /// About how many it needs; `null` where it is decided or nobody knows.
    seeds_needed: Option<usize>,
    /// The same in words.
    standing: String,
}

impl ClaimState {
    /// Of a claim that is judged as in a report; `None` where it is open.
    pub(super) fn of_judged(judged: &Judged) -> Option<Self> {
        let numbers = judged.result.as_ref().ok()?;
        let claim = &judged.claim;
        let outlook = numbers.comparison.outlook(claim.expect, claim.by);
        let seeds = numbers.comparison.seeds();
        Some(Self {
            text: claim.text.clone(),
            verdict: Some(numbers.verdict),
            seeds,
            seeds_needed: needed(outlook),
            standing: format!(
                "{} with {}{}",
                numbers.verdict,
                seeds_in_words(seeds.unwrap_or(1)),
                rate(outlook)
            ),
        })
    }

    /// Of a claim to which seeds are added until it is decided.
    pub(super) fn of_course(course: &Course) -> Self {
        let claim = &course.contest.claim;
        let last = course.last.as_ref();
        let outlook = last.map(|(_, comparison)| {
            comparison.outlook_at(claim.expect, claim.by, course.contest.looks)
        });
        let is_waiting = matches!(course.standing, Standing::Needs(_));
        let outlook = outlook.filter(|_| is_waiting);
        Self {
            text: claim.text.clone(),
            verdict: match course.standing {
                Standing::Decided(verdict) => Some(verdict),
                _ => last.map(|_| Verdict::NotDecided),
            },
            seeds: last.map(|(look, _)| look.seeds),
            seeds_needed: outlook.and_then(needed),
            standing: format!(
                "{}{}",
                standing(course),
                outlook.map_or_else(String::new, rate)
            ),
        }
    }
}

/// Prints how the claims of a plan stand.
pub(super) fn states(states: &[ClaimState]) {
    if states.is_empty() {
        return;
    }
    line("");
    line("Claims, by the runs so far");
    for state in states {
        line(&format!("  {}: {}", state.standing, state.text));
    }
}

/// Prints the verdicts of claims to which seeds were added, and where a report, which looks once at all runs that it has,
/// says otherwise.
pub(super) fn courses(courses: &[Course], judged: &[Judged]) {
    let Some(most) = courses.iter().map(|it| it.contest.looks.most()).max() else {
        return;
    };
    line(&format!(
        "Claims until decided, with at most {most} seeds per side"
    ));
    for course in courses {
        let claim = &course.contest.claim;
        line(&format!("  {}: {}", standing(course), claim.text));
        if let Some((look, comparison)) = &course.last {
            let interval = comparison.interval;
            line(&format!(
                "      difference {:+.5} [{:+.5}, {:+.5}] at {:.2}% confidence, with {}",
                comparison.difference,
                interval.low,
                interval.high,
                100.0 * look.confidence,
                seeds_in_words(look.seeds)
            ));
        }
        let verdict = match course.standing {
            Standing::Decided(verdict) => verdict,
            Standing::Needs(_) | Standing::Undecided => Verdict::NotDecided,
            Standing::Open(_) => continue,
        };
        let report = judged.iter().find(|judged| judged.claim == *claim);
        let otherwise = report
            .and_then(Judged::verdict)
            .filter(|report| *report != verdict);
        if let Some(report) = otherwise {
            line(&format!(
                "      the interval above, which a report shows, looks once at 95% and says {report}; the verdict here stands"
            ));
        }
    }
}

/// `supported after 4 seeds per side`.
fn standing(course: &Course) -> String {
    let after = course
        .last
        .as_ref()
        .map(|(look, _)| format!(" after {}", seeds_in_words(look.seeds)));
    match &course.standing {
        Standing::Decided(verdict) => format!("{verdict}{}", after.unwrap_or_default()),
        Standing::Undecided => format!(
            "not decided{}, all that are allowed",
            after.unwrap_or_default()
        ),
        Standing::Needs(seeds) => match after {
            Some(after) => format!("not decided{after}; next look at {seeds}"),
            None => format!("first look at {}", seeds_in_words(*seeds)),
        },
        Standing::Open(reason) => format!("open ({reason})"),
    }
}

/// `; at this rate about 8 seeds`.
fn rate(outlook: Outlook) -> String {
    match outlook {
        Outlook::Decided(_) => String::new(),
        Outlook::Seeds(seeds) => format!("; at this rate about {seeds} seeds"),
        Outlook::More(seeds) => format!("; at this rate more than {seeds} seeds"),
        Outlook::Images => {
            "; more seeds will hardly decide it, only more held-out images".to_owned()
        }
        Outlook::OneSeed => "; how seeds scatter is unknown until there are two".to_owned(),
    }
}

fn needed(outlook: Outlook) -> Option<usize> {
    match outlook {
        Outlook::Seeds(seeds) => Some(seeds),
        _ => None,
    }
}

fn seeds_in_words(seeds: usize) -> String {
    match seeds {
        1 => "1 seed per side".to_owned(),
        _ => format!("{seeds} seeds per side"),
    }
}
