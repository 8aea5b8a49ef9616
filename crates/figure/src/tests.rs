//! What holds for every figure: equal bytes, nothing overlaps, nothing panics, metadata come back.

mod compared;
mod content;
mod documents;
mod kinds;
mod specimens;

use image::{Rgb, RgbImage};

use super::scene::{Area, Mark};
use super::*;

/// A picture with a gradient both ways, so that a shift or a flip shows.
fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let share = |at: u32, of: u32| (at * 255 / of.max(1)) as u8;
        Rgb([share(x, width), share(y, height), 128])
    })
}

fn rows<'a>(picture: &'a RgbImage, count: usize, caption: &str) -> Vec<TriptychRow<'a>> {
    let row = TriptychRow {
        truth: picture,
        gray: picture,
        colorized: picture,
        caption: (!caption.is_empty()).then(|| caption.to_owned()),
    };
    vec![row; count]
}

fn compared<'a>(picture: &'a RgbImage, runs: usize, values: &[f64]) -> Comparison<'a> {
    let cell = |value: Option<&f64>| ComparisonCell {
        picture: Ok(picture),
        value: value.copied(),
    };
    Comparison {
        runs: RunName::numbered(
            (0..runs).map(|run| format!("run {run} with a name of some length")),
        ),
        metric: Metric {
            name: "PSNR".to_owned(),
            unit: "dB".to_owned(),
            digits: 2,
            better: Better::Higher,
        },
        pictures: "pictures with the photograph's luma".to_owned(),
        rows: vec![ComparisonRow {
            name: "000000000009.jpg".to_owned(),
            truth: picture,
            gray: cell(Some(&23.6)),
            colorized: (0..runs).map(|run| Some(cell(values.get(run)))).collect(),
        }],
    }
}

fn panel(series: usize, points: usize, label: &str) -> Panel {
    let points = |run: usize| {
        let value = move |step: usize| 20.0 + run as f64 + (step as f64).sqrt();
        (0..points).map(|step| (step as f64, value(step))).collect()
    };
    Panel {
        title: "Held-out PSNR".to_owned(),
        x_label: "step".to_owned(),
        y_label: "PSNR (dB)".to_owned(),
        series: (0..series)
            .map(|run| Series {
                label: format!("{label} {run}"),
                points: points(run),
                ..Series::default()
            })
            .collect(),
        references: vec![Reference {
            label: "gray baseline 23.6 dB".to_owned(),
            value: 23.6,
        }],
        ..Panel::default()
    }
}

/// Figures of every kind, plain and odd.
fn specimens() -> Vec<(String, Figure)> {
    let mut figures = Vec::new();
    let long = "a very long name that no figure has room for, ".repeat(8);
    let pictures = [(0, 0), (1, 1), (3, 200), (24, 24), (48, 48), (300, 100)];
    for (number, (width, height)) in pictures.into_iter().enumerate() {
        let picture = gradient(width, height);
        let theme = [Theme::Light, Theme::Dark][number % 2];
        for (count, words) in [(0, ""), (1, "name.jpg · 24.05 dB"), (2, long.as_str())] {
            let name = format!("{width} x {height}, {count}");
            let row = rows(&picture, count, words);
            figures.push((format!("triptych {name}"), triptych(words, &row, theme)));
            let tile = Tile {
                picture: &picture,
                caption: (!words.is_empty()).then(|| words.to_owned()),
            };
            let sheet = contact_sheet(words, &vec![tile; count * 5], None, theme);
            figures.push((format!("contact sheet {name}"), sheet));
            let values = [f64::NAN, 24.0, f64::INFINITY];
            let mut content = compared(&picture, count * 2, &values);
            content.rows[0].colorized.pop();
            figures.push((
                format!("comparison {name}"),
                comparison(words, &content, theme),
            ));
        }
    }
    for (series, points) in [(0, 0), (1, 1), (3, 0), (3, 50), (8, 9), (12, 2), (40, 20)] {
        for count in [0, 1, 2, 3, 5] {
            let panels = vec![panel(series, points, "run"); count];
            let name = format!("curves {series} x {points} in {count}");
            figures.push((name, curves("Curves", &panels, Theme::Light)));
        }
        let mut odd = panel(series, points, &long);
        odd.scale = Scale::Log;
        odd.smoothing = Smoothing::Mean { steps: 3.0 };
        odd.title.clone_from(&long);
        odd.y_label.clone_from(&long);
        for (number, series) in odd.series.iter_mut().enumerate() {
            let bad = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, 5e-324][number % 6];
            series.points.insert(series.points.len() / 2, (3.5, bad));
            series.points.push((bad, 1.0));
            series.band = vec![(0.0, -1.0, 30.0), (9.0, bad, bad), (5.0, 18.0, 40.0)];
        }
        odd.references.push(Reference {
            label: long.clone(),
            value: 24.0,
        });
        let name = format!("curves odd {series} x {points}");
        figures.push((
            name.clone(),
            curves(&long, std::slice::from_ref(&odd), Theme::Dark),
        ));
        figures.push((
            format!("{name}, pair"),
            curves(&long, &[odd, panel(2, 9, "x")], Theme::Dark),
        ));
    }
    figures.extend(specimens::specimens());
    figures.extend(kinds::specimens());
    figures
}

