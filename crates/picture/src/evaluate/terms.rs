//! What an image adds to a metric.

use super::{ImageScore, Metric};

impl ImageScore {
    /// [`Metric::term`] of this image; nothing, (0, 0), where the metric was not asked for.
    pub fn terms(&self, metric: Metric) -> (f64, f64) {
        let columns = self.columns();
        let value = |wanted| {
            let column = columns.iter().find(|(name, _)| *name == wanted);
            column.map(|&(_, value)| value)
        };
        let (above, below) = metric.columns();
        match value(above) {
            Some(above) => metric.term(above, below.and_then(value)),
            None => (0.0, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn scores() -> Vec<ImageScore> {
        let picture = |red: u8, blue: u8| RgbImage::from_pixel(12, 12, Rgb([red, 60, blue]));
        let scores = vec![
            ImageScore::of(0.5, &picture(200, 40), &picture(190, 50)),
            ImageScore::of(0.1, &picture(60, 60), &picture(50, 50)),
            ImageScore::of(0.3, &picture(10, 250), &picture(60, 130)),
        ];
        let judged = scores
            .into_iter()
            .enumerate()
            .map(|(at, score)| ImageScore {
                lpips_alex: Some(0.1 * at as f64),
                lpips_vgg: Some(0.2 * at as f64),
                dists: Some(0.3 * at as f64),
                ..score
            });
        judged.collect()
    }

    /// What a reader of the table computes from columns is what the log says.
    #[test]
    fn terms_are_columns() {
        let scores = scores();
        for metric in Metric::ALL.into_iter().filter(|it| it.is_per_image()) {
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
            let value = Metric::over(scores.iter().map(|score| score.terms(metric))).unwrap();
            // The gray photograph's luma is all there is of it: infinitely many decibels.
            let equal = value == expected || (value - expected).abs() < 1e-12;
            assert!(equal, "{}: {value} is not {expected}", metric.name());
        }
    }

    #[test]
    fn an_image_without_a_value_counts_nothing() {
        let scores = scores();
        // The second photograph is gray.
        assert_eq!(scores[1].terms(Metric::HueError), (0.0, 0.0));
        assert_eq!(scores[0].terms(Metric::HueError).1, 1.0);
        assert_eq!(Metric::over([scores[1].terms(Metric::HueError)]), None);
        assert_eq!(
            Metric::over([scores[1].terms(Metric::ColorfulnessRatio)]),
            None
        );
        let broken = ImageScore {
            loss: f64::NAN,
            ..scores[0]
        };
        let loss = Metric::over([broken.terms(Metric::Loss), scores[1].terms(Metric::Loss)]);
        assert!(loss.unwrap().is_nan());
    }

    #[test]
    fn what_was_not_asked_for_is_absent() {
        let picture = RgbImage::from_pixel(12, 12, Rgb([9, 60, 200]));
        let score = ImageScore::of(0.5, &picture, &picture);
        for metric in Metric::ON_REQUEST {
            assert_eq!(score.terms(metric), (0.0, 0.0), "{}", metric.name());
            let columns = score.columns();
            assert!(columns.iter().all(|(name, _)| *name != metric.name()));
        }
        assert_eq!(scores()[1].terms(Metric::Dists), (0.3, 1.0));
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
