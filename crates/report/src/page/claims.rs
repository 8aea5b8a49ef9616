//! The claims of a report on its page.

use super::capitalized;
use super::html::{self, ClaimNumbers, Expected, Number, Side};
use crate::claims::{Judged, JudgedNumbers, Kept};
use crate::experiment::Against;
use crate::statistics::{Expectation, SideSummary, Verdict};
use crate::table::{baseline_title, digits, number, p_value, signed};
use crate::{Made, Selection};

pub(super) fn claims(made: &Made) -> Vec<html::Claim> {
    let judged = made.judged.iter().filter(|judged| judged.result.is_ok());
    let together = judged.count();
    made.judged
        .iter()
        .zip(&made.sources)
        .map(|(judged, source)| claim(judged, source, together, &made.selection))
        .collect()
}

fn claim(judged: &Judged, source: &str, together: usize, selection: &Selection) -> html::Claim {
    let claim = &judged.claim;
    let formerly = match judged.kept() {
        Some(Kept::Better | Kept::Worse) => claim.verdict.map(verdict),
        Some(Kept::Same) | None => None,
    };
    html::Claim {
        text: claim.text.clone(),
        test: test(judged),
        source: source.to_owned(),
        verdict: judged.verdict().map_or(html::Verdict::Open, verdict),
        formerly,
        remark: match &judged.result {
            Ok(numbers) => format!("{}.", capitalized(&numbers.comparison.coverage())),
            Err(reason) => format!("Open: {reason}."),
        },
        numbers: judged
            .result
            .as_ref()
            .ok()
            .map(|numbers| claim_numbers(judged, numbers, together, selection)),
    }
}

fn verdict(verdict: Verdict) -> html::Verdict {
    match verdict {
        Verdict::Supported => html::Verdict::Supported,
        Verdict::Contradicted => html::Verdict::Contradicted,
        Verdict::NotDecided => html::Verdict::NotDecided,
    }
}

/// What is tested, in words.
fn test(judged: &Judged) -> String {
    let claim = &judged.claim;
    let against = match &claim.against {
        Against::Experiment(name) => format!("that of `{name}`"),
        Against::Baseline(name) => format!("that of the baseline “{}”", baseline_title(name)),
        Against::Value(value) => value.to_string(),
    };
    let (metric, of, by) = (claim.metric.name(), &claim.of, claim.by);
    match (claim.expect, by) {
        (Expectation::Equal, by) => {
            format!("`{metric}` of `{of}` is equal to {against} within {by}")
        }
        (Expectation::Greater, 0.0) => format!("`{metric}` of `{of}` is greater than {against}"),
        (Expectation::Less, 0.0) => format!("`{metric}` of `{of}` is less than {against}"),
        (Expectation::Greater, by) => {
            format!("`{metric}` of `{of}` is greater than {against} by more than {by}")
        }
        (Expectation::Less, by) => {
            format!("`{metric}` of `{of}` is less than {against} by more than {by}")
        }
    }
}

fn claim_numbers(
    judged: &Judged,
    numbers: &JudgedNumbers,
    together: usize,
    selection: &Selection,
) -> ClaimNumbers {
    let claim = &judged.claim;
    let comparison = &numbers.comparison;
    let digits = digits(claim.metric);
    let plain = |value: f64| Number::new(value, number(Some(value), digits));
    let with_sign = |value: f64| Number::new(value, signed(value, digits));
    let side = |name: String, summary: &SideSummary| Side {
        name,
        value: plain(summary.value),
        detail: match (summary.standard_deviation, summary.seeds) {
            (Some(deviation), Some(seeds)) => {
                format!("± {} over {seeds} seeds", number(Some(deviation), digits))
            }
            (None, Some(_)) => "one seed".to_owned(),
            (_, None) => String::new(),
        },
    };
    let label = |name: &str| match selection.meant(name)[..] {
        [group] => selection.groups[group].label.clone(),
        _ => name.to_owned(),
    };
    let against = match &claim.against {
        Against::Experiment(name) => label(name),
        Against::Baseline(name) => baseline_title(name),
        Against::Value(_) => "reference value".to_owned(),
    };
    ClaimNumbers {
        unit: claim.metric.unit().unwrap_or_default().to_owned(),
        of: side(label(&claim.of), &comparison.of),
        against: side(against, &comparison.against),
        difference: with_sign(comparison.difference),
        low: with_sign(comparison.interval.low),
        high: with_sign(comparison.interval.high),
        expected: match claim.expect {
            Expectation::Greater => Expected::Above(claim.by),
            Expectation::Less => Expected::Below(-claim.by),
            Expectation::Equal => Expected::Within(-claim.by, claim.by),
        },
        p_value: Number::new(numbers.p_value, p_value(numbers.p_value)),
        corrected_for: together,
        effect: comparison
            .effect
            .map(|effect| Number::new(effect, number(Some(effect), 2))),
        paired_over: comparison.pairing.to_string(),
    }
}