fn overlap(a: &Area, b: &Area) -> bool {
    let apart = |a0: f64, a1: f64, b0: f64, b1: f64| a1 <= b0 + 0.5 || b1 <= a0 + 0.5;
    !(apart(a.x, a.right(), b.x, b.right()) || apart(a.y, a.bottom(), b.y, b.bottom()))
}

#[test]
fn no_words_meet_other_words_a_picture_or_the_edge() {
    for (name, figure) in specimens() {
        let mut words: Vec<(Area, &str)> = Vec::new();
        let mut pictures = Vec::new();
        for mark in &figure.marks {
            match mark {
                Mark::Text(text) => words.push((text.area(), text.words.as_str())),
                Mark::Picture { area, .. } | Mark::Ground { area, .. } => pictures.push(*area),
                _ => {}
            }
        }
        let (right, bottom) = (f64::from(figure.width), f64::from(figure.height));
        for (number, (area, text)) in words.iter().enumerate() {
            let inside =
                area.x >= 0.0 && area.y >= 0.0 && area.right() <= right && area.bottom() <= bottom;
            assert!(
                inside,
                "{name}: `{text}` leaves the page: {area:?} on {right} x {bottom}"
            );
            for (other, other_text) in &words[..number] {
                assert!(
                    !overlap(area, other),
                    "{name}: `{text}` {area:?} on `{other_text}` {other:?}"
                );
            }
            for picture in &pictures {
                assert!(!overlap(area, picture), "{name}: `{text}` on a picture");
            }
        }
        for (number, picture) in pictures.iter().enumerate() {
            assert!(
                picture.right() <= right && picture.bottom() <= bottom,
                "{name}"
            );
            assert!(
                !pictures[..number]
                    .iter()
                    .any(|other| overlap(picture, other)),
                "{name}"
            );
        }
    }
}

#[test]
fn odd_figures_are_drawn_at_their_size() {
    // Every specimen makes a document; drawing all as pixels would take long and show no more.
    for (number, (name, figure)) in specimens().into_iter().enumerate() {
        let document = figure.to_svg(&[]).expect("svg");
        // Pictures are encoded in letters, which may say anything.
        let mut drawn = document.lines().filter(|line| !line.starts_with("<image"));
        assert!(
            drawn.all(|line| !line.contains("NaN") && !line.contains("inf")),
            "{name}"
        );
        assert_eq!(
            document.matches("<text").count(),
            document.matches("</text>").count()
        );
        if number % 48 == 0 {
            let pixels = figure.to_rgb(1);
            assert_eq!(
                pixels.dimensions(),
                (figure.width(), figure.height()),
                "{name}"
            );
        }
    }
}

