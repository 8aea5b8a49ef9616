//! Run folders that nobody trained: what a report is made from, in no time.
//!
//! Photographs are small pictures from a generator; a run of skill `s` colours them with `s` of their chroma, each seed
//! with a little error of its own. Every score is measured, by the metrics that training uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use colorize::color::yuv;
use colorize::evaluate::{Baseline, ImageScore, answer};
use colorize::experiment::{Experiment, Overrides, Variant, resolve};
use colorize::runs::{
    DatasetRecord, Environment, FORMAT, Git, Identity, IdentityParts, ImageScores, LoggedRow,
    Machine, MetricLog, RunFolder, RunRecord, Session, Status, baseline_path, write_baselines,
    write_image_scores,
};
use image::{Rgb, RgbImage};

/// Versions of the modules, as a record keeps them.
const CODE: [(&str, u32); 4] = [("batch", 1), ("color", 2), ("evaluate", 2), ("photo", 1)];

/// Side of the photographs, in pixels.
const SIDE: u32 = 12;

const ROOT: &str = r#"
title = "Plain"
seeds = [0, 1, 2]
dataset = { use = "../world.toml", split = { validation = 0.25, seed = 0 } }
image.size = 12
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
train = { steps = 60, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 20, evaluate_every = 20, sample_every = 20 }
evaluate = { images = 16, batch_size = 3, samples = 3 }
"#;

/// A folder with experiments, reports and runs.
pub(crate) struct World {
    pub(crate) root: PathBuf,
    /// Rows of training metrics a run.
    pub(crate) steps: usize,
    /// Held-out images.
    pub(crate) images: usize,
    photographs: Vec<RgbImage>,
}

