//! An invented report with something of everything, and one of a thousand runs.

use super::super::*;
use super::drawings;
use crate::evaluate::Better;

/// A name that a report must survive, among ordinary ones.
pub(super) const HOSTILE_NAME: &str = "<script>injected = 1</script>";

/// A report as one looks, with pictures worth looking at.
pub(super) fn drawn() -> Page {
    Page {
        figures: drawings::figures(),
        sliders: vec![drawings::slider(160)],
        galleries: vec![
            drawings::gallery("All categories", 97, 64),
            drawings::gallery("Stop sign", 23, 64),
        ],
        ..page()
    }
}

/// The same with pictures of a few pixels, for tests.
pub(super) fn page() -> Page {
    Page {
        title: "The stages of “colorize” on the synthetic world".to_owned(),
        introduction: vec![
            "Five stages, each trained on 1,000 scenes at 40x40 pixels for 1,000 steps, and their ablations. Every number is of \
             held-out images, which no network has seen; `docs/evaluation.md` defines them."
                .to_owned(),
            "Numbers on the synthetic world say nothing about numbers on photographs. PSNR rewards caution, and so brown: read \
             it with colorfulness."
                .to_owned(),
            "The stages one by one, for whoever reads on.".to_owned(),
        ],
        notes: vec!["Missing: `03-yuv`, seed 2.".to_owned()],
        galleries: vec![drawings::gallery("All categories", 6, 8)],
        claims: claims(),
        tables: vec![stages(), ablations(), images()],
        figures: drawings::small_figures(),
        sliders: vec![drawings::slider(8)],
        diffs: diffs(),
        runs: runs(),
        reproduce: reproduce(),
        footer: "Written by `colorize` 0.1.0 from `reports/stages.toml`.".to_owned(),
    }
}

fn number(value: f64, decimals: usize) -> Number {
    Number::new(value, format!("{value:.decimals$}").replace('-', "−"))
}

fn signed(value: f64, decimals: usize) -> Number {
    Number::new(value, format!("{value:+.decimals$}").replace('-', "−"))
}

fn side(name: &str, value: Number, detail: &str) -> Side {
    Side {
        name: name.to_owned(),
        value,
        detail: detail.to_owned(),
    }
}

fn claims() -> Vec<Claim> {
    let one_seed = "One seed a side: the interval covers the choice of images alone, and another seed may say otherwise.";
    let claim = |text: &str, test: &str, verdict, numbers, remark: &str| Claim {
        text: text.to_owned(),
        test: test.to_owned(),
        source: "experiments/02-stopsigns.toml".to_owned(),
        verdict,
        formerly: None,
        numbers,
        remark: remark.to_owned(),
    };
    vec![
        claim(
            "Trained on stop signs alone, the same network makes more colourful pictures.",
            "`colorfulness_ratio` of 02-stopsigns greater than that of 01-batchnorm, by more than 0.1",
            Verdict::Supported,
            Some(ClaimNumbers {
                unit: String::new(),
                of: side("02-stopsigns", number(0.763, 2), "± 0.04 over 3 seeds"),
                against: side("01-batchnorm", number(0.571, 2), "± 0.03 over 3 seeds"),
                difference: signed(0.192, 2),
                low: signed(0.134, 2),
                high: signed(0.247, 2),
                expected: Expected::Above(0.1),
                p_value: number(0.0006, 4),
                corrected_for: 5,
                effect: Some(number(0.92, 2)),
                paired_over: "unpaired: 23 images against 97".to_owned(),
            }),
            "The interval covers the choice of images and 3 seeds against 3.",
        ),
        Claim {
            formerly: Some(Verdict::Supported),
            ..claim(
                "Fusing in a classifier lowers the held-out error of chroma.",
                "`uv_mse` of 04-fusion less than that of 04-fusion-none",
                Verdict::NotDecided,
                Some(ClaimNumbers {
                    unit: String::new(),
                    of: side("04-fusion", number(0.00509, 5), ""),
                    against: side("04-fusion-none", number(0.00524, 5), ""),
                    difference: signed(-0.00015, 5),
                    low: signed(-0.00053, 5),
                    high: signed(0.00038, 5),
                    expected: Expected::Below(0.0),
                    p_value: number(0.41, 2),
                    corrected_for: 5,
                    effect: Some(number(-0.08, 2)),
                    paired_over: "paired over 97 images".to_owned(),
                }),
                one_seed,
            )
        },
        claim(
            "Batch norm sees what instance norm sees: the two differ by less than 1 dB.",
            "`psnr` of 01-batchnorm equal to that of 00-instancenorm, within 1",
            Verdict::Contradicted,
            Some(ClaimNumbers {
                unit: "dB".to_owned(),
                of: side("01-batchnorm", number(20.57, 2), "± 0.12 over 3 seeds"),
                against: side("00-instancenorm", number(16.95, 2), "± 0.31 over 3 seeds"),
                difference: signed(3.62, 2),
                low: signed(3.11, 2),
                high: signed(4.08, 2),
                expected: Expected::Within(-1.0, 1.0),
                p_value: Number::new(0.0001, "< 0.0001"),
                corrected_for: 5,
                effect: Some(number(1.84, 2)),
                paired_over: "paired over 97 images, 3 seeds a side".to_owned(),
            }),
            "",
        ),
        claim(
            "Fusion beats the mean chroma of the training photographs.",
            "`uv_mse` of 04-fusion less than that of the baseline `mean_chroma`",
            Verdict::Open,
            None,
            "The baseline `mean_chroma` was not scored.",
        ),
    ]
}

