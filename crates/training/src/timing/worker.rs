//! The process that takes the steps, seen from both ends: [`serve`] is its inside, [`Worker`] what its parent holds.
//!
//! Its input is lines: the contender as JSON, then a line for every step. It answers each with a line of JSON, and ends when
//! its input does. `benches/peers` speaks the same with PyTorch and TensorFlow.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::TimingError;
use super::process::processor_seconds;
use crate::backend::{self, DeviceName};
use crate::batch::Batch;
use crate::experiment::Experiment;
use crate::runs::peak_memory;
use crate::train::{Stepper, held_gpu_memory};

/// An experiment on a device, with a number of processor threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Whose step is taken.
    pub experiment: Experiment,
    /// Where.
    pub device: DeviceName,
    /// With how many threads.
    pub threads: usize,
}

/// What one step took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepTimes {
    /// Seconds by the clock: from the batch as bytes until the device has done the last of the step, and the loss is read.
    pub seconds: f64,
    /// Seconds of the processor, on all threads together.
    pub processor_seconds: f64,
    /// The most memory that the process has been resident in so far, in bytes.
    pub memory_bytes: u64,
    /// Memory of the GPU that the process holds, in bytes.
    #[serde(default)]
    pub gpu_memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ready { parameters: usize },
    Step(StepTimes),
    Refused(String),
}

/// Serves steps to whoever started this process: see the module.
///
/// # Errors
///
/// When input or output break; what is wrong with the contender goes to the parent instead.
pub fn serve(input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    let mut lines = input.lines();
    let Some(first) = lines.next().transpose()? else {
        return Ok(());
    };
    let mut answer = |answer: &Answer| {
        writeln!(output, "{}", serde_json::to_string(answer)?)?;
        output.flush()
    };
    let contender = serde_json::from_str::<Contender>(&first).map_err(|error| error.to_string());
    let mut timed = match contender.and_then(|contender| Timed::new(&contender)) {
        Ok(timed) => timed,
        Err(reason) => return answer(&Answer::Refused(reason)),
    };
    answer(&Answer::Ready {
        parameters: timed.stepper.parameter_count(),
    })?;
    for line in lines {
        line?;
        match timed.step() {
            Ok(times) => answer(&Answer::Step(times))?,
            Err(reason) => return answer(&Answer::Refused(reason)),
        }
    }
    Ok(())
}

/// A training whose steps are timed.
struct Timed {
    stepper: Stepper,
    pictures: Pictures,
    device: DeviceName,
}

impl Timed {
    fn new(contender: &Contender) -> Result<Self, String> {
        let Contender {
            experiment,
            device,
            threads,
        } = contender;
        backend::set_threads(*threads).map_err(|error| error.to_string())?;
        let opened = backend::open(device).map_err(|error| error.to_string())?;
        let section = &experiment.train;
        backend::computes(device, section.precision).map_err(|error| error.to_string())?;
        backend::set_cudnn(section.cudnn);
        Ok(Self {
            stepper: Stepper::new(experiment, 0, &opened),
            pictures: Pictures {
                dice: ChaCha8Rng::seed_from_u64(0),
                size: experiment.image.size,
                batch: experiment.train.images_per_step(),
                features: experiment.fusion.extractor.width(),
            },
            device: *device,
        })
    }

    fn step(&mut self) -> Result<StepTimes, String> {
        let batch = self.pictures.batch();
        let (processor, began) = (processor_seconds(), Instant::now());
        let loss = self
            .stepper
            .step(batch)
            .map_err(|error| error.to_string())?;
        let seconds = began.elapsed().as_secs_f64();
        let processor_seconds = processor_seconds() - processor;
        if !loss.is_finite() {
            return Err(format!("the loss is {loss}"));
        }
        Ok(StepTimes {
            seconds,
            processor_seconds,
            memory_bytes: peak_memory().unwrap_or(0),
            gpu_memory_bytes: held_gpu_memory(self.device),
        })
    }
}

/// Random pictures, and vectors where the experiment fuses some.
struct Pictures {
    dice: ChaCha8Rng,
    size: usize,
    batch: usize,
    features: usize,
}

impl Pictures {
    fn batch(&mut self) -> Batch {
        let mut pixels = vec![0; self.batch * self.size * self.size * 3];
        self.dice.fill_bytes(&mut pixels);
        Batch {
            size: self.size,
            pixels,
            positions: (0..self.batch).collect(),
            features: (0..self.batch * self.features)
                .map(|_| self.dice.next_u32() as f32 / u32::MAX as f32)
                .collect(),
            labels: Vec::new(),
        }
    }
}

/// A process that takes steps for this one. Dropped, it ends.
pub struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    words: Option<JoinHandle<String>>,
    /// Learned values of its network.
    pub parameters: usize,
    /// What its last step took.
    pub(super) last: Option<StepTimes>,
}

