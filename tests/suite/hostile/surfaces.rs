//! Whatever reads what others wrote, with valid inputs to begin with and some that did harm once.

use std::fs;
use std::path::Path;

use colorize::backend::{self, DeviceName};
use colorize::catalog::{Entry, Filter};
use colorize::dataset::{Index, Manifest};
use colorize::experiment::{Overrides, resolve};
use colorize::extractor::{Extractor, ExtractorKind, WeightsChoice};
use colorize::photo;
use colorize::report::Report;
use colorize::runs::{
    Checkpoint, CheckpointPart, RunFolder, find_runs, read_image_scores, read_metrics,
};
use colorize::train::{Interrupter, Trial};
use colorize::trained::{TrainedNetwork, TrainedRun};
use image::{DynamicImage, ImageFormat, RgbaImage};

use crate::report::distinct::copy;
use crate::runs::Bench;

/// One way into the program.
pub(super) struct Surface<'a> {
    pub(super) name: &'static str,
    /// What it reads without complaint; damage begins here.
    pub(super) valid: Vec<Vec<u8>>,
    /// Inputs that were answered with a panic, an abort, or minutes of silence.
    pub(super) known: Vec<Vec<u8>>,
    /// How many damaged inputs an ordinary test reads.
    pub(super) few: usize,
    /// Reads an input; what it says of it does not matter here.
    pub(super) read: Box<dyn Fn(&[u8]) + 'a>,
}

/// Every surface, on a world of their own.
pub(super) fn all(bench: &Bench) -> Vec<Surface<'_>> {
    let folder = bench.train("runs");
    let mut surfaces = texts(bench);
    surfaces.extend(files(bench, &folder));
    surfaces.extend(of_runs(bench, &folder));
    surfaces.push(checkpoints(bench));
    surfaces
}

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// All files below a folder of the repository with this ending.
fn committed(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = walkdir::WalkDir::new(folder).sort_by_file_name();
    let files = files.into_iter().map(|entry| entry.unwrap().into_path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == ending));
    let files: Vec<Vec<u8>> = files.map(|path| fs::read(path).unwrap()).collect();
    assert!(!files.is_empty());
    files
}

fn texts(bench: &Bench) -> Vec<Surface<'_>> {
    let place = bench.folder.path().join("hostile.toml");
    let tiny = fs::read(bench.folder.path().join("tiny.toml")).unwrap();
    let resolve_file = {
        let place = place.clone();
        move |input: &[u8]| {
            fs::write(&place, input).unwrap();
            match resolve(&place, &Overrides::default()) {
                Ok(points) => drop(points.iter().map(|it| it.experiment.to_toml()).max()),
                Err(error) => drop(error.render(true)),
            }
        }
    };
    let with = |more: &str| [&tiny, more.as_bytes()].concat();
    let numbers = |count: usize| {
        let numbers: Vec<String> = (0..count).map(|it| it.to_string()).collect();
        numbers.join(", ")
    };
    let unknown: String = (0..2_000).map(|it| format!("key{it} = 1\n")).collect();
    let matrix = [
        with("[matrix]\nnetwork.scale = [2, 3]\nnetwork.norm = [\"batch\", \"instance\"]\n"),
        with(
            "[quick]\ntrain.steps = 2\n[[claims]]\ntext = \"x\"\nmetric = \"psnr\"\nagainst = \"tiny\"\nmore_by = 0.1\n",
        ),
        tiny.clone(),
    ];
    let set = {
        let tiny = bench.folder.path().join("tiny.toml");
        move |input: &[u8]| {
            let set = vec![text(input)];
            let overrides = Overrides {
                set,
                ..Overrides::default()
            };
            drop(resolve(&tiny, &overrides).map_err(|error| error.render(false)));
        }
    };
    let read_report = {
        let place = place.clone();
        move |input: &[u8]| {
            fs::write(&place, input).unwrap();
            drop(Report::read(&place).map_err(|error| error.render(false)));
        }
    };
    let read_manifest = {
        let place = place.clone();
        move |input: &[u8]| {
            fs::write(&place, input).unwrap();
            drop(Manifest::read(&place).map_err(|error| error.to_string()));
        }
    };
    let read_coco = {
        let (json, cache) = (bench.folder.path().join("hostile.json"), &bench.cache);
        let manifest = bench.folder.path().join("coco.toml");
        fs::write(
            &manifest,
            "kind = \"coco\"\nimages = \".\"\nannotations = \"hostile.json\"\n",
        )
        .unwrap();
        move |input: &[u8]| {
            fs::write(&json, input).unwrap();
            let manifest = Manifest::read(&manifest).unwrap();
            let index = Index::open(&manifest, cache, &|_| {});
            drop(index.map(|index| index.select(&["cow".to_owned()]).map(|it| it.len())));
        }
    };
    let coco = r#"{"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}, {"id": 2, "file_name": "b.jpg"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [0.5, 1, 2, NaN], "segmentation": [[1.5, 2]]}],
        "categories": [{"id": 3, "name": "cow", "supercategory": "animal"}], "info": {"year": 2017}}"#;
    let keys: Vec<String> = (0..20_000).map(|it| format!("\"k{it}\": 1")).collect();
    vec![
        Surface {
            name: "experiment",
            valid: [matrix.to_vec(), committed("experiments", "toml")].concat(),
            known: vec![
                with(&format!("[matrix]\nimage.size = [{}]\n", numbers(3_000))),
                [format!("seeds = [{}]\n", numbers(20_000)).as_bytes(), &tiny].concat(),
                [unknown.as_bytes(), &tiny].concat(),
                [format!("name = \"{}\"\n", "n".repeat(300)).as_bytes(), &tiny].concat(),
                format!("a = {}", "[".repeat(20_000)).into_bytes(),
                format!("{} = 1", vec!["a"; 5_000].join(".")).into_bytes(),
            ],
            few: 150,
            read: Box::new(resolve_file),
        },
        Surface {
            name: "set",
            valid: bytes(&[
                "train.steps=5",
                "network.scale=4",
                "dataset.categories=[\"cow\", \"stop sign\"]",
                "train.optimizer={kind=\"sgd\", learning_rate=1e-3, momentum=0.9}",
                "title=a word",
                "matrix.network.scale=[1, 2]",
            ]),
            known: vec![format!("a={}", "[".repeat(20_000)).into_bytes()],
            few: 150,
            read: Box::new(set),
        },
        Surface {
            name: "report",
            valid: committed("reports", "toml"),
            known: Vec::new(),
            few: 60,
            read: Box::new(read_report),
        },
        Surface {
            name: "manifest",
            valid: [
                bytes(&["kind = \"coco\"\nimages = \"a\"\nannotations = \"b.json\"\nallow_outside = true\n"]),
                committed("datasets", "toml"),
            ]
            .concat(),
            known: Vec::new(),
            few: 150,
            read: Box::new(read_manifest),
        },
        Surface {
            name: "coco",
            valid: bytes(&[coco, "{\"images\": []}"]),
            known: vec![
                format!("{{{}, \"images\": []}}", keys.join(", ")).into_bytes(),
                "[".repeat(100_000).into_bytes(),
                format!("{{\"images\": [], \"x\": {}", "{\"a\":".repeat(100_000)).into_bytes(),
            ],
            few: 100,
            read: Box::new(read_coco),
        },
    ]
}

