//! The `[slurm]` section of an experiment file: what a trial asks of a cluster.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

/// What one trial asks of Slurm. What is not written is left to the cluster. It changes no number, so it is beside the
/// experiment and not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlurmSection {
    /// The partition, or several with commas between.
    #[serde(default)]
    pub partition: Option<String>,
    /// Time limit, as Slurm writes it: `90` (minutes), `12:00:00`, `2-00:00:00`.
    #[serde(default)]
    pub time: Option<String>,
    /// GPUs, by number (`1`) or by kind and number (`a100:1`).
    #[serde(default)]
    pub gpus: Option<Gpus>,
    /// Processor cores.
    #[serde(default)]
    pub cpus: Option<usize>,
    /// Memory, such as `16G`.
    #[serde(default)]
    pub memory: Option<String>,
    /// The account that pays.
    #[serde(default)]
    pub account: Option<String>,
    /// The quality of service.
    #[serde(default)]
    pub qos: Option<String>,
    /// How many trials of an array run at once, at most.
    #[serde(default)]
    pub at_once: Option<usize>,
    /// How long before the time limit a trial is told to stop: long enough for a step, an evaluation and a checkpoint.
    #[serde(default = "default_signal_seconds")]
    pub signal_seconds: usize,
    /// How often a trial that met its time limit is queued again, at most.
    #[serde(default = "default_requeues")]
    pub requeues: usize,
    /// More options of `sbatch`, such as `--constraint=v100`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Lines of shell that come before the program, such as `module load cuda`.
    #[serde(default)]
    pub setup: Vec<String>,
}

/// GPUs as Slurm counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Gpus {
    /// So many, of any kind.
    Number(usize),
    /// So many of a kind, or of several.
    Kind(String),
}

impl<'de> Deserialize<'de> for Gpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GpusVisitor)
    }
}

struct GpusVisitor;

impl Visitor<'_> for GpusVisitor {
    type Value = Gpus;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number, or a string such as `\"a100:1\"`")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Gpus, E> {
        // A number below 0 is as wrong as 0, and is judged with it.
        Ok(Gpus::Number(usize::try_from(number).unwrap_or(0)))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Gpus, E> {
        Ok(Gpus::Number(usize::try_from(number).unwrap_or(0)))
    }

    fn visit_str<E: serde::de::Error>(self, kind: &str) -> Result<Gpus, E> {
        Ok(Gpus::Kind(kind.to_owned()))
    }
}

impl Default for SlurmSection {
    fn default() -> Self {
        Self {
            partition: None,
            time: None,
            gpus: None,
            cpus: None,
            memory: None,
            account: None,
            qos: None,
            at_once: None,
            signal_seconds: default_signal_seconds(),
            requeues: default_requeues(),
            options: Vec::new(),
            setup: Vec::new(),
        }
    }
}

impl SlurmSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(String, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key: &str, must: &str| violations.push((key.to_owned(), must.to_owned()));
        for (key, text) in [
            ("partition", &self.partition),
            ("account", &self.account),
            ("qos", &self.qos),
        ] {
            if text.as_deref().is_some_and(|text| !is_name(text)) {
                refuse(key, NAME);
            }
        }
        for (key, count) in [("cpus", self.cpus), ("at_once", self.at_once)] {
            if count == Some(0) {
                refuse(key, "must be at least 1");
            }
        }
        let kind_is_wrong = match &self.gpus {
            Some(Gpus::Number(number)) => *number == 0,
            Some(Gpus::Kind(kind)) => !is_name(kind),
            None => false,
        };
        if kind_is_wrong {
            refuse(
                "gpus",
                "must be a number above 0, or a kind and a number, such as `\"a100:1\"`",
            );
        }
        if self
            .memory
            .as_deref()
            .is_some_and(|memory| !is_memory(memory))
        {
            refuse(
                "memory",
                "must be a number with a unit, such as `\"16G\"` or `\"500M\"`",
            );
        }
        let limit = self.time.as_deref().map(seconds);
        if limit == Some(None) {
            refuse(
                "time",
                "must be minutes, `\"hours:minutes:seconds\"` or `\"days-hours:minutes:seconds\"`, and above 0",
            );
        }
        if self.signal_seconds == 0 || self.signal_seconds > 65_535 {
            refuse("signal_seconds", "must be at least 1 and at most 65535");
        } else if let Some(Some(limit)) = limit
            && self.signal_seconds as u64 * 2 > limit
        {
            refuse(
                "signal_seconds",
                "must be at most half of `slurm.time`, so that there is time to train",
            );
        }
        for (index, option) in self.options.iter().enumerate() {
            if !is_option(option) {
                refuse(
                    &format!("options[{index}]"),
                    "must be one option of `sbatch` on one line, such as `\"--constraint=v100\"`",
                );
            } else if let Some(own) = own_option(option) {
                refuse(
                    &format!("options[{index}]"),
                    &format!("must not be `{own}`, which this program sets itself"),
                );
            }
        }
        for (index, line) in self.setup.iter().enumerate() {
            if line.contains(['\n', '\r', '\0']) {
                refuse(&format!("setup[{index}]"), "must be one line of shell");
            }
        }
        violations
    }
}