impl Worker {
    /// Starts `command`, which [`serve`]s, for a contender; it has its network and is ready to step when this returns.
    ///
    /// # Errors
    ///
    /// What the process says is wrong, or how it ended.
    pub fn start(command: &mut Command, contender: &Contender) -> Result<Self, TimingError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(TimingError::Start)?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let said = child.stderr.take();
        let output =
            output.ok_or_else(|| TimingError::Start(std::io::ErrorKind::BrokenPipe.into()))?;
        let words = said.map(|mut said| {
            let read = move || {
                let mut bytes = Vec::new();
                let _ = said.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            };
            std::thread::Builder::new().spawn(read)
        });
        // Without its standard input, the process ends.
        let words = words.transpose().map_err(TimingError::Start)?;
        let mut worker = Self {
            child,
            input,
            output: BufReader::new(output),
            words,
            parameters: 0,
            last: None,
        };
        let line = serde_json::to_string(contender)
            .map_err(|error| TimingError::Answer(error.to_string()))?;
        match worker.ask(&line)? {
            Answer::Ready { parameters } => worker.parameters = parameters,
            other => return Err(refused(other)),
        }
        Ok(worker)
    }

    /// Has it take a step.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn step(&mut self) -> Result<StepTimes, TimingError> {
        match self.ask("")? {
            Answer::Step(times) => Ok(*self.last.insert(times)),
            other => Err(refused(other)),
        }
    }

    fn ask(&mut self, line: &str) -> Result<Answer, TimingError> {
        let mut answer = String::new();
        let said = self
            .input
            .as_mut()
            .map_or(Ok(()), |input| writeln!(input, "{line}"))
            .and_then(|()| self.output.read_line(&mut answer));
        match said {
            Ok(1..) => serde_json::from_str(&answer)
                .map_err(|_| TimingError::Answer(answer.trim().to_owned())),
            _ => Err(self.ended()),
        }
    }

    /// Why there is no answer.
    fn ended(&mut self) -> TimingError {
        self.input = None;
        let status = self.child.wait();
        let words = self.words.take().and_then(|words| words.join().ok());
        TimingError::Ended {
            ended: status.map_or_else(|error| error.to_string(), how),
            words: last_words(&words.unwrap_or_default()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

fn refused(answer: Answer) -> TimingError {
    match answer {
        Answer::Refused(reason) => TimingError::Refused(reason),
        other => TimingError::Answer(format!("{other:?}")),
    }
}

/// How a process ended, to be read after its name.
fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            9 => "was killed, possibly because memory ran out".to_owned(),
            signal => format!("was terminated by signal {signal}"),
        };
    }
    match status.code() {
        Some(code) => format!("exited with code {code}"),
        None => "ended".to_owned(),
    }
}

/// The lines of a panic, or the last that was said.
fn last_words(words: &str) -> String {
    let lines = || words.lines().map(str::trim).filter(|line| !line.is_empty());
    let panicked = lines().skip_while(|line| !line.contains("panicked at"));
    panicked
        .skip(1)
        .find(|line| !line.starts_with("note:"))
        .or_else(|| lines().next_back())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Overrides;
    use crate::timing::standard_kinds;

    fn tiny(set: &[&str]) -> Contender {
        let [yuv, _] = standard_kinds();
        let small = [
            "image.size=8",
            "train.batch_size=2",
            "network.scale=1",
            "network.residual_blocks=0",
        ];
        let overrides = Overrides {
            set: small.iter().chain(set).map(ToString::to_string).collect(),
            ..Overrides::default()
        };
        Contender {
            experiment: yuv.with(&overrides).unwrap(),
            device: DeviceName::Flex,
            threads: rayon::current_num_threads(),
        }
    }

    fn said(contender: &str, steps: usize) -> Vec<Answer> {
        let mut output = Vec::new();
        let input = format!("{contender}\n{}", "\n".repeat(steps));
        serve(input.as_bytes(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn every_line_is_a_step() {
        for set in [
            &[][..],
            &["fusion.extractor=resnet18", "fusion.weights=random"],
        ] {
            let answers = said(&serde_json::to_string(&tiny(set)).unwrap(), 2);
            let [
                Answer::Ready { parameters },
                Answer::Step(first),
                Answer::Step(second),
            ] = answers[..]
            else {
                panic!("{answers:?}");
            };
            assert!(parameters > 0);
            assert!(first.seconds > 0.0 && second.memory_bytes >= first.memory_bytes);
            assert_eq!(second.gpu_memory_bytes, None);
        }
    }

    #[test]
    fn what_cannot_be_timed_is_said_and_not_stepped() {
        let answers = said("nothing", 2);
        assert!(matches!(&answers[..], [Answer::Refused(_)]), "{answers:?}");
        let absent = Contender {
            device: DeviceName::LibtorchCuda(99),
            ..tiny(&[])
        };
        let answers = said(&serde_json::to_string(&absent).unwrap(), 1);
        let [Answer::Refused(reason)] = &answers[..] else {
            panic!("{answers:?}");
        };
        assert!(reason.starts_with("device `libtorch:cuda:99`"), "{reason}");
    }

    #[test]
    fn a_panic_is_told_by_its_message() {
        let words = "thread 'main' panicked at src/a.rs:1:1:\nout of memory\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(last_words(words), "out of memory");
        assert_eq!(last_words("killed\n\n"), "killed");
        assert_eq!(last_words(""), "");
    }
}