fn files<'a>(bench: &'a Bench, folder: &RunFolder) -> Vec<Surface<'a>> {
    let picture = RgbaImage::from_fn(40, 30, |x, y| {
        image::Rgba([(x * 6) as u8, (y * 8) as u8, (x * y) as u8, (x * 7) as u8])
    });
    let encoded = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(picture.clone());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let mut pictures = committed("tests/golden/photo", "jpg");
    pictures.extend(committed("tests/golden/photo", "webp"));
    pictures.extend([encoded(ImageFormat::Png), encoded(ImageFormat::WebP)]);

    let cache = bench.cache.folder.clone();
    let trained = TrainedRun::open(folder, None, DeviceName::Flex, &cache).unwrap();
    let model = trained.to_file().unwrap();
    let read_model = {
        let (place, cache) = (
            bench.folder.path().join("hostile.safetensors"),
            cache.clone(),
        );
        move |input: &[u8]| {
            fs::write(&place, input).unwrap();
            drop(
                TrainedNetwork::read(&place, DeviceName::Flex, &cache).map_err(|it| it.to_string()),
            );
        }
    };
    let read_weights = {
        let place = bench.folder.path().join("hostile.pth");
        let device = backend::open(&DeviceName::Flex).unwrap();
        move |input: &[u8]| {
            fs::write(&place, input).unwrap();
            let choice = WeightsChoice::File(place.clone());
            let loaded = Extractor::load(ExtractorKind::Resnet18, &choice, &cache, &device);
            drop(
                loaded
                    .map_err(|error| error.to_string())
                    .map(|it| it.kind()),
            );
        }
    };
    vec![
        Surface {
            name: "picture",
            valid: pictures,
            known: vec![
                b"RIFF\xff\xff\xff\xffWEBPVP8X".to_vec(),
                b"\xff\xd8\xff".to_vec(),
            ],
            few: 150,
            read: Box::new(|input| drop(photo::read(input).map_err(|error| error.to_string()))),
        },
        Surface {
            name: "model",
            valid: vec![model],
            known: vec![[&u64::MAX.to_le_bytes()[..], b"{"].concat()],
            few: 60,
            read: Box::new(read_model),
        },
        Surface {
            name: "weights",
            valid: committed("tests/golden", "pth"),
            known: Vec::new(),
            few: 60,
            read: Box::new(read_weights),
        },
        Surface {
            name: "filter",
            valid: bytes(&[
                "network.scale>=16 and not dirty",
                "status=done and (experiment~yuv or experiment='04-fusion')",
                "seed in (0, 1, 2) and title~\"stop*\" || age<2d",
                "metric:psnr>20 and best:train:loss<nan",
            ]),
            known: vec![
                "(".repeat(100_000).into_bytes(),
                "not ".repeat(100_000).into_bytes(),
                format!("title~'{}'", "*a".repeat(5_000)).into_bytes(),
            ],
            few: 200,
            read: {
                let entry = Entry::read(folder).unwrap();
                Box::new(move |input| match Filter::parse(&text(input)) {
                    Ok(filter) => drop(filter.matches(&entry)),
                    Err(error) => drop(error.to_string()),
                })
            },
        },
    ]
}

