//! Whether a device computes what another one does: [`verify`] compares everything that an experiment can ask for, network by
//! network and tensor by tensor, and says what the device promises besides: the same bits again, and a resumed training.
//!
//! `cases` lists what is compared, `learning` computes it on a device, `agreement` says how far two tensors may be apart and
//! why, and `judging` puts them together. `classifiers` are networks that only answer, `runs` whole trainings with their
//! files, and [`speed`] a short bench. One check that fails, or panics, stops no other.

mod agreement;
mod arithmetic;
mod cases;
mod classifiers;
mod judging;
mod learning;
mod runs;
mod speed;
mod tensors;
#[cfg(test)]
mod tests;
mod twice;

use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use colorize_base::{quietly, readable_size};
use serde::Serialize;

pub use self::agreement::{Deviation, Part};
pub use self::arithmetic::Arithmetic;
pub use self::speed::speed;

use self::cases::Case;
use self::judging::{Judged, judge};
use self::runs::Runs;
use self::twice::Twice;
use crate::backend::{self, BackendError, DeviceName, Precision};
use crate::experiment::ExperimentError;
use crate::extractor::ExtractorKind;
use crate::runs::peak_memory;
use crate::timing::Measurement;
use crate::train::held_gpu_memory;

/// What is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The device that is judged.
    pub device: DeviceName,
    /// The device that it is held against, in 32-bit floats.
    pub against: DeviceName,
    /// In which precisions it is judged.
    pub precisions: Vec<Precision>,
    /// Fewer steps, and no networks of metrics.
    pub quick: bool,
}

/// A check and how it went.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What kind of thing was checked: `network`, `color`, `loss`, `optimizer`, `step`, `classifier`,
    /// `determinism`, `run`, `memory` or `speed`.
    pub kind: &'static str,
    /// Which one.
    pub what: String,
    /// The arithmetic of the device that is judged.
    pub arithmetic: Arithmetic,
    /// Whether it passed.
    pub passed: bool,
    /// What was compared.
    pub parts: Vec<Part>,
    /// Why there was nothing to compare, or what differs that must not: what a panic said, an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How long a step takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// How long the check took.
    pub seconds: f64,
}

impl Check {
    fn new(kind: &'static str, what: &str, arithmetic: Arithmetic) -> Self {
        Self {
            kind,
            what: what.to_owned(),
            arithmetic,
            passed: true,
            parts: Vec::new(),
            failure: None,
            note: None,
            measurement: None,
            seconds: 0.0,
        }
    }

    /// The check that `work` makes of this one; if it cannot, or panics, it has failed.
    fn by(mut self, work: impl FnOnce(&mut Self) -> Result<(), String>) -> Self {
        let began = Instant::now();
        let made = quietly(|| work(&mut self));
        match made {
            Ok(Ok(())) => self.passed = self.parts.iter().all(Part::agrees),
            Ok(Err(reason)) => self.fail(reason),
            Err(panic) => self.fail(format!("the device failed: {panic}")),
        }
        self.seconds = began.elapsed().as_secs_f64();
        self
    }

    fn fail(&mut self, reason: String) {
        self.passed = false;
        self.failure = Some(reason);
    }