impl World {
    pub(crate) fn new(root: &Path, images: usize, steps: usize) -> Self {
        for folder in ["experiments", "reports", "runs"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let manifest = "kind = \"synthetic\"\ncount = 16\nseed = 3\nsize = 24\n";
        fs::write(root.join("world.toml"), manifest).unwrap();
        let root_text = ROOT.replace("steps = 60", &format!("steps = {steps}"));
        fs::write(root.join("experiments/plain.toml"), root_text).unwrap();
        Self {
            root: root.to_path_buf(),
            steps,
            images,
            photographs: (0..images as u64).map(photograph).collect(),
        }
    }

    /// Writes an experiment that extends `plain`.
    pub(crate) fn experiment(&self, name: &str, text: &str) {
        let path = self.root.join(format!("experiments/{name}.toml"));
        fs::write(path, format!("extends = \"plain.toml\"\n{text}")).unwrap();
    }

    /// Writes a report.
    pub(crate) fn report(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.join(format!("reports/{name}.toml"));
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    fn resolved(&self, experiment: &str) -> Experiment {
        let path = self.root.join(format!("experiments/{experiment}.toml"));
        let resolved = resolve(&path, &Overrides::default()).unwrap();
        resolved[0].experiment.clone()
    }

    /// Leaves a finished run of an experiment, and the baselines beside it. Training for `steps` of all steps leaves one
    /// that is interrupted.
    pub(crate) fn run(&self, experiment: &str, seed: u64, skill: f64) -> RunFolder {
        self.run_until(experiment, seed, skill, self.steps)
    }

    pub(crate) fn run_until(
        &self,
        experiment: &str,
        seed: u64,
        skill: f64,
        step: usize,
    ) -> RunFolder {
        self.leave(
            &self.resolved(experiment),
            &Variant::default(),
            seed,
            skill,
            step,
        )
    }

    /// The same of one point of an experiment's `[matrix]`, by its name, such as `norm=batch scale=2`.
    pub(crate) fn run_at(&self, experiment: &str, point: &str, seed: u64, skill: f64) -> RunFolder {
        let path = self.root.join(format!("experiments/{experiment}.toml"));
        let resolved = resolve(&path, &Overrides::default()).unwrap();
        let mut points = resolved.iter();
        let found = points
            .find(|it| it.variant.to_string() == point)
            .unwrap_or_else(|| panic!("no point `{point}`"));
        self.leave(&found.experiment, &found.variant, seed, skill, self.steps)
    }

    fn leave(
        &self,
        experiment: &Experiment,
        variant: &Variant,
        seed: u64,
        skill: f64,
        step: usize,
    ) -> RunFolder {
        let identity = Identity::of(&IdentityParts {
            experiment,
            seed,
            dataset: "photographs",
            labels: None,
            weights: None,
            perceptual_weights: None,
            from: None,
            device_class: "flex",
            code: &CODE,
        });
        let folder = RunFolder::of(&self.runs(), &experiment.name, &identity);
        fs::create_dir_all(folder.path()).unwrap();
        fs::write(folder.experiment(), experiment.to_toml()).unwrap();
        self.log(&folder, seed, skill, step);
        let evaluations: Vec<usize> = (1..=3).map(|part| self.steps * part / 3).collect();
        for (number, &at) in evaluations.iter().enumerate() {
            if at > step {
                break;
            }
            // Skill grows through the training.
            let skill = skill * (number + 1) as f64 / evaluations.len() as f64;
            self.evaluate(&folder, experiment, seed, skill, at);
        }
        self.baselines(experiment);
        let mut record = self.record(experiment, &identity, seed, step);
        record.variant = variant.clone();
        folder.write_record(&record).unwrap();
        folder
    }

    fn log(&self, folder: &RunFolder, seed: u64, skill: f64, until: usize) {
        let mut log = MetricLog::resume(folder, 0, Duration::from_hours(1)).unwrap();
        let mut noise = Noise::new(seed + 1);
        for step in 1..=until {
            let share = step as f64 / self.steps as f64;
            let mut push = |split, metric: &str, value| {
                let row = LoggedRow {
                    step,
                    split,
                    metric,
                    value,
                    seconds: step as f64 / 10.0,
                };
                log.push(row).unwrap();
            };
            let loss = 0.1 / (1.0 + 20.0 * share * skill) * (1.0 + 0.2 * noise.unit());
            push("train", "loss", loss);
            push("train", "images_per_second", 30.0 + 3.0 * noise.unit());
            if step * 3 % self.steps == 0 {
                push("train", "resident_memory_bytes", 2e8 + 1e6 * share);
                push("validation", "loss", loss);
                push("validation", "uv_mse", 0.01 * (1.0 - skill * share));
                push("validation", "psnr", 20.0 + 5.0 * skill * share);
                push(
                    "validation",
                    "psnr_luma_replaced",
                    20.0 + 5.0 * skill * share,
                );
                push("validation", "ciede2000", 15.0 - 5.0 * skill * share);
                push("validation", "colorfulness_ratio", skill * share);
            }
        }
        log.flush().unwrap();
    }

    fn evaluate(
        &self,
        folder: &RunFolder,
        experiment: &Experiment,
        seed: u64,
        skill: f64,
        step: usize,
    ) {
        let pictures: Vec<RgbImage> = self
            .photographs
            .iter()
            .enumerate()
            .map(|(id, truth)| colored(truth, skill, seed * 1000 + id as u64))
            .collect();
        let scores: Vec<ImageScore> = self
            .photographs
            .iter()
            .zip(&pictures)
            .map(|(truth, picture)| ImageScore::of(0.01, truth, picture))
            .collect();
        write_image_scores(folder, &table(step, &scores)).unwrap();
        let save = |kind: &str, id: usize, picture: &RgbImage| {
            let path = folder.sample_image(kind, id as i64);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            picture.save(path).unwrap();
        };
        let samples = experiment.evaluate.samples.min(self.images);
        for (id, picture) in pictures.iter().enumerate().take(samples) {
            save("truth", id, &self.photographs[id]);
            save("gray", id, &yuv::without_chroma(&self.photographs[id]));
            save(&format!("step-{step:06}"), id, picture);
        }
    }

    fn baselines(&self, experiment: &Experiment) {
        let path = baseline_path(&self.runs(), experiment, "photographs", "validation", &CODE);
        if path.is_file() {
            return;
        }
        let tables: Vec<(String, ImageScores)> = Baseline::all([0.02, -0.01])
            .iter()
            .map(|baseline| {
                let photographs = self.photographs.iter();
                let scores: Vec<ImageScore> = photographs
                    .map(|truth| ImageScore::of(f64::NAN, truth, &answer(*baseline, truth)))
                    .collect();
                (baseline.name().to_owned(), table(0, &scores))
            })
            .collect();
        write_baselines(&path, &tables).unwrap();
    }

    fn record(
        &self,
        experiment: &Experiment,
        identity: &Identity,
        seed: u64,
        step: usize,
    ) -> RunRecord {
        let time = |text: &str| text.parse().unwrap();
        RunRecord {
            format: FORMAT,
            experiment: experiment.name.clone(),
            title: experiment.title.clone(),
            seed,
            identity: identity.to_string(),
            configuration: identity.configuration().to_owned(),
            variant: Variant::default(),
            status: if step < self.steps {
                Status::Interrupted
            } else {
                Status::Done
            },
            error: None,
            stopped_early: None,
            step,
            steps: self.steps,
            device: "flex".to_owned(),
            device_class: "flex".to_owned(),
            code: CODE
                .map(|(room, version)| (room.to_owned(), version))
                .into(),
            libraries: BTreeMap::from([("burn".to_owned(), "0.22.1".to_owned())]),
            dataset: DatasetRecord {
                manifest: "world.toml".into(),
                synthetic: None,
                content_hash: "photographs".to_owned(),
                labels: None,
                train: 48,
                validation: self.images,
                excluded: Vec::new(),
                colorless: Vec::new(),
                toned: Vec::new(),
                broken: BTreeMap::new(),
                missing: Vec::new(),
                copies: Vec::new(),
            },
            weights: None,
            perceptual_weights: None,
            from: None,
            parameters: 1234,
            sessions: vec![Session {
                started: time("2026-01-02T03:04:05Z"),
                ended: Some(time("2026-01-02T03:14:05Z")),
                from_step: 0,
                process: 1,
                threads: Some(2),
                peak_memory_bytes: None,
                environment: Environment {
                    colorize: "0.1.0".to_owned(),
                    build: None,
                    git_refused: None,
                    git: Some(Git {
                        commit: "0123456789012345678901234567890123456789".to_owned(),
                        dirty: false,
                        diff_hash: None,
                        diff_left_out: None,
                        untracked: Vec::new(),
                        untracked_in_all: 0,
                    }),
                    machine: Machine {
                        host: "desk".to_owned(),
                        system: "Linux".to_owned(),
                        processor: "Abacus".to_owned(),
                        instructions: Vec::new(),
                        threads: 2,
                        memory_bytes: 8 << 30,
                        gpus: Vec::new(),
                        gpu_driver: None,
                    },
                    arguments: vec!["colorize".to_owned(), "run".to_owned(), "x".to_owned()],
                },
            }],
        }
    }
}

fn table(step: usize, scores: &[ImageScore]) -> ImageScores {
    let columns: Vec<Vec<(&'static str, f64)>> = scores.iter().map(ImageScore::columns).collect();
    ImageScores {
        step,
        image_ids: (0..scores.len() as i64).collect(),
        file_names: (0..scores.len()).map(|id| format!("{id}.png")).collect(),
        metrics: columns[0]
            .iter()
            .enumerate()
            .map(|(place, &(name, _))| (name, columns.iter().map(|image| image[place].1).collect()))
            .collect(),
        totals: Vec::new(),
    }
}

/// Numbers between -1 and 1 that are the same on every machine.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// A photograph: a slope of one colour into another.
fn photograph(id: u64) -> RgbImage {
    let mut noise = Noise::new(id + 17);
    let mut color = || [0.0; 3].map(|_: f64| 128.0 + 90.0 * noise.unit());
    let (here, there) = (color(), color());
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let share = f64::from(x + y) / f64::from(2 * SIDE);
        let mix = |channel: usize| here[channel] * (1.0 - share) + there[channel] * share;
        Rgb([mix(0), mix(1), mix(2)].map(|value| value.round() as u8))
    })
}

/// A photograph with `skill` of its chroma, and an error that depends on the seed.
fn colored(truth: &RgbImage, skill: f64, seed: u64) -> RgbImage {
    let mut noise = Noise::new(seed + 71);
    let error = [0.03 * noise.unit(), 0.03 * noise.unit()];
    let mut picture = truth.clone();
    for pixel in picture.pixels_mut() {
        let [luma, u, v] = yuv::from_rgb(pixel.0.map(|value| f64::from(value) / 255.0));
        let rgb = yuv::to_rgb([luma, skill * u + error[0], skill * v + error[1]]);
        pixel.0 = rgb.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    picture
}
