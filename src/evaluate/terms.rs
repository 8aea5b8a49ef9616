//! What an image adds to a metric, and the metric over a set of them.

use super::{ImageScore, Metric};

impl Metric {
    /// The columns of the per-image table that it is made of: over a set of images it is the sum of the first over the
    /// sum of the second or, without a second, over the number of images that have a value.
    pub fn columns(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::ColorfulnessRatio => ("colorfulness", Some("colorfulness_truth")),
            Self::ColorfulnessRatioLumaReplaced => {
                ("colorfulness_luma_replaced", Some("colorfulness_truth"))
            }
            Self::ColorfulnessRatioAbsolute => {
                ("colorfulness_absolute", Some("colorfulness_absolute_truth"))
            }
            Self::ChromaRatio => ("chroma", Some("chroma_truth")),
            // The mean of the column of its name.
            mean => (mean.name(), None),
        }
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
