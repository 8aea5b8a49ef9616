//! Pictures for the specimen, from the synthetic world and with invented numbers.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage, imageops};

use super::super::{
    Figure, FileLink, Gallery, GalleryImage, GalleryMetric, Picture, Slider, SliderImage, Version,
};
use crate::figure::{
    self, Better, Comparison, ComparisonCell, ComparisonRow, CurveSection, Interval, IntervalGroup,
    Metric, Panel, Room, RunName, Series, Smoothing, Theme, Verdict, VerdictNames,
};
use colorize_synthetic::World;

/// What colors a picture less or more than life: a run that learned a little, one that learned much.
const RUNS: [(&str, f32); 3] = [
    ("01-batchnorm", 0.35),
    ("02-stopsigns", 0.8),
    ("03-yuv", 0.95),
];

/// Curves, intervals, and a grid of pictures.
pub(super) fn figures() -> Vec<Figure> {
    vec![
        drawn(
            "Learning curves",
            "PSNR of held-out images, luma replaced, over 1,000 steps. The band is the range over three seeds.",
            "Three rising curves: `03-yuv` ends highest at 23.3 dB, `02-stopsigns` at 21.9, `01-batchnorm` at 20.4.",
            "curves",
            |theme| curves(Room::Page, theme),
        )
        .on_a_phone(|theme| curves(Room::Phone, theme)),
        drawn(
            "The same held-out images",
            "What each run made of images that it had not seen, with its PSNR. Best of each row in bold.",
            "A grid of pictures: truth, gray, and a column for each of three runs, the last the most colourful.",
            "comparison",
            comparison,
        ),
        drawn(
            "Ablations against their parents",
            "",
            "Differences in PSNR with their intervals: Lab is 0.4 dB better, half the width 0.9 dB worse.",
            "ablations",
            ablations,
        ),
        Figure {
            is_folded: true,
            ..drawn(
                "One of many of its kind",
                "",
                "The same differences.",
                "folded",
                ablations,
            )
        },
    ]
}

/// A figure for either page, and one for both, a few pixels large. The drawings are documents that try what a text could.
pub(super) fn small_figures() -> Vec<Figure> {
    let svg = |document: &str| Picture::Svg {
        document: document.to_owned(),
        width: 300,
        height: 200,
    };
    let figure = |title: &str, light, dark| Figure {
        title: title.to_owned(),
        caption: "The `caption`.".to_owned(),
        alternative: "What is to be seen.".to_owned(),
        light,
        dark,
        phone: None,
        is_folded: false,
        files: vec![FileLink::new("PNG", "figures/figure.png")],
    };
    let light = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>injected = 1</script>\n<text>é 100 % #1</text></svg>";
    let dark =
        "<svg xmlns='http://www.w3.org/2000/svg' onload='injected = 1'><text>\"&gt;</text></svg>";
    vec![
        figure("Drawn twice", svg(light), Some(svg(dark))),
        figure("Drawn once", png(&scene(0, 8)), None),
        Figure {
            phone: Some([svg(light), svg(dark)]),
            is_folded: true,
            ..figure("Drawn for phones", svg(light), Some(svg(dark)))
        },
    ]
}

impl Figure {
    fn on_a_phone(self, draw: impl Fn(Theme) -> figure::Figure) -> Self {
        let vector = |theme| {
            let figure = draw(theme);
            Picture::Svg {
                document: figure.to_svg(&[]).unwrap(),
                width: figure.width(),
                height: figure.height(),
            }
        };
        Self {
            phone: Some([vector(Theme::Light), vector(Theme::Dark)]),
            ..self
        }
    }
}

