//! Names of what a run can be filtered, sorted and shown by.

use colorize_base::{Blame, Blamed};
use std::fmt;

use crate::experiment::known_keys;
use crate::experiment::{Better, Metric};

use super::series::better;

/// What a column of the table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Something about the run itself: `status`, `seed`, `age`.
    Fact(Fact),
    /// A dotted key of the resolved experiment: `network.scale`.
    Experiment(String),
    /// `code.train`: the version of a module whose code can change a number.
    Code(String),
    /// A number over the values of a metric: `metric:psnr`, `best:psnr`, `mean:train:loss`.
    Metric {
        /// Which number.
        statistic: Statistic,
        /// Of which images.
        split: String,
        /// Of which metric.
        metric: String,
    },
}

/// A number over a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The last one.
    Last,
    /// The best one, by the metric's own direction.
    Best,
    /// The mean of the last tenth of them.
    Mean,
}

/// What a value can be compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Number,
    /// A number of seconds, which may be written with a unit.
    Seconds,
    Flag,
    Text,
    /// Hexadecimal digits, of which the first few will do.
    Hash,
    /// Of an experiment: its value tells.
    Any,
}

macro_rules! facts {
    ($($variant:ident $name:literal $shape:ident $doc:literal),* $(,)?) => {
        /// Something about a run that its experiment does not say.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fact {
            $(#[doc = $doc] $variant,)*
        }

        impl Fact {
            /// Every fact, in the order in which help names them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in filters.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub(super) fn shape(self) -> Shape {
                match self { $(Self::$variant => Shape::$shape),* }
            }

            /// Whether it is a whole number.
            pub fn is_count(self) -> bool {
                self.shape() == Shape::Number
            }
        }
    };
}

facts! {
    Experiment "experiment" Text "The experiment's name.",
    Title "title" Text "Its title.",
    Variant "variant" Text "Its point in the `[matrix]`: `norm=batch scale=8`.",
    Trial "trial" Text "The name of the run folder.",
    Seed "seed" Number "The seed.",
    Status "status" Text "Its status.",
    Error "error" Text "Why it failed.",
    Step "step" Number "The step of the latest checkpoint.",
    Steps "steps" Number "Total steps.",
    Age "age" Seconds "Seconds since it was last active.",
    Seconds "seconds" Seconds "Seconds of training.",
    Started "started" Text "When it started, in UTC.",
    Updated "updated" Text "When it was last active, in UTC.",
    Device "device" Text "The device.",
    DeviceClass "device_class" Text "The kind of device.",
    Host "host" Text "The machine.",
    Commit "commit" Hash "The git commit.",
    Dirty "dirty" Flag "Whether tracked files differed from the commit, or git refused to say.",
    Version "version" Text "The program's version.",
    Identity "identity" Hash "The run's identity.",
    Configuration "configuration" Hash "The identity without the seed.",
    Manifest "manifest" Text "The dataset's manifest.",
    Content "content" Hash "The hash of the dataset's photographs.",
    TrainImages "train_images" Number "Training images.",
    ValidationImages "validation_images" Number "Held-out images.",
    Weights "weights" Hash "The identity of the extractor's weights.",
    Parameters "parameters" Number "Learned parameters.",
    Sessions "sessions" Number "Number of sessions.",
    Tags "tags" Text "Its tags, with spaces between them.",
    Note "note" Text "What is noted about it.",
}

/// No key has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown key `{written}`{}", hint(.nearest.as_deref()))]
pub struct UnknownKey {
    /// As it was written.
    pub written: String,
    /// The nearest name, as it has to be written.
    pub nearest: Option<String>,
}

impl Blamed for UnknownKey {
    fn blame(&self) -> Blame {
        Blame::Request
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!("; did you mean `{nearest}`?")
    })
}

impl Key {
    /// Reads a key as people write it.
    ///
    /// # Errors
    ///
    /// [`UnknownKey`] with the nearest name.
    pub fn parse(written: &str) -> Result<Self, UnknownKey> {
        if written.contains(':') {
            return Self::parse_metric(written);
        }
        if let Some(&fact) = Fact::ALL.iter().find(|fact| fact.name() == written) {
            return Ok(Self::Fact(fact));
        }
        if written == "name" {
            return Ok(Self::Fact(Fact::Experiment));
        }
        if let Some(room) = written.strip_prefix("code.") {
            return Ok(Self::Code(room.to_owned()));
        }
        if known_keys().iter().any(|key| key == written) {
            return Ok(Self::Experiment(written.to_owned()));
        }
        Err(unknown(written))
    }