fn cell(value: f64, decimals: usize, detail: &str, is_best: bool) -> Cell {
    Cell::Number {
        number: number(value, decimals),
        detail: detail.to_owned(),
        is_best,
    }
}

fn columns() -> Vec<Column> {
    let metric = |name: &str, unit: &str, hint: &str, better| Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        hint: hint.to_owned(),
        is_number: true,
        better,
    };
    vec![
        Column {
            name: "stage".to_owned(),
            ..Column::default()
        },
        metric(
            "PSNR",
            "dB",
            "Mean of the decibels of each image.",
            Better::Higher,
        ),
        metric(
            "luma replaced",
            "dB",
            "PSNR after the prediction's luma was replaced by the photograph's.",
            Better::Higher,
        ),
        metric("CIEDE2000", "", "Mean colour difference.", Better::Lower),
        metric(
            "colorfulness",
            "",
            "Ratio to the photographs'; `1` is as colourful as life.",
            Better::One,
        ),
        Column {
            name: "n".to_owned(),
            hint: "Seeds.".to_owned(),
            is_number: true,
            ..Column::default()
        },
    ]
}

fn files(name: &str) -> Vec<FileLink> {
    ["csv", "md", "tex"]
        .iter()
        .zip(["CSV", "Markdown", "LaTeX"])
        .map(|(ending, label)| FileLink::new(label, format!("tables/{name}.{ending}")))
        .collect()
}

fn stages() -> Table {
    let row = |name: &str, values: [f64; 4], spread: &str, best: usize| {
        let decimals = [2, 2, 2, 2];
        let mut cells = vec![Cell::Text(name.to_owned())];
        for (index, value) in values.into_iter().enumerate() {
            cells.push(cell(
                value,
                decimals[index],
                spread,
                best & (1 << index) > 0,
            ));
        }
        cells.push(cell(3.0, 0, "", false));
        Row {
            cells,
            is_reference: false,
        }
    };
    let mut rows = vec![
        row("0 instance norm", [16.95, 21.67, 16.74, 0.64], "± 0.31", 0),
        row("1 batch norm", [20.57, 22.85, 12.39, 0.57], "± 0.12", 0),
        row(
            "2 stop signs",
            [20.75, 24.01, 11.40, 0.76],
            "± 0.20",
            0b1010,
        ),
        row("3 YUV", [23.26, 23.30, 10.80, 0.73], "± 0.09", 0b101),
        row("4 fusion", [21.88, 21.90, 12.25, 0.46], "± 0.17", 0),
    ];
    let missing = |word: &str| Cell::Missing(word.to_owned());
    let mut failed = vec![Cell::Text("4 without its classifier".to_owned())];
    failed.extend((0..4).map(|_| missing("missing")));
    failed.push(cell(0.0, 0, "", false));
    rows.push(Row {
        cells: failed,
        is_reference: false,
    });
    let mut gray = row("no colour, same scenes", [20.17, 20.17, 14.12, 0.0], "", 0);
    gray.is_reference = true;
    gray.cells[5] = missing("none");
    rows.push(gray);
    Table {
        title: "The stages".to_owned(),
        caption: "Mean and standard deviation over seeds, of the last evaluation.".to_owned(),
        columns: columns(),
        rows,
        files: files("stages"),
    }
}

fn ablations() -> Table {
    let mut table = stages();
    table.title = "Ablations, and a name that means no harm".to_owned();
    table.caption = String::new();
    table.rows.truncate(4);
    let names = [
        HOSTILE_NAME,
        "\"><img src=x onerror=injected=1>",
        "ענף ראשי – שם מימין לשמאל",
        "norm=batch scale=8 🎨 a_very_long_variant_without_any_space_in_it_at_all_0123456789",
    ];
    for (row, name) in table.rows.iter_mut().zip(names) {
        row.cells[0] = Cell::Text(name.to_owned());
    }
    table.files = vec![FileLink::new("CSV", "tables/100 % \"odd\" <name>#1?.csv")];
    table
}