fn drawn(
    title: &str,
    caption: &str,
    alternative: &str,
    file: &str,
    draw: impl Fn(Theme) -> figure::Figure,
) -> Figure {
    let picture = |theme| {
        let figure = draw(theme);
        let (width, height) = (figure.width(), figure.height());
        if file == "comparison" {
            let bytes = figure.to_png(&[]).unwrap();
            Picture::Png {
                bytes,
                width,
                height,
            }
        } else {
            let document = figure.to_svg(&[]).unwrap();
            Picture::Svg {
                document,
                width,
                height,
            }
        }
    };
    Figure {
        title: title.to_owned(),
        caption: caption.to_owned(),
        alternative: alternative.to_owned(),
        light: picture(Theme::Light),
        dark: Some(picture(Theme::Dark)),
        phone: None,
        is_folded: false,
        files: vec![
            FileLink::new("PNG", format!("figures/{file}.png")),
            FileLink::new("SVG", format!("figures/{file}.svg")),
        ],
    }
}

fn curves(room: Room, theme: Theme) -> figure::Figure {
    let series = |(index, (run, strength)): (usize, (&str, f32))| {
        let end = 19.0 + f64::from(strength) * 4.5;
        let value = |step: f64| end - 6.0 * (-step / 180.0).exp() + (step / 37.0).sin() * 0.15;
        let steps = (1..=40).map(|at| f64::from(at) * 25.0 + index as f64);
        Series {
            label: run.to_owned(),
            points: steps.clone().map(|step| (step, value(step))).collect(),
            band: steps
                .map(|step| (step, value(step) - 0.3, value(step) + 0.35))
                .collect(),
            look: None,
        }
    };
    let panel = Panel {
        title: "Held-out PSNR, luma replaced".to_owned(),
        x_label: "step".to_owned(),
        y_label: "dB".to_owned(),
        smoothing: Smoothing::None,
        series: RUNS.into_iter().enumerate().map(series).collect(),
        ..Panel::default()
    };
    let section = CurveSection {
        heading: String::new(),
        panels: vec![panel],
    };
    figure::curves_by_section("Learning curves", &[section], room, theme)
}

fn ablations(theme: Theme) -> figure::Figure {
    let row = |label: &str, value: f64, half: f64, verdict| Interval {
        label: label.to_owned(),
        value,
        low: value - half,
        high: value + half,
        expected: (0.0, f64::INFINITY),
        verdict,
    };
    let group = IntervalGroup {
        metric: metric(),
        rows: vec![
            row("Lab in place of YUV", 0.41, 0.2, Verdict::Good),
            row("head without tanh", 0.05, 0.22, Verdict::Open),
            row("half the width", -0.87, 0.31, Verdict::Bad),
        ],
    };
    figure::intervals("", &[group], VerdictNames::CLAIMS, theme)
}

fn metric() -> Metric {
    Metric {
        name: "PSNR, luma replaced".to_owned(),
        unit: "dB".to_owned(),
        digits: 2,
        better: Better::Higher,
    }
}

fn comparison(theme: Theme) -> figure::Figure {
    let pictures: Vec<_> = (0..4)
        .map(|index| {
            let truth = scene(index, 128);
            let made = RUNS.map(|(_, strength)| tinted(&truth, strength));
            (tinted(&truth, 0.0), made, truth)
        })
        .collect();
    let rows = pictures
        .iter()
        .zip(1..)
        .map(|((gray, made, truth), number)| ComparisonRow {
            name: format!("scene {number}"),
            truth,
            gray: ComparisonCell {
                picture: Ok(gray),
                value: Some(19.4 + f64::from(number)),
            },
            colorized: made
                .iter()
                .zip(RUNS)
                .map(|(picture, (_, strength))| {
                    let value = Some(20.0 + f64::from(number) + f64::from(strength));
                    Some(ComparisonCell {
                        picture: Ok(picture),
                        value,
                    })
                })
                .collect(),
        });
    let content = Comparison {
        runs: RunName::numbered(RUNS.map(|(run, _)| run)),
        metric: metric(),
        pictures: String::new(),
        rows: rows.collect(),
    };
    figure::comparison("", &content, theme)
}

