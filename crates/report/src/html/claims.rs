//! Claims: a sentence, its verdict, and the numbers behind it.

use colorize_base::counted;
use maud::{Markup, html};

use super::Number;
use super::words::{prose, sentence};

/// A claim and its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The sentence, prose.
    pub text: String,
    /// What is tested, prose: "`colorfulness_ratio` of 02-stopsigns is greater than that of 01-batchnorm by more than 0.1".
    pub test: String,
    /// The file that states it; may be empty.
    pub source: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The recorded verdict, if it differs: shown next to the new one.
    pub formerly: Option<Verdict>,
    /// The numbers; `None` while the claim is open.
    pub numbers: Option<ClaimNumbers>,
    /// What the numbers cannot tell, or why there are none: a sentence, prose.
    pub remark: String,
}

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The whole interval is as expected.
    Supported,
    /// None of it is.
    Contradicted,
    /// Some of it is.
    NotDecided,
    /// There are no numbers.
    Open,
}

impl Verdict {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 4] = [
        Self::Supported,
        Self::Contradicted,
        Self::NotDecided,
        Self::Open,
    ];

    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotDecided => "not decided",
            Self::Open => "open",
        }
    }
}

/// The numbers of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimNumbers {
    /// The unit of values and differences; empty without one.
    pub unit: String,
    /// What the claim is about.
    pub of: Side,
    /// What it is compared with: an experiment, a baseline, or a plain value.
    pub against: Side,
    /// The first minus the second, with its sign.
    pub difference: Number,
    /// The 95% interval of the difference, its lower end.
    pub low: Number,
    /// Its upper end.
    pub high: Number,
    /// Where the difference is expected, for the graphic.
    pub expected: Expected,
    /// The p-value after Holm's correction.
    pub p_value: Number,
    /// How many claims were corrected for together.
    pub corrected_for: usize,
    /// The effect size, in standard deviations of a single image; `None` where all images are alike.
    pub effect: Option<Number>,
    /// Over what the sides were paired, or that they were not, in words that begin the remark: "paired over 97 images, 3
    /// seeds per side".
    pub paired_over: String,
}

/// One side of a claim.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// Whose number it is.
    pub name: String,
    /// The number.
    pub value: Number,
    /// How it scatters: "± 0.12 over 3 seeds"; may be empty.
    pub detail: String,
}

/// Where a difference is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// Above this number.
    Above(f64),
    /// Below this number: a claim of "less, by 0.1" is below -0.1.
    Below(f64),
    /// From the first number to the second.
    Within(f64, f64),
}

impl Expected {
    /// The part of the line from `least` to `most` in which the difference is expected.
    fn part(self, least: f64, most: f64) -> (f64, f64) {
        match self {
            Self::Above(above) => (above, most),
            Self::Below(below) => (least, below),
            Self::Within(low, high) => (low, high),
        }
    }

    /// The ends that are numbers.
    fn ends(self) -> [f64; 2] {
        match self {
            Self::Above(end) | Self::Below(end) => [end, end],
            Self::Within(low, high) => [low, high],
        }
    }
}

/// The claims, first on the page.
pub(super) fn section(claims: &[Claim]) -> Markup {
    html! {
        @if !claims.is_empty() {
            section id="claims" aria-labelledby="claims-title" {
                h2 id="claims-title" { "Claims" }
                p.note {
                    "A claim is supported if the whole 95% interval of the difference lies in the expected range \
                     (shaded), contradicted if none of it does, and not decided otherwise."
                }
                ol.claims role="list" {
                    @for (number, claim) in (1..).zip(claims) {
                        (item(number, claim))
                    }
                }
            }
        }
    }
}

fn item(number: usize, claim: &Claim) -> Markup {
    html! {
        li.claim id={ "claim-" (number) } {
            h3 {
                span.verdict.(class(claim.verdict)) {
                    (shape(claim.verdict))
                    span {
                        (claim.verdict.name())
                        @if let Some(formerly) = claim.formerly {
                            span.formerly { ", formerly " (formerly.name()) }
                        }
                    }
                }
                span.hidden { ": " }
                span.sentence { (prose(&claim.text)) }
            }
            @if !claim.test.is_empty() || !claim.source.is_empty() {
                p.note {
                    (prose(&claim.test))
                    @if !claim.source.is_empty() {
                        " " span.source { "(" code { (claim.source) } ")" }
                    }
                }
            }
            @if let Some(numbers) = &claim.numbers {
                (interval(claim.verdict, numbers))
                (list(numbers))
                p.remark { (sentence(&numbers.paired_over)) " " (prose(&claim.remark)) }
            } @else {
                p.remark { (prose(&claim.remark)) }
            }
        }
    }
}