const NAME: &str = "must consist of letters, digits, `_`, `-`, `.`, `:`, `,`, `=`, `@` and `+`";

/// What needs no quotes.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.:,=@+".contains(letter))
}

fn is_memory(text: &str) -> bool {
    let digits = text.trim_end_matches(|unit: char| "KMGTkmgt".contains(unit));
    text.len() <= digits.len() + 1 && digits.parse::<u64>().is_ok_and(|number| number > 0)
}

fn is_option(text: &str) -> bool {
    text.starts_with('-') && text.len() > 1 && !text.contains(['\n', '\r', '\0'])
}

/// Options that make an array what it is: another value would train a trial twice, or lose one.
fn own_option(option: &str) -> Option<&'static str> {
    let name = option.split(['=', ' ', '\t']).next().unwrap_or_default();
    [
        ("--array", "-a"),
        ("--output", "-o"),
        ("--error", "-e"),
        ("--job-name", "-J"),
        ("--signal", ""),
        ("--requeue", ""),
        ("--no-requeue", ""),
        ("--open-mode", ""),
        ("--wrap", ""),
        ("--parsable", ""),
        ("--test-only", ""),
    ]
    .into_iter()
    .find(|(long, short)| {
        name == *long
            || (!short.is_empty() && option.starts_with(short) && !option.starts_with("--"))
    })
    .map(|(long, _)| long)
}

/// The seconds of a time limit; `None` where Slurm would not understand it, and for one of 0, which to Slurm is none.
fn seconds(text: &str) -> Option<u64> {
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() <= 6);
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)?), rest),
        None => (None, text),
    };
    let parts = rest.split(':').map(number).collect::<Option<Vec<u64>>>()?;
    let seconds = match (days, &parts[..]) {
        (None, [minutes]) => minutes * 60,
        (None, [minutes, seconds]) => minutes * 60 + seconds,
        (Some(_), [hours]) => hours * 3600,
        (Some(_), [hours, minutes]) => hours * 3600 + minutes * 60,
        (_, [hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
        _ => return None,
    };
    Some(days.unwrap_or(0) * 86_400 + seconds).filter(|seconds| *seconds > 0)
}

fn default_signal_seconds() -> usize {
    300
}

fn default_requeues() -> usize {
    100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(text: &str) -> Vec<String> {
        let section: SlurmSection = toml::from_str(text).unwrap();
        let violations = section.violations().into_iter();
        violations
            .map(|(key, must)| format!("{key} {must}"))
            .collect()
    }

    #[test]
    fn time_is_what_slurm_takes_it_for() {
        let known = [
            ("90", 5400),
            ("1:30", 90),
            ("12:00:00", 43_200),
            ("2-0", 172_800),
            ("1-12:30", 131_400),
            ("1-00:00:01", 86_401),
        ];
        for (text, expected) in known {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "0",
            "1h",
            "-1",
            "1:2:3:4",
            "1-",
            "1-2:3:4:5",
            "90 ",
            "9999999",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn what_would_not_be_taken_is_refused_before_it_is_queued() {
        assert_eq!(violations(""), [""; 0]);
        let sound = "partition = \"gpu,long\"\ntime = \"1-00:00:00\"\ngpus = \"a100:2\"\ncpus = 8\nmemory = \"64G\"\n\
                     account = \"lab\"\nqos = \"normal\"\nat_once = 4\nsignal_seconds = 600\n\
                     options = [\"--constraint=v100\", \"--exclude=node[1-3]\"]\nsetup = [\"module load cuda\"]";
        assert_eq!(violations(sound), [""; 0]);
        let broken = "partition = \"gpu; rm\"\ntime = \"soon\"\ngpus = 0\ncpus = 0\nmemory = \"much\"\naccount = \"\"\n\
                      at_once = 0\nsignal_seconds = 0\noptions = [\"constraint\", \"--array=1-9\", \"-o x\", \"--signal=TERM\"]\n\
                      setup = [\"a\\nb\"]";
        insta::assert_snapshot!(violations(broken).join("\n"));
        assert_eq!(
            violations("time = \"5\""),
            ["signal_seconds must be at most half of `slurm.time`, so that there is time to train"]
        );
    }
}