/// What lies in run folders, but for checkpoints.
fn of_runs<'a>(bench: &'a Bench, folder: &RunFolder) -> Vec<Surface<'a>> {
    let place = bench
        .folder
        .path()
        .join("damaged/tiny")
        .join("s0-0123456789");
    copy(folder.path(), &place);
    let damaged = RunFolder::at(place);
    let whole = folder.record().unwrap().unwrap();
    let log = damaged.metrics().join("from-000000000.parquet");
    let scores = damaged.image_scores(6);
    let record = damaged.path().join("run.json");
    let read = |path: &Path| fs::read(path).unwrap();
    let runs = bench.folder.path().join("damaged");
    let valid = [read(&log), read(&scores), read(&record)];
    let read_log = {
        let (damaged, log, whole) = (damaged.clone(), log.clone(), valid[0].clone());
        move |input: &[u8]| {
            fs::write(&log, input).unwrap();
            drop(read_metrics(&damaged).map_err(|error| error.to_string()));
            drop(Entry::read(&damaged).map_err(|error| error.to_string()));
            fs::write(&log, &whole).unwrap();
        }
    };
    let read_scores = {
        let (damaged, scores, bytes) = (damaged.clone(), scores.clone(), valid[1].clone());
        move |input: &[u8]| {
            fs::write(&scores, input).unwrap();
            drop(read_image_scores(&scores).map_err(|error| error.to_string()));
            drop(damaged.lacks(&whole).map_err(|error| error.to_string()));
            fs::write(&scores, &bytes).unwrap();
        }
    };
    let read_record = {
        let (record, bytes) = (record.clone(), valid[2].clone());
        move |input: &[u8]| {
            fs::write(&record, input).unwrap();
            drop(damaged.record().map_err(|error| error.to_string()));
            drop(find_runs(&runs).map(|list| list.strays.remarks()));
            if let Ok(entry) = Entry::read(&damaged) {
                drop(entry.label());
            }
            fs::write(&record, &bytes).unwrap();
        }
    };
    let [valid_log, valid_scores, valid_record] = valid.map(|bytes| vec![bytes]);
    vec![
        Surface {
            name: "log",
            valid: valid_log,
            known: vec![b"PAR1\0\0\0\0\xff\xff\xff\xffPAR1".to_vec()],
            few: 100,
            read: Box::new(read_log),
        },
        Surface {
            name: "scores",
            valid: valid_scores,
            known: Vec::new(),
            few: 60,
            read: Box::new(read_scores),
        },
        Surface {
            name: "run.json",
            valid: valid_record,
            known: vec!["[".repeat(100_000).into_bytes()],
            few: 100,
            read: Box::new(read_record),
        },
    ]
}

/// A run that was stopped goes on from a checkpoint of which a part was changed, and its hash made right again. The first byte
/// of an input says which part.
fn checkpoints(bench: &Bench) -> Surface<'_> {
    let runs = bench.runs("stopped");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let template = crate::crash::train_until_after(&trial, 5);
    let kept = bench.folder.path().join("kept");
    copy(template.path(), &kept);
    let newest = Checkpoint::list(&template.checkpoints()).unwrap().remove(0);
    let valid = CheckpointPart::ALL.iter().enumerate().map(|(at, &part)| {
        let bytes = fs::read(newest.part(part)).unwrap();
        [&[at as u8][..], &bytes].concat()
    });
    let valid = valid.collect();
    let read = move |input: &[u8]| {
        let Some((&part, bytes)) = input.split_first() else {
            return;
        };
        let part = CheckpointPart::ALL[usize::from(part) % CheckpointPart::ALL.len()];
        let runs = bench.folder.path().join("resumed");
        let _ = fs::remove_dir_all(&runs);
        let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
        copy(&kept, trial.folder().path());
        exchange(&trial, newest.step, part, bytes);
        drop(
            trial
                .run(&Interrupter::new())
                .map_err(|error| error.to_string()),
        );
    };
    Surface {
        name: "checkpoint",
        valid,
        known: Vec::new(),
        few: 24,
        read: Box::new(read),
    }
}

/// Puts other bytes in the place of a part of a checkpoint, with the hash that they have.
pub(super) fn exchange(trial: &Trial<'_>, step: usize, part: CheckpointPart, bytes: &[u8]) {
    let checkpoint = Checkpoint::at(&trial.folder().checkpoints(), step);
    let path = checkpoint.part(part);
    let list = checkpoint.path.join("checkpoint.json");
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let before = hash(&fs::read(&path).unwrap());
    let text = fs::read_to_string(&list).unwrap();
    assert!(text.contains(&before));
    fs::write(&list, text.replace(&before, &hash(bytes))).unwrap();
    fs::write(path, bytes).unwrap();
}
