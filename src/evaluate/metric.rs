//! Numbers over a set of images.

use super::{Better, ImageScore};

/// A number over a set of held-out images: the mean of a column of [`ImageScore::columns`], or a ratio of two columns'
/// sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Mean of the loss.
    Loss,
    /// Mean of the decibels of each image.
    Psnr,
    /// Mean of the decibels of each image, luma replaced.
    PsnrLumaReplaced,
    /// Mean of the decibels of luma without chroma.
    PsnrGray,
    /// Mean structural similarity.
    Ssim,
    /// Mean structural similarity, luma replaced.
    SsimLumaReplaced,
    /// Mean of each image's mean colour difference.
    Ciede2000,
    /// Mean of each image's mean colour difference, luma replaced.
    Ciede2000LumaReplaced,
    /// Mean of each image's 95th percentile of colour differences.
    Ciede2000P95,
    /// Mean colorfulness of the predictions over mean colorfulness of the photographs: 1 is as colourful as life, 0
    /// is gray.
    ColorfulnessRatio,
    /// The same, luma replaced.
    ColorfulnessRatioLumaReplaced,
    /// The same of absolute opponents.
    ColorfulnessRatioAbsolute,
    /// Mean of `|colorfulness - colorfulness of the photograph|`.
    ColorfulnessDifference,
    /// Mean area under the curve of chroma errors.
    AucAb,
    /// Mean area with rare colours counting more.
    AucAbBalanced,
    /// Mean chroma of the predictions over mean chroma of the photographs.
    ChromaRatio,
    /// Mean hue error, over the photographs that have a hue.
    HueError,
    /// Mean share of gray pixels in the predictions.
    GrayShare,
    /// Mean share of gray pixels in the photographs.
    GrayShareTruth,
    /// Mean squared error of U and V.
    UvMse,
    /// Mean squared error of a and b.
    AbMse,
}

/// What there is to say of a metric.
struct Definition {
    name: &'static str,
    title: &'static str,
    unit: Option<&'static str>,
    better: Better,
    /// The column above and, in a ratio, the column below.
    columns: (&'static str, Option<&'static str>),
}

impl Definition {
    /// The mean of the column of the same name.
    fn mean(name: &'static str, title: &'static str, better: Better) -> Self {
        Self {
            name,
            title,
            unit: None,
            better,
            columns: (name, None),
        }
    }

    /// A ratio that is 1 in life.
    fn ratio(
        name: &'static str,
        title: &'static str,
        above: &'static str,
        below: &'static str,
    ) -> Self {
        Self {
            columns: (above, Some(below)),
            ..Self::mean(name, title, Better::One)
        }
    }

    fn unit(self, unit: &'static str) -> Self {
        Self {
            unit: Some(unit),
            ..self
        }
    }
}

impl Metric {
    /// Every metric, in the order in which tables show them.
    pub const ALL: [Self; 21] = [
        Self::Loss,
        Self::Psnr,
        Self::PsnrLumaReplaced,
        Self::PsnrGray,
        Self::Ssim,
        Self::SsimLumaReplaced,
        Self::Ciede2000,
        Self::Ciede2000LumaReplaced,
        Self::Ciede2000P95,
        Self::ColorfulnessRatio,
        Self::ColorfulnessRatioLumaReplaced,
        Self::ColorfulnessRatioAbsolute,
        Self::ColorfulnessDifference,
        Self::AucAb,
        Self::AucAbBalanced,
        Self::ChromaRatio,
        Self::HueError,
        Self::GrayShare,
        Self::GrayShareTruth,
        Self::UvMse,
        Self::AbMse,
    ];

    fn definition(self) -> Definition {
        use Better::{Higher, Lower, Neither};
        let mean = Definition::mean;
        match self {
            Self::Loss => mean("loss", "Loss", Lower),
            Self::Psnr => mean("psnr", "PSNR", Higher).unit("dB"),
            Self::PsnrLumaReplaced => {
                mean("psnr_luma_replaced", "PSNR, luma replaced", Higher).unit("dB")
            }
            Self::PsnrGray => mean("psnr_gray", "PSNR without colour", Neither).unit("dB"),
            Self::Ssim => mean("ssim", "SSIM", Higher),
            Self::SsimLumaReplaced => mean("ssim_luma_replaced", "SSIM, luma replaced", Higher),
            Self::Ciede2000 => mean("ciede2000", "CIEDE2000", Lower),
            Self::Ciede2000LumaReplaced => {
                mean("ciede2000_luma_replaced", "CIEDE2000, luma replaced", Lower)
            }
            Self::Ciede2000P95 => mean("ciede2000_p95", "CIEDE2000, 95th percentile", Lower),
            Self::ColorfulnessRatio => Definition::ratio(
                "colorfulness_ratio",
                "Colorfulness ratio",
                "colorfulness",
                "colorfulness_truth",
            ),
            Self::ColorfulnessRatioLumaReplaced => Definition::ratio(
                "colorfulness_ratio_luma_replaced",
                "Colorfulness ratio, luma replaced",
                "colorfulness_luma_replaced",
                "colorfulness_truth",
            ),
            Self::ColorfulnessRatioAbsolute => Definition::ratio(
                "colorfulness_ratio_absolute",
                "Colorfulness ratio, absolute",
                "colorfulness_absolute",
                "colorfulness_absolute_truth",
            ),
            Self::ColorfulnessDifference => {
                mean("colorfulness_difference", "Colorfulness difference", Lower)
            }
            Self::AucAb => mean("auc_ab", "AuC of ab errors", Higher),
            Self::AucAbBalanced => mean("auc_ab_balanced", "AuC of ab errors, balanced", Higher),
            Self::ChromaRatio => {
                Definition::ratio("chroma_ratio", "Chroma ratio", "chroma", "chroma_truth")
            }
            Self::HueError => mean("hue_error", "Hue error", Lower).unit("°"),
            Self::GrayShare => mean("gray_share", "Share of gray", Neither),
            Self::GrayShareTruth => {
                mean("gray_share_truth", "Share of gray in photographs", Neither)
            }
            Self::UvMse => mean("uv_mse", "Mean squared error of UV", Lower),
            Self::AbMse => mean("ab_mse", "Mean squared error of ab", Lower),
        }
    }