#[test]
fn figures_have_equal_bytes_each_time() {
    let picture = gradient(24, 24);
    let make = || {
        let sample = triptych(
            "Iteration 10000",
            &rows(&picture, 1, "x · 24.05 dB"),
            Theme::Light,
        );
        let lines = curves("Curves", &[panel(3, 30, "run")], Theme::Dark);
        let kinds = [
            "channels 24 x 24, 1, Light",
            "gallery 24 x 24, 3, Dark",
            "strip 24 x 24, 6, Dark",
            "3 intervals of 3",
        ];
        let plain = specimens::specimens();
        let plain = kinds.map(|kind| {
            let found = plain.iter().find(|(name, _)| name == kind);
            found.expect("a specimen of that name").1.clone()
        });
        let compared = kinds::every_kind(5, Theme::Dark, true).into_iter();
        let compared = compared.map(|(_, figure)| figure);
        let provenance = [("run", "s0-ab".to_owned())];
        let saved = sample.to_png(&provenance).expect("png");
        let figures = [sample, lines].into_iter().chain(plain).chain(compared);
        let drawn: Vec<_> = figures
            .map(|figure| {
                let document = figure.to_svg(&provenance).expect("svg");
                (figure.to_rgb(1), document)
            })
            .collect();
        (saved, drawn)
    };
    assert!(make() == make());
}

#[test]
fn saved_files_hold_their_metadata_and_leave_nothing_else() {
    let folder = tempfile::tempdir().expect("folder");
    let picture = gradient(24, 24);
    let figure = triptych("Iteration 10000", &rows(&picture, 1, ""), Theme::Light);
    let given = [
        ("run", "02-stopsigns/s0-0123456789".to_owned()),
        (
            "command",
            "run a.toml --set \"a=<b> & 'c'\"\nsecond line".to_owned(),
        ),
        ("empty", String::new()),
    ];
    // A dot in the name is not an ending, and the folder does not exist yet.
    let saved = figure
        .save(&folder.path().join("new/v0.5"), &given)
        .expect("saved");
    for path in &saved {
        let expected = given.clone().map(|(key, value)| (key.to_owned(), value));
        assert_eq!(
            read_metadata(path).expect("readable"),
            expected,
            "{}",
            path.display()
        );
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join("new"))
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["v0.5.png", "v0.5.svg"]);
    let pixels = image::open(&saved[0]).expect("a PNG").to_rgb8();
    assert!(pixels == figure.to_rgb(2));
}

#[test]
fn what_cannot_be_saved_says_why() {
    let picture = gradient(4, 4);
    let figure = triptych("", &rows(&picture, 1, ""), Theme::Light);
    for key in ["", " run", "größe", "a\nb"] {
        let error = figure.to_png(&[(key, String::new())]).expect_err(key);
        assert!(matches!(error, FigureError::MetadataKey { .. }), "{error}");
    }
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("plain.txt");
    std::fs::write(&file, "no figure").expect("written");
    let error = figure
        .save(&file.join("below"), &[])
        .expect_err("a file is no folder");
    assert!(
        matches!(
            error,
            FigureError::File {
                action: "write",
                ..
            }
        ),
        "{error}"
    );
    let error = read_metadata(&file).expect_err("no figure");
    assert!(matches!(error, FigureError::NotAFigure { .. }), "{error}");
    let error = read_metadata(&folder.path().join("absent.png")).expect_err("absent");
    assert!(
        matches!(error, FigureError::File { action: "read", .. }),
        "{error}"
    );
}

#[test]
fn a_page_too_large_is_refused_before_it_is_drawn() {
    let picture = gradient(2, 2);
    let tile = Tile {
        picture: &picture,
        caption: None,
    };
    let figure = contact_sheet("", &vec![tile; 20_000], Some(100), Theme::Light);
    let error = figure.to_png(&[]).expect_err("too large");
    assert!(matches!(error, FigureError::TooLarge { .. }), "{error}");
}
