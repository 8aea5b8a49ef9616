//! Pictures that the figures of a report show and no run folder holds: remade by the run's own network.

use std::cell::RefCell;
use std::rc::Rc;

use crate::backend::{self, DeviceName};
use crate::command_error::{CommandError, Result};
use crate::dataset::inspection::Selection;
use crate::dataset::{Cache, DatasetSection};
use crate::experiment::section::Manifests;
use crate::report::{Remade, Run, Unavailable};
use crate::runs::RunError;
use crate::train::Division;
use crate::trained::{TrainedError, TrainedRun};
use crate::work::photographs::select_photographs;
use crate::work::prepare::bar;

/// Makes them, and remembers the photographs of every dataset that it has inspected.
pub(super) struct Pictures {
    cache: Cache,
    selections: RefCell<Vec<Known>>,
}

/// Manifests, what is selected of them, and the photographs.
type Known = (Manifests, DatasetSection, Rc<Selection>);

impl Pictures {
    /// Nothing is opened until a picture is asked for.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            cache: Cache::of_user()?,
            selections: RefCell::default(),
        })
    }

    /// What the run's network of its last step makes of held-out images; those that are no longer held out in its dataset
    /// are left out.
    pub(super) fn remake(&self, run: &Run, ids: &[i64]) -> Result<Vec<Remade>, Unavailable> {
        let step = run.record.steps;
        let trained = TrainedRun::open(&run.folder, Some(step), device(run), &self.cache.folder)
            .map_err(|error| without_network(&error))?;
        let held_out = self
            .selection(&trained)
            .and_then(|selection| Ok(Division::of(&selection, &trained.experiment)?.held_out))
            .map_err(|error| without_photographs(&error))?;
        let photographs: Vec<_> = held_out
            .into_iter()
            .filter(|photograph| ids.contains(&photograph.id))
            .collect();
        let making = bar("colorizing held-out images with", &run.name());
        making.set_length(photographs.len());
        let pictures = trained.scored_pictures(&photographs, &|done| {
            making.set_position(done);
        });
        making.finish_and_clear();
        let pictures = pictures.map_err(|error| match error {
            TrainedError::Photo(_) | TrainedError::Photographs(_) => {
                without_photographs(&error.into())
            }
            error => without_network(&error),
        })?;
        let remade = pictures.into_iter().map(|picture| Remade {
            id: picture.id,
            truth: picture.truth,
            colorized: picture.colorized,
        });
        Ok(remade.collect())
    }

    /// The usable photographs of a run's dataset.
    fn selection(&self, trained: &TrainedRun) -> Result<Rc<Selection>> {
        let manifests = &trained.record.dataset.manifest;
        let section = &trained.experiment.dataset;
        let known = |(known, other, _): &&Known| known == manifests && other == section;
        if let Some((.., selection)) = self.selections.borrow().iter().find(known) {
            return Ok(Rc::clone(selection));
        }
        let (_, selection) = select_photographs(manifests, section, &self.cache)?;
        let selection = Rc::new(selection);
        let known = (manifests.clone(), section.clone(), Rc::clone(&selection));
        self.selections.borrow_mut().push(known);
        Ok(selection)
    }
}

/// The device of the training where it is available, so that the bits are those that were scored; the processor otherwise.
fn device(run: &Run) -> DeviceName {
    let own = run.record.device.parse::<DeviceName>().ok();
    own.filter(|device| backend::open(device).is_ok())
        .unwrap_or(DeviceName::Flex)
}

fn without_network(error: &TrainedError) -> Unavailable {
    let cell = match error {
        TrainedError::Run(RunError::NoCheckpoint { .. } | RunError::Checkpoint { .. }) => {
            "no checkpoint"
        }
        _ => "no network",
    };
    Unavailable {
        cell,
        reason: error.to_string(),
    }
}

fn without_photographs(error: &CommandError) -> Unavailable {
    Unavailable {
        cell: "no photograph",
        reason: error.to_string(),
    }
}