/// Six images of so many pixels per side; one of the runs lacks the last.
pub(super) fn slider(size: usize) -> Slider {
    let image = |index: usize| {
        let truth = scene(index, size);
        let version = |(run, strength): (&str, f32)| Version {
            run: run.to_owned(),
            picture: png(&tinted(&truth, strength)),
            detail: format!("{:.1} dB", 20.0 + strength * 4.0),
        };
        let runs = if index == 5 { &RUNS[1..] } else { &RUNS[..] };
        SliderImage {
            name: format!("scene {index:06}"),
            gray: png(&tinted(&truth, 0.0)),
            colorized: runs.iter().copied().map(version).collect(),
            truth: png(&truth),
        }
    };
    Slider {
        title: "Held-out scenes".to_owned(),
        caption: "Any two versions of an image, one over the other: drag the divider, or move it with the arrow keys."
            .to_owned(),
        images: (0..6).map(image).collect(),
        opens_on: "03-yuv".to_owned(),
    }
}

/// All versions of a scene side by side, without those of the runs that lack it.
fn strip(index: usize, size: usize, lacks: impl Fn(usize) -> bool) -> Vec<u8> {
    let truth = scene(index, size);
    let made = RUNS.map(|(_, strength)| tinted(&truth, strength));
    let gray = tinted(&truth, 0.0);
    let pictures = [truth, gray].into_iter().chain(made);
    let side = size as u32;
    let mut strip = RgbImage::new(side * (RUNS.len() as u32 + 2), side);
    for (place, picture) in pictures.enumerate() {
        if place < 2 || !lacks(place - 2) {
            imageops::replace(&mut strip, &picture, i64::from(side) * place as i64, 0);
        }
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 82)
        .encode_image(&strip)
        .unwrap();
    bytes
}

/// So many images of so many pixels per side; one of the runs lacks every fifth.
pub(super) fn gallery(title: &str, count: usize, size: usize) -> Gallery {
    let metric = |name: &str, digits, better| GalleryMetric {
        name: name.to_owned(),
        digits,
        better,
    };
    let lacks = |run: usize, index: usize| run == 1 && index % 5 == 4;
    // Ten scenes in turn: painting one takes its time.
    let strips: Vec<Vec<u8>> = (0..count.min(10))
        .map(|index| strip(index, size, |run| lacks(run, index)))
        .collect();
    let image = |index: usize| {
        let scores = RUNS.iter().enumerate().map(|(run, (_, strength))| {
            let wave = (index * 37 % 101) as f64 / 40.0;
            let psnr = f64::from(*strength).mul_add(4.0, 19.123_456) + wave;
            vec![
                (!lacks(run, index)).then_some(psnr),
                Some(f64::from(*strength)),
            ]
        });
        GalleryImage {
            name: format!("scene-{index:06}.png"),
            strip: strips[index % strips.len()].clone(),
            width: size as u32,
            height: size as u32,
            shows: vec![index % 3],
            has: (0..RUNS.len()).map(|run| !lacks(run, index)).collect(),
            scores: scores.collect(),
        }
    };
    Gallery {
        title: title.to_owned(),
        caption: format!("{count} of 120 held-out images."),
        runs: RUNS.map(|(run, _)| run.to_owned()).into(),
        best: 2,
        metrics: vec![
            metric("PSNR (dB)", 2, Better::Higher),
            metric("Colorfulness ratio", 3, Better::One),
        ],
        categories: ["person", "stop sign", "<b>dog</b>"]
            .map(str::to_owned)
            .into(),
        images: (0..count).map(image).collect(),
    }
}

fn scene(index: usize, size: usize) -> RgbImage {
    let world = World {
        count: 100,
        seed: 7,
        size,
    };
    world.scene(index).image
}

/// A picture with less color.
fn tinted(picture: &RgbImage, strength: f32) -> RgbImage {
    let mut tinted = picture.clone();
    for pixel in tinted.pixels_mut() {
        let gray = pixel.0.iter().map(|value| f32::from(*value)).sum::<f32>() / 3.0;
        pixel.0 = pixel
            .0
            .map(|value| (gray + (f32::from(value) - gray) * strength) as u8);
    }
    tinted
}

/// A picture as the page carries it, a pixel a point.
pub(super) fn png(picture: &RgbImage) -> Picture {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    Picture::Png {
        bytes: bytes.into_inner(),
        width: picture.width(),
        height: picture.height(),
    }
}
