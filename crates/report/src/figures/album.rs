//! Where the pictures of a report come from: the samples of a training, what an earlier report kept in the run's folder,
//! and, for what neither holds, the network of the run's last checkpoint, which is not this crate's to run.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;
use std::path::PathBuf;

use image::{ImageFormat, RgbImage};

use crate::color::yuv::without_chroma;
use crate::evaluate::{Metric, psnr};
use crate::runs::{RunError, atomic};
use crate::{ReportError, Run, Scores, Selection};

/// How far the decibels of a recreated picture may be from the logged ones: another device of the same arithmetic rounds
/// differently.
const SAME_PICTURE: f64 = 0.05;

/// The same for the photograph itself, of which every device knows the same bytes.
const SAME_PHOTOGRAPH: f64 = 1e-6;

/// A recreated held-out image: at the size of the network, as it was scored.
#[derive(Debug, Clone)]
pub struct Remade {
    /// The image's id in the run's dataset.
    pub id: i64,
    /// The photograph.
    pub truth: RgbImage,
    /// What the network makes of it, with its own luma.
    pub colorized: RgbImage,
}

/// Why no picture of a run can be recreated.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// In a word or two, for the cells that stay empty.
    pub cell: &'static str,
    /// The same for the person who makes the report.
    pub reason: String,
}

/// Makes what a run's network made of held-out images at the run's last step. An image that the run was not judged by, or
/// that is gone, is left out.
pub type Remake<'a> = dyn Fn(&Run, &[i64]) -> Result<Vec<Remade>, Unavailable> + 'a;

/// Pictures that a figure shows of the first run of a group.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The group.
    pub(super) group: usize,
    /// The ids of the images.
    pub(super) ids: Vec<i64>,
}

/// The pictures of a report's runs at their last steps, read when they are asked for.
#[derive(Debug, Default)]
pub struct Album {
    /// What empty cells say.
    absent: HashMap<(PathBuf, i64), &'static str>,
}

impl Album {
    /// Makes sure that all wanted pictures are in the folders of their runs, as far as they can be made; the rest are
    /// counted and named in the sentences that come with it.
    pub(crate) fn collect(
        wanted: Vec<Wanted>,
        selection: &Selection,
        remake: &Remake<'_>,
    ) -> Result<(Self, Vec<String>), ReportError> {
        let mut by_group: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for Wanted { group, ids } in wanted {
            let all = by_group.entry(group).or_default();
            all.extend(ids);
        }
        let mut album = Self::default();
        let mut warnings = Vec::new();
        for (group, mut ids) in by_group {
            let run = selection.groups[group].first();
            ids.sort_unstable();
            ids.dedup();
            ids.retain(|&id| !is_whole(run, id));
            if ids.is_empty() {
                continue;
            }
            for (ids, Unavailable { cell, reason }) in fill(run, &ids, remake)? {
                let pictures = if ids.len() == 1 {
                    "picture"
                } else {
                    "pictures"
                };
                warnings.push(format!(
                    "{} {pictures} of {} cannot be shown: {reason}",
                    ids.len(),
                    run.name()
                ));
                let cells = ids.into_iter().map(|id| (key(run, id), cell));
                album.absent.extend(cells);
            }
        }
        Ok((album, warnings))
    }

    /// Whether both the photograph and what the run made of it are available.
    pub(crate) fn has(&self, run: &Run, id: i64) -> bool {
        !self.absent.contains_key(&key(run, id)) && is_whole(run, id)
    }

    /// The photograph.
    pub(crate) fn truth(&self, run: &Run, id: i64) -> Result<Option<RgbImage>, ReportError> {
        open(run, TRUTH, id)
    }

    /// What the run made of it at its last step.
    pub(crate) fn colorized(&self, run: &Run, id: i64) -> Result<Option<RgbImage>, ReportError> {
        open(run, &at_last_step(run), id)
    }

    /// What a cell says that stays empty.
    pub(super) fn absent(&self, run: &Run, id: i64) -> &'static str {
        let found = self.absent.get(&key(run, id));
        found.copied().unwrap_or("no picture")
    }
}

const TRUTH: &str = "truth";

fn at_last_step(run: &Run) -> String {
    format!("step-{:06}", run.record.steps)
}

fn key(run: &Run, id: i64) -> (PathBuf, i64) {
    (run.folder.path().to_path_buf(), id)
}