    /// The tensor that uses up most of its tolerance.
    pub fn worst(&self) -> Option<(&'static str, &Deviation)> {
        let worst = self.parts.iter();
        worst
            .filter_map(|part| Some((part.part, part.worst.as_ref()?)))
            .max_by(|one, other| one.1.share().total_cmp(&other.1.share()))
    }
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum DeviceProofError {
    /// A device is not available, or does not compute in a precision.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The program's own experiments are not sound.
    #[error("the program's own experiments are not sound; please report this: {0}")]
    Experiment(#[from] ExperimentError),
}

impl colorize_base::Blamed for DeviceProofError {
    fn blame(&self) -> colorize_base::Blame {
        match self {
            Self::Backend(error) => error.blame(),
            Self::Experiment(_) => colorize_base::Blame::Failure,
        }
    }
}

/// Makes every check and tells it as soon as it is made; files go below `workplace`, which is empty.
///
/// # Errors
///
/// [`DeviceProofError`] before the first check, when there is nothing to compare.
pub fn verify(
    request: &Request,
    workplace: &Path,
    tell: &mut dyn FnMut(Check),
) -> Result<(), DeviceProofError> {
    let devices = Devices {
        device: backend::open(&request.device)?,
        against: backend::open(&request.against)?,
    };
    for &precision in &request.precisions {
        backend::computes(&request.device, precision)?;
    }
    let cases = cases::cases(request.quick)?;
    for &precision in &request.precisions {
        let arithmetic = Arithmetic::of(&request.device, precision);
        let mut twice = Twice::default();
        for reference in &cases {
            let Some(case) = reference.in_precision(precision) else {
                continue;
            };
            let check = Check::new(case.kind, &case.what, arithmetic);
            tell(check.by(|check| devices.case(check, [&case, reference], &mut twice)));
        }
        let check = Check::new("determinism", "the same steps twice", arithmetic);
        tell(check.by(|check| {
            check.note = Some(twice.judged(backend::is_deterministic(&request.device))?);
            Ok(())
        }));
    }
    // Whoever does not learn computes in 32-bit floats, whatever a step does.
    let arithmetic = Arithmetic::of(&request.device, Precision::F32);
    let both = [&devices.against, &devices.device];
    let classify = |what: &str, compared: &dyn Fn() -> Result<Part, String>| {
        Check::new("classifier", what, arithmetic).by(|check| {
            check.parts.push(compared()?);
            Ok(())
        })
    };
    for kind in ExtractorKind::ALL {
        tell(classify(kind.name(), &|| {
            classifiers::features(kind, arithmetic, both)
        }));
    }
    if let (false, Some(case)) = (request.quick, cases.first()) {
        tell(classify("inception of the FID", &|| {
            classifiers::inception(arithmetic, both)
        }));
        tell(classify("LPIPS and DISTS", &|| {
            classifiers::metrics(case, arithmetic, both)
        }));
    }
    let mut prepared = quietly(|| Runs::prepare(workplace)).flatten();
    for (what, proof) in [
        (
            "trained twice",
            Runs::twice as fn(&Runs, DeviceName) -> Result<String, String>,
        ),
        ("stopped and resumed", Runs::resumed),
    ] {
        let check = Check::new("run", what, arithmetic);
        tell(check.by(|check| {
            let runs = prepared.as_mut().map_err(|reason| reason.clone())?;
            check.note = Some(proof(runs, request.device)?);
            Ok(())
        }));
    }
    tell(memory(request.device, arithmetic));
    Ok(())
}

/// What is compared.
struct Devices {
    device: Device,
    against: Device,
}

impl Devices {
    fn case(&self, check: &mut Check, cases: [&Case; 2], twice: &mut Twice) -> Result<(), String> {
        let Judged {
            parts,
            draws,
            steps,
            twice: both,
        } = judge(cases, check.arithmetic, &self.against, &self.device)?;
        check.parts = parts;
        let mut notes = Vec::new();
        if draws > 1 {
            notes.push(format!("with the weights and pictures of draw {draws}"));
        }
        let all = cases[1].steps;
        if steps < all {
            notes.push(format!(
                "{steps} of {all} steps: beyond them, rounding alone leads elsewhere"
            ));
        }
        check.note = (!notes.is_empty()).then(|| notes.join("; "));
        if let Some(both) = both {
            twice.add(&check.what, both);
        }
        Ok(())
    }
}

/// What all of it took.
fn memory(device: DeviceName, arithmetic: Arithmetic) -> Check {
    Check::new("memory", "all checks so far", arithmetic).by(|check| {
        let process = peak_memory().map(|bytes| format!("{} at most", readable_size(bytes)));
        let process = process.unwrap_or_else(|| "unknown".to_owned());
        let gpu = held_gpu_memory(device);
        let gpu = gpu.map(|bytes| format!(", GPU {}", readable_size(bytes)));
        check.note = Some(format!("process {process}{}", gpu.unwrap_or_default()));
        Ok(())
    })
}
