//! How long a step takes, in a few seconds.

use std::process::Command;
use std::time::Duration;

use super::{Arithmetic, Check, Request};
use crate::timing::{Axes, Pace, races, run, standard_kinds};

/// Sides of the pictures in pixels, and pictures a step.
const SIZES: [usize; 2] = [64, 256];
const BATCH: usize = 8;

/// Few: `colorize bench` measures thoroughly.
const PACE: Pace = Pace {
    steps: 2,
    at_least: Duration::from_secs(2),
};

/// Times a training step of the standard network in every precision; `command` makes the process that takes the steps, see
/// [`crate::timing`].
pub fn speed(request: &Request, command: &dyn Fn() -> Command, tell: &mut dyn FnMut(Check)) {
    let [yuv, _] = standard_kinds();
    for &precision in &request.precisions {
        for size in SIZES {
            let what = format!("{size} pixels, {BATCH} pictures");
            let check = Check::new("speed", &what, Arithmetic::of(&request.device, precision));
            tell(check.by(|check| {
                let axes = Axes {
                    sizes: vec![size],
                    batches: vec![BATCH],
                    precisions: vec![precision],
                    ..Axes::default()
                };
                let experiments = [("yuv".to_owned(), yuv.clone())];
                let races = races(&experiments, &[request.device], &axes)
                    .map_err(|error| error.to_string())?;
                for ran in races.iter().flat_map(|race| run(race, PACE, command)) {
                    let measured = ran.map_err(|failure| failure.error.to_string())?;
                    check.note = Some(format!(
                        "{:.3} s a step, {:.1} pictures a second",
                        measured.seconds, measured.images_per_second
                    ));
                    check.measurement = Some(measured);
                }
                Ok(())
            }));
        }
    }
}