/// The samples come first: they are what the training itself made.
fn paths(run: &Run, kind: &str, id: i64) -> [PathBuf; 2] {
    [
        run.folder.sample_image(kind, id),
        run.folder.kept_image(kind, id),
    ]
}

fn has(run: &Run, kind: &str, id: i64) -> bool {
    paths(run, kind, id).iter().any(|path| path.is_file())
}

fn is_whole(run: &Run, id: i64) -> bool {
    has(run, TRUTH, id) && has(run, &at_last_step(run), id)
}

fn open(run: &Run, kind: &str, id: i64) -> Result<Option<RgbImage>, ReportError> {
    let mut paths = paths(run, kind, id).into_iter();
    let Some(path) = paths.find(|path| path.is_file()) else {
        return Ok(None);
    };
    match image::open(&path) {
        Ok(picture) => Ok(Some(picture.into_rgb8())),
        Err(cause) => Err(ReportError::Sample { path, cause }),
    }
}

/// Has pictures made and keeps them in the run's folder; returns which of them cannot be had, and why.
fn fill(
    run: &Run,
    ids: &[i64],
    remake: &Remake<'_>,
) -> Result<Vec<(Vec<i64>, Unavailable)>, ReportError> {
    let remade = match remake(run, ids) {
        Ok(remade) => remade,
        Err(why) => return Ok(vec![(ids.to_vec(), why)]),
    };
    let scored = Scored::of(run)?;
    let mut gone: Vec<i64> = ids.to_vec();
    let (mut strangers, mut unkept, mut trouble) = (Vec::new(), Vec::new(), String::new());
    for picture in remade {
        gone.retain(|&id| id != picture.id);
        if !scored.is_of(&picture) {
            strangers.push(picture.id);
        } else if let Err(error) = keep(run, &picture) {
            unkept.push(picture.id);
            trouble = error.to_string();
        }
    }
    let why = |cell: &'static str, reason: String| Unavailable { cell, reason };
    let all = [
        (
            gone,
            why(
                "no photograph",
                "these photographs are no longer held out in the run's dataset".to_owned(),
            ),
        ),
        (
            strangers,
            why(
                "other picture",
                "the checkpoint's output for the current photographs is not what was scored"
                    .to_owned(),
            ),
        ),
        (unkept, why("not kept", trouble)),
    ];
    Ok(all.into_iter().filter(|(ids, _)| !ids.is_empty()).collect())
}

/// What the images of a run scored at its last step.
struct Scored(HashMap<i64, [f64; 2]>);

impl Scored {
    fn of(run: &Run) -> Result<Self, ReportError> {
        let scores = Scores::of_finished(run)?;
        let column = |metric: Metric| scores.column(metric.name()).unwrap_or_default();
        let values = column(Metric::PsnrGray).into_iter();
        let values = values.zip(column(Metric::Psnr));
        let rows = scores.ids().into_iter().zip(values);
        Ok(Self(
            rows.map(|(id, (gray, psnr))| (id, [gray, psnr])).collect(),
        ))
    }

    /// Whether a picture is the one that was scored, and not that of another photograph or of another network.
    fn is_of(&self, picture: &Remade) -> bool {
        let Some(&[gray, colorized]) = self.0.get(&picture.id) else {
            return false;
        };
        let Remade {
            truth,
            colorized: made,
            ..
        } = picture;
        let is_near = |one: f64, other: f64, most: f64| one == other || (one - other).abs() < most;
        truth.dimensions() == made.dimensions()
            && is_near(psnr(truth, &without_chroma(truth)), gray, SAME_PHOTOGRAPH)
            && is_near(psnr(truth, made), colorized, SAME_PICTURE)
    }
}

fn keep(run: &Run, picture: &Remade) -> Result<(), RunError> {
    let step = at_last_step(run);
    for (kind, pixels) in [(TRUTH, &picture.truth), (step.as_str(), &picture.colorized)] {
        if has(run, kind, picture.id) {
            continue;
        }
        let path = run.folder.kept_image(kind, picture.id);
        let mut png = Cursor::new(Vec::new());
        pixels
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|error| RunError::Io {
                action: "encode",
                path: path.clone(),
                cause: std::io::Error::other(error),
            })?;
        atomic::write(&path, &png.into_inner())?;
    }
    Ok(())
}