fn list(numbers: &ClaimNumbers) -> Markup {
    let side = |side: &Side| {
        html! {
            div {
                dt { bdi { (side.name) } }
                dd {
                    b { (side.value.text) } (unit(&numbers.unit))
                    @if !side.detail.is_empty() { " " small { (side.detail) } }
                }
            }
        }
    };
    html! {
        dl.numbers {
            (side(&numbers.of))
            (side(&numbers.against))
            div {
                dt { "difference, 95% interval" }
                dd {
                    b { (numbers.difference.text) } (unit(&numbers.unit))
                    " " small { (numbers.low.text) " to " (numbers.high.text) }
                }
            }
            div {
                dt { "p, Holm-corrected" }
                dd {
                    b { (numbers.p_value.text) }
                    " " small { "over " (counted(numbers.corrected_for, "claim")) }
                }
            }
            div {
                dt { "effect size" }
                dd {
                    @match &numbers.effect {
                        Some(effect) => { b { (effect.text) } },
                        None => { span.missing { "none" } " " small { "the images do not vary" } },
                    }
                }
            }
        }
    }
}

fn unit(unit: &str) -> Markup {
    html! {
        @if !unit.is_empty() { " " span.unit { (unit) } }
    }
}

/// The interval on a line with zero and the expected part; nothing if a number is not finite. The text next to it says
/// everything that it shows.
fn interval(verdict: Verdict, numbers: &ClaimNumbers) -> Markup {
    let (low, high) = (numbers.low.value, numbers.high.value);
    let difference = numbers.difference.value;
    let [from, to] = numbers.expected.ends();
    let shown = [0.0, low, high, difference, from, to];
    if !shown.iter().all(|value| value.is_finite()) {
        return html! {};
    }
    let (least, most) = shown
        .iter()
        .fold((0.0_f64, 0.0_f64), |(least, most), value| {
            (least.min(*value), most.max(*value))
        });
    let margin = if most > least {
        (most - least) * 0.1
    } else {
        1.0
    };
    let (least, most) = (least - margin, most + margin);
    let place = |value: f64| (value - least) / (most - least) * 100.0;
    let percent = |value: f64| format!("{:.2}%", place(value));
    let (from, to) = numbers.expected.part(least, most);
    html! {
        svg.interval.(class(verdict)) width="100%" height="60" aria-hidden="true" focusable="false" {
            rect.expected x=(percent(from)) y="6" width=(format!("{:.2}%", place(to) - place(from))) height="38" {}
            line.axis x1="0" y1="44.5" x2="100%" y2="44.5" {}
            line.zero x1=(percent(0.0)) y1="6" x2=(percent(0.0)) y2="44" {}
            text.zero x=(percent(0.0)) y="58" text-anchor="middle" { "0" }
            line.range x1=(percent(low)) y1="30" x2=(percent(high)) y2="30" {}
            line.end x1=(percent(low)) y1="25" x2=(percent(low)) y2="35" {}
            line.end x1=(percent(high)) y1="25" x2=(percent(high)) y2="35" {}
            circle.point cx=(percent(difference)) cy="30" r="5" {}
            text.point x=(percent(difference)) y="19" text-anchor="middle" { (numbers.difference.text) }
        }
    }
}

/// The class that colors a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Contradicted => "contradicted",
        Verdict::NotDecided => "not-decided",
        Verdict::Open => "open",
    }
}

/// A verdict as a shape, for eyes that do not tell its color: a disc with a tick, a square with a cross, a disc half
/// full, a broken ring.
pub(super) fn shape(verdict: Verdict) -> Markup {
    html! {
        svg.shape viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            @match verdict {
                Verdict::Supported => {
                    circle.full cx="8" cy="8" r="7.5" {}
                    path.mark d="M4.4 8.3 L7 10.9 L11.6 5.4" {}
                },
                Verdict::Contradicted => {
                    rect.full x="1" y="1" width="14" height="14" rx="1.5" {}
                    path.mark d="M5 5 L11 11 M11 5 L5 11" {}
                },
                Verdict::NotDecided => {
                    circle.ring cx="8" cy="8" r="6.5" {}
                    path.full d="M8 1.5 A6.5 6.5 0 0 0 8 14.5 Z" {}
                },
                Verdict::Open => {
                    circle.broken cx="8" cy="8" r="6.5" {}
                },
            }
        }
    }
}