    /// The name in logs, tables and claims.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The metric of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// What people read at the head of a column.
    pub fn title(self) -> &'static str {
        self.definition().title
    }

    /// The unit, where there is one.
    pub fn unit(self) -> Option<&'static str> {
        self.definition().unit
    }

    /// Which way it improves.
    pub fn better(self) -> Better {
        self.definition().better
    }

    /// Whether more is better, for those who know only two ways: a ratio counts as better when higher, because networks
    /// are dull rather than garish.
    pub fn higher_is_better(self) -> bool {
        self.better() != Better::Lower
    }

    /// The columns of the per-image table that it is made of: over a set of images it is the sum of the first over the
    /// sum of the second or, without a second, over the number of images that have a value.
    pub fn columns(self) -> (&'static str, Option<&'static str>) {
        self.definition().columns
    }

    /// What an image adds above and below, by the values of its [`Self::columns`]: nothing, (0, 0), where it has no
    /// value, which columns say by `NaN`. Only a loss that is not a number is a number gone wrong, and counts.
    pub fn term(self, above: f64, below: Option<f64>) -> (f64, f64) {
        let below = below.unwrap_or(1.0);
        if self != Self::Loss && (above.is_nan() || below.is_nan()) {
            return (0.0, 0.0);
        }
        (above, below)
    }

    /// [`Self::term`] of an image's score.
    pub fn terms(self, score: &ImageScore) -> (f64, f64) {
        let columns = score.columns();
        let value = |wanted| {
            let column = columns.iter().find(|(name, _)| *name == wanted);
            column.map(|&(_, value)| value)
        };
        let (above, below) = self.columns();
        let above = value(above).expect("metrics are made of the columns of scores");
        self.term(above, below.and_then(value))
    }

    /// The metric over a set, from what its images add; `None` when none of them has a value, or when all that a ratio
    /// has below is 0.
    pub fn over(terms: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
        let sum = |sum: (f64, f64), term: (f64, f64)| (sum.0 + term.0, sum.1 + term.1);
        let (above, below) = terms.into_iter().fold((0.0, 0.0), sum);
        (below != 0.0).then(|| above / below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn scores() -> Vec<ImageScore> {
        let picture = |red: u8, blue: u8| RgbImage::from_pixel(12, 12, Rgb([red, 60, blue]));
        vec![
            ImageScore::of(0.5, &picture(200, 40), &picture(190, 50)),
            ImageScore::of(0.1, &picture(60, 60), &picture(50, 50)),
            ImageScore::of(0.3, &picture(10, 250), &picture(60, 130)),
        ]
    }

    #[test]
    fn names_are_unique_and_lead_back() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
            let legal = |character: char| matches!(character, 'a'..='z' | '0'..='9' | '_');
            assert!(metric.name().chars().all(legal), "{}", metric.name());
            let titles = Metric::ALL.iter().filter(|it| it.title() == metric.title());
            assert_eq!(titles.count(), 1, "{}", metric.title());
        }
        assert_eq!(Metric::from_name("PSNR"), None);
    }

    /// What a reader of the table computes from columns is what the log says.
    #[test]
    fn terms_are_columns() {
        let scores = scores();
        for metric in Metric::ALL {
            let (above, below) = metric.columns();
            let column = |name: &str| -> Vec<f64> {
                let value = |score: &ImageScore| {
                    let columns = score.columns();
                    let mut named = columns.iter().filter(|column| column.0 == name);
                    let value = named.next().unwrap().1;
                    assert!(named.next().is_none(), "two columns are called {name}");
                    value
                };
                scores.iter().map(value).collect()
            };
            let present: Vec<f64> = column(above).into_iter().filter(|v| !v.is_nan()).collect();
            let total = match below {
                Some(below) => column(below).iter().sum(),
                None => present.len() as f64,
            };
            let expected = present.iter().sum::<f64>() / total;
            let value = Metric::over(scores.iter().map(|score| metric.terms(score))).unwrap();
            // The gray photograph's luma is all there is of it: infinitely many decibels.
            let equal = value == expected || (value - expected).abs() < 1e-12;
            assert!(equal, "{}: {value} is not {expected}", metric.name());
        }
    }

    #[test]
    fn an_image_without_a_value_counts_nothing() {
        let scores = scores();
        // The second photograph is gray.
        assert_eq!(Metric::HueError.terms(&scores[1]), (0.0, 0.0));
        assert_eq!(Metric::HueError.terms(&scores[0]).1, 1.0);
        assert_eq!(Metric::over([Metric::HueError.terms(&scores[1])]), None);
        assert_eq!(
            Metric::over([Metric::ColorfulnessRatio.terms(&scores[1])]),
            None
        );
        let broken = ImageScore {
            loss: f64::NAN,
            ..scores[0]
        };
        let loss = Metric::over([Metric::Loss.terms(&broken), Metric::Loss.terms(&scores[1])]);
        assert!(loss.unwrap().is_nan());
    }

    #[test]
    fn every_column_but_the_parts_of_ratios_is_a_metric() {
        let parts = Metric::ALL.map(Metric::columns);
        for (name, _) in scores()[0].columns() {
            let used = parts
                .iter()
                .any(|&(above, below)| above == name || below == Some(name));
            assert!(used, "no metric reads {name}");
        }
    }
}