    fn parse_metric(written: &str) -> Result<Self, UnknownKey> {
        let mut parts = written.split(':').peekable();
        let statistic = match parts.peek() {
            Some(&"metric" | &"last") => Some(Statistic::Last),
            Some(&"best") => Some(Statistic::Best),
            Some(&"mean") => Some(Statistic::Mean),
            _ => None,
        };
        if statistic.is_some() {
            parts.next();
        }
        let (split, metric) = match (parts.next(), parts.next(), parts.next()) {
            (Some(metric), None, None) => ("validation", metric),
            (Some(split @ ("train" | "validation")), Some(metric), None) => (split, metric),
            _ => return Err(unknown(written)),
        };
        // What is logged of the training is open: new instruments come and go.
        let is_known =
            split == "train" && !metric.is_empty() || Metric::from_name(metric).is_some();
        if !is_known {
            return Err(unknown(written));
        }
        Ok(Self::Metric {
            statistic: statistic.unwrap_or(Statistic::Last),
            split: split.to_owned(),
            metric: metric.to_owned(),
        })
    }

    /// The last value of a metric on held-out images.
    pub fn held_out(metric: Metric) -> Self {
        Self::Metric {
            statistic: Statistic::Last,
            split: "validation".to_owned(),
            metric: metric.name().to_owned(),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Fact(fact) => fact.shape(),
            Self::Experiment(_) => Shape::Any,
            Self::Code(_) | Self::Metric { .. } => Shape::Number,
        }
    }

    /// Which way it improves.
    pub fn better(&self) -> Better {
        match self {
            Self::Metric { metric, .. } => better(metric),
            _ => Better::Neither,
        }
    }
}

/// As it is written in filters, as short as it may be.
impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => formatter.write_str(fact.name()),
            Self::Experiment(key) => formatter.write_str(key),
            Self::Code(room) => write!(formatter, "code.{room}"),
            Self::Metric {
                statistic,
                split,
                metric,
            } => match (statistic, split.as_str()) {
                (Statistic::Last, "validation") => write!(formatter, "metric:{metric}"),
                (Statistic::Last, split) => write!(formatter, "{split}:{metric}"),
                (Statistic::Best, "validation") => write!(formatter, "best:{metric}"),
                (Statistic::Best, split) => write!(formatter, "best:{split}:{metric}"),
                (Statistic::Mean, "validation") => write!(formatter, "mean:{metric}"),
                (Statistic::Mean, split) => write!(formatter, "mean:{split}:{metric}"),
            },
        }
    }
}

fn unknown(written: &str) -> UnknownKey {
    UnknownKey {
        written: written.to_owned(),
        nearest: meant(written),
    }
}

/// The legal key that was most likely meant. A metric's bare name, or the last part of a dotted key, is as good as the
/// whole.
fn meant(written: &str) -> Option<String> {
    let (prefix, bare) = match written.rsplit_once(':') {
        Some((prefix, bare)) => (Some(prefix), bare),
        None => (None, written),
    };
    let mut legal: Vec<(String, String)> = Vec::new();
    for metric in Metric::ALL {
        let name = metric.name();
        let prefix = prefix
            .filter(|prefix| ["best", "mean"].contains(prefix))
            .unwrap_or("metric");
        legal.push((name.to_owned(), format!("{prefix}:{name}")));
    }
    if prefix.is_none() {
        for fact in Fact::ALL {
            legal.push((fact.name().to_owned(), fact.name().to_owned()));
        }
        for key in known_keys() {
            legal.push((key.clone(), key.clone()));
            if let Some((_, last)) = key.rsplit_once('.') {
                legal.push((last.to_owned(), key.clone()));
            }
        }
    }
    // The first of equals: metrics and facts stand before keys.
    let near = colorize_base::nearest::nearest(bare, legal.iter().map(|(name, _)| name.as_str()))
        .next()?;
    let (_, whole) = legal.iter().find(|(name, _)| name == near)?;
    Some(whole.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for written in [
            "status",
            "seed",
            "network.scale",
            "seeds",
            "code.train",
            "metric:psnr",
            "best:psnr",
            "mean:train:loss",
            "train:images_per_second",
        ] {
            assert_eq!(Key::parse(written).unwrap().to_string(), written);
        }
        assert_eq!(
            Key::parse("last:validation:psnr").unwrap().to_string(),
            "metric:psnr"
        );
        for fact in Fact::ALL {
            assert_eq!(Key::parse(fact.name()).unwrap(), Key::Fact(*fact));
        }
    }

    #[test]
    fn an_unknown_key_says_which_was_meant() {
        let nearest = |written| Key::parse(written).unwrap_err().nearest;
        assert_eq!(
            meant("fusion.extracter").as_deref(),
            Some("fusion.extractor")
        );
        assert_eq!(nearest("extractor").as_deref(), Some("fusion.extractor"));
        assert_eq!(nearest("psnr").as_deref(), Some("metric:psnr"));
        assert_eq!(nearest("best:pnsr").as_deref(), Some("best:psnr"));
        assert_eq!(
            meant("learning_rate").as_deref(),
            Some("train.optimizer.learning_rate")
        );
        assert_eq!(nearest("stauts").as_deref(), Some("status"));
        assert_eq!(nearest("xyzzy"), None);
        assert_eq!(
            Key::parse("metric:").unwrap_err().to_string(),
            "unknown key `metric:`"
        );
    }
}
