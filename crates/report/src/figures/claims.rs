//! The claims' differences with their intervals.

use super::{Context, Drawing, FigureSpec, Outline, Shown, sentences, shown_metric};
use crate::claims::Judged;
use crate::evaluate::Metric;
use crate::experiment::Claim;
use crate::figure::{Interval, IntervalGroup, Verdict, VerdictNames, intervals};
use crate::statistics::{self, Expectation};

pub(super) fn draw(spec: &FigureSpec, context: &Context<'_>) -> Vec<Drawing> {
    let mut groups: Vec<(Metric, Vec<Interval>)> = Vec::new();
    for Judged { claim, result } in context.judged {
        let Ok(numbers) = result else { continue };
        let row = Interval {
            label: claim.text.clone(),
            value: numbers.comparison.difference,
            low: numbers.comparison.interval.low,
            high: numbers.comparison.interval.high,
            expected: expected(claim),
            verdict: match numbers.verdict {
                statistics::Verdict::Supported => Verdict::Good,
                statistics::Verdict::NotDecided => Verdict::Open,
                statistics::Verdict::Contradicted => Verdict::Bad,
            },
        };
        match groups.iter_mut().find(|(known, _)| *known == claim.metric) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((claim.metric, vec![row])),
        }
    }
    if groups.is_empty() {
        return Vec::new();
    }
    let title = spec.title("Claims: differences with their 95% intervals");
    let open = context.judged.len() - groups.iter().map(|(_, rows)| rows.len()).sum::<usize>();
    let remark = match open {
        0 => String::new(),
        1 => "One claim is open and not shown.".to_owned(),
        count => format!("{count} claims are open and not shown."),
    };
    let groups: Vec<IntervalGroup> = groups
        .into_iter()
        .map(|(metric, rows)| {
            let margins = rows.iter().map(|row| decimals(margin(row.expected)));
            let digits = digits_of(rows.iter().map(|row| row.high - row.low));
            let digits = margins.fold(digits, usize::max);
            IntervalGroup {
                metric: shown_metric(metric, digits),
                rows,
            }
        })
        .collect();
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &sentences(
                "Each difference is the first side of the claim minus the second. The region that the claim expects is tinted.",
                &remark,
            ),
        ),
        alternative: "Differences with their intervals around a zero line. The list of claims says the same in words and numbers.".to_owned(),
        shown: Shown {
            groups: (0..context.selection.groups.len()).collect(),
            all_seeds: true,
        },
    };
    vec![outline.draw(|theme| intervals(&title, &groups, VerdictNames::CLAIMS, theme))]
}

/// Where a claim expects its difference: beyond its margin, or within it.
fn expected(claim: &Claim) -> (f64, f64) {
    match claim.expect {
        Expectation::Greater => (claim.by, f64::INFINITY),
        Expectation::Less => (f64::NEG_INFINITY, -claim.by),
        Expectation::Equal => (-claim.by, claim.by),
    }
}

/// The finite end of where a claim expects its difference.
fn margin((low, high): (f64, f64)) -> f64 {
    if low.is_finite() { low } else { high }
}

/// As many decimals as a margin is written with.
fn decimals(margin: f64) -> usize {
    (0..6)
        .find(|&digits| {
            let scaled = margin * 10_f64.powi(digits);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(6) as usize
}

/// As many decimals as show the narrowest of intervals in two digits.
pub(super) fn digits_of(widths: impl Iterator<Item = f64>) -> usize {
    let narrowest = widths
        .filter(|width| *width > 0.0)
        .fold(f64::INFINITY, f64::min);
    if narrowest.is_finite() {
        (1.0 - narrowest.log10().floor()).clamp(0.0, 6.0) as usize
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_written_whole_beside_wide_intervals() {
        let written = [0.0, 1.0, 0.5, -0.05, 0.001].map(decimals);
        assert_eq!(written, [0, 0, 1, 2, 3]);
        assert_eq!(decimals(margin((-0.5, 0.5))), 1);
        assert_eq!(margin((f64::NEG_INFINITY, -0.1)), -0.1);
    }
}