fn images() -> Table {
    let row = |index: u32| {
        let wave = f64::from(index * 37 % 101) / 20.0;
        Row {
            cells: vec![
                Cell::Code(format!("{index:012}.png")),
                cell(19.0 + wave, 2, "", false),
                cell(20.5 + wave * 0.8, 2, "", false),
                cell(16.0 - wave, 2, "", false),
                cell(0.2 + wave / 8.0, 2, "", false),
                cell(3.0, 0, "", false),
            ],
            is_reference: false,
        }
    };
    let mut columns = columns();
    columns[0].name = "image".to_owned();
    Table {
        title: "Every held-out image".to_owned(),
        caption: "03-yuv, seed 0.".to_owned(),
        columns,
        rows: (0..97).map(row).collect(),
        files: files("images"),
    }
}

fn diffs() -> Vec<Diff> {
    let key = |key: &str, parent: Option<&str>, own: Option<&str>| DiffKey {
        key: key.to_owned(),
        parent: parent.map(str::to_owned),
        own: own.map(str::to_owned),
    };
    vec![
        Diff {
            experiment: "02-stopsigns".to_owned(),
            parent: "01-batchnorm".to_owned(),
            keys: vec![key(
                "dataset.categories",
                Some("[]"),
                Some("[\"stop sign\"]"),
            )],
        },
        Diff {
            experiment: "03-yuv".to_owned(),
            parent: "02-stopsigns".to_owned(),
            keys: vec![
                key("color.space", Some("\"rgb\""), Some("\"yuv\"")),
                key("color.head", None, Some("\"half_tanh\"")),
                key("train.loss_weights", Some("[1.0, 1.0, 1.0]"), None),
            ],
        },
        Diff {
            experiment: "03-yuv-again".to_owned(),
            parent: "03-yuv".to_owned(),
            keys: Vec::new(),
        },
    ]
}

fn runs() -> Vec<Run> {
    let names = [
        "00-instancenorm",
        "01-batchnorm",
        "02-stopsigns",
        "03-yuv",
        HOSTILE_NAME,
    ];
    let mut runs: Vec<Run> = names
        .iter()
        .flat_map(|name| (0..3).map(|seed| run(name, seed)))
        .collect();
    runs[4].status = Status::Interrupted;
    runs[4].remark = "at step 400 of 1,000".to_owned();
    runs[8].status = Status::Failed;
    runs[8].remark = "the loss is not finite at step 212".to_owned();
    runs[11] = Run {
        status: Status::Missing,
        identity: String::new(),
        commit: None,
        started: String::new(),
        ended: String::new(),
        ..runs[11].clone()
    };
    runs
}

fn run(name: &str, seed: u64) -> Run {
    let hash = blake3::hash(format!("{name} {seed}").as_bytes());
    Run {
        name: name.to_owned(),
        seed,
        identity: hash.to_string(),
        status: Status::Done,
        remark: String::new(),
        commit: Some(Commit {
            hash: "43ee1d0c5f0f4f5c9a7e1b2d3c4f5a6b7c8d9e0f".to_owned(),
            is_dirty: seed == 2,
        }),
        device: "flex".to_owned(),
        hardware: "Intel(R) Xeon(R) Processor, 2 threads, 23.5 GiB".to_owned(),
        started: format!("2026-11-2{seed} 09:14"),
        ended: format!("2026-11-2{seed} 09:21"),
    }
}

fn reproduce() -> Reproduce {
    let command = |purpose: &str, command: &str| Command {
        purpose: purpose.to_owned(),
        command: command.to_owned(),
    };
    let fact = |name: &str, value: &str, is_code| Fact {
        name: name.to_owned(),
        value: value.to_owned(),
        is_code,
    };
    Reproduce {
        introduction: "On the same machine, device and number of threads the same numbers come out to the last bit.".to_owned(),
        commands: vec![
            command("Train what is missing:", "colorize run experiments/00-instancenorm.toml experiments/01-batchnorm.toml experiments/02-stopsigns.toml experiments/03-yuv.toml --quick --seed 0 --seed 1 --seed 2"),
            command("Make this report again:", "colorize report reports/stages.toml"),
        ],
        facts: vec![
            fact("dataset", "synthetic world, 1,000 scenes", false),
            fact("its content hash", &blake3::hash(b"world").to_string(), true),
            fact("code", "43ee1d0c5f0f4f5c9a7e1b2d3c4f5a6b7c8d9e0f", true),
            fact("processor", "Intel(R) Xeon(R) Processor, 2 threads, 23.5 GiB", false),
            fact("training", "7 minutes a run, on flex", false),
        ],
    }
}

/// The same with a gallery of a thousand images.
pub(super) fn large_drawn() -> Page {
    Page {
        galleries: vec![drawings::gallery("All categories", 1000, 64)],
        ..large()
    }
}

/// A thousand runs and tables of as many rows.
pub(super) fn large() -> Page {
    let mut page = page();
    page.title = "A thousand runs".to_owned();
    page.runs = (0..1000).map(|seed| run("01-batchnorm", seed)).collect();
    let rows = std::mem::take(&mut page.tables[2].rows);
    page.tables[2].rows = rows.into_iter().cycle().take(1000).collect();
    page.diffs = page.diffs.into_iter().cycle().take(40).collect();
    page
}
