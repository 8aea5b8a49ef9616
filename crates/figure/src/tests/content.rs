//! What single kinds of figure show.

use super::super::scene::{Area, Mark};
use super::super::*;
use super::{compared, gradient, panel, rows, specimens};

/// Where the pictures of a figure stand, in order.
fn picture_areas(figure: &Figure) -> Vec<Area> {
    let marks = figure.marks.iter();
    marks
        .filter_map(|mark| match mark {
            Mark::Picture { area, .. } => Some(*area),
            _ => None,
        })
        .collect()
}

#[test]
fn the_best_of_a_row_is_bold_and_gray_is_one_of_them() {
    let picture = gradient(48, 48);
    let bold = |values: &[f64], better: Better| -> Vec<String> {
        let mut content = compared(&picture, values.len(), values);
        content.metric.better = better;
        let figure = comparison("", &content, Theme::Light);
        let marks = figure.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) if text.weight == text::Weight::Bold => Some(text.words.clone()),
            _ => None,
        });
        marks.collect()
    };
    // The grayscale scores 23.60 dB in all of them.
    assert_eq!(bold(&[20.0, 24.0, f64::NAN], Better::Higher), ["24.00 dB"]);
    assert_eq!(bold(&[20.0, 21.0], Better::Higher), ["23.60 dB"]);
    assert_eq!(bold(&[20.0, 21.0], Better::Lower), ["20.00 dB"]);
    assert_eq!(bold(&[24.0, 25.0], Better::Lower), ["23.60 dB"]);
    assert_eq!(
        bold(&[24.001, 24.004], Better::Higher),
        ["24.00 dB", "24.00 dB"]
    );
    assert_eq!(
        bold(&[23.604], Better::Higher),
        ["23.60 dB", "23.60 dB"],
        "gray and the run are equally good"
    );
    // As colorful as life is better than more colorful than life.
    assert_eq!(bold(&[1.6, 1.0, 0.5], Better::One), ["1.00 dB"]);
    assert!(bold(&[1.6, 1.0], Better::Neither).is_empty());
    assert!(bold(&[f64::NAN, f64::NAN], Better::Higher).is_empty());
}

#[test]
fn a_cell_without_a_picture_says_why_and_keeps_its_score() {
    let picture = gradient(48, 48);
    let mut content = compared(&picture, 2, &[20.0, 21.0]);
    content.rows[0].colorized[0] = Some(ComparisonCell {
        picture: Err("no checkpoint"),
        value: Some(20.0),
    });
    let figure = comparison("", &content, Theme::Light);
    let written = |words: &str| {
        let mut marks = figure.marks.iter();
        marks.any(|mark| matches!(mark, Mark::Text(text) if text.words == words))
    };
    assert!(written("no checkpoint") && written("20.00 dB"));
    let pictures = figure.marks.iter();
    let pictures = pictures.filter(|mark| matches!(mark, Mark::Picture { .. }));
    assert_eq!(pictures.count(), 3, "truth, gray and the other run");
}

#[test]
fn a_title_that_is_wider_than_its_page_is_broken_into_lines() {
    const TITLE: &str =
        "The same photographs, colored by several networks, on a page of one picture";
    let picture = gradient(80, 60);
    let content = Strip {
        rows: vec![StripRow {
            name: String::new(),
            cells: vec![Some(ComparisonCell {
                picture: Ok(&picture),
                value: None,
            })],
        }],
        ..Strip::default()
    };
    let figure = strip(TITLE, &content, Theme::Light);
    let lines: Vec<_> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text(text) if text.weight == text::Weight::Bold => Some(text),
            _ => None,
        })
        .collect();
    assert!(lines.len() > 1);
    let words: Vec<&str> = lines.iter().map(|line| line.words.as_str()).collect();
    assert_eq!(words.join(" "), TITLE);
    let (last, top) = (lines[lines.len() - 1], picture_areas(&figure)[0].y);
    assert!(last.at.1 < top, "the picture stands under all of them");
}

#[test]
fn a_row_is_as_high_as_its_highest_picture() {
    let pictures = [gradient(80, 40), gradient(80, 60), gradient(80, 20)];
    let row = |name: &str| StripRow {
        name: name.to_owned(),
        cells: pictures
            .iter()
            .map(|picture| {
                Some(ComparisonCell {
                    picture: Ok(picture),
                    value: None,
                })
            })
            .collect(),
    };
    let content = Strip {
        columns: Vec::new(),
        metric: None,
        rows: vec![row("Photograph"), row("Grayscale")],
    };
    let figure = strip("", &content, Theme::Light);
    let areas = picture_areas(&figure);
    let names: Vec<f64> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text(text) => Some(text.at.1),
            _ => None,
        })
        .collect();
    for (name, row) in names.iter().zip(areas.chunks(3)) {
        assert!(*name < row[1].y, "the name stands over its row");
        let middles = row.iter().map(|area| area.y + area.height / 2.0);
        assert!(
            middles
                .clone()
                .all(|middle| middle == row[1].y + row[1].height / 2.0)
        );
    }
    assert!(names[1] > areas[1].bottom());
    // A label and a gap between the highest pictures, no more.
    assert!(areas[4].y - areas[1].bottom() < 30.0);
}

#[test]
fn series_of_one_name_look_alike_in_all_panels() {
    let mut second = panel(3, 5, "run");
    second.series.reverse();
    second.references.clear();
    let figure = curves("", &[panel(3, 5, "run"), second], Theme::Light);
    let colors: Vec<_> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Line { points, color, .. } if points.len() == 5 => Some(*color),
            _ => None,
        })
        .collect();
    assert_eq!(colors.len(), 6);
    assert_eq!(colors[..3], [colors[5], colors[4], colors[3]]);
}

#[test]
fn channels_of_truth_and_prediction_are_drawn_alike() {
    let picture = gradient(24, 24);
    let values: Vec<f32> = (0..576)
        .map(|pixel| pixel as f32 / 1000.0 - 0.288)
        .collect();
    let plane = Plane {
        width: 24,
        height: 24,
        values: &values,
    };
    let scale = |name: &str, limit: f64| ChromaScale {
        name: name.to_owned(),
        limit,
        below: String::new(),
        above: String::new(),
    };
    let content = Channels {
        luma: "Y".to_owned(),
        chroma: [scale("U", 0.436), scale("V", 0.615)],
        rows: vec![ChannelsRow {
            truth: &picture,
            luma: &picture,
            chroma_truth: [plane; 2],
            chroma_predicted: [plane; 2],
            colorized: &picture,
            caption: None,
        }],
    };
    for theme in [Theme::Light, Theme::Dark] {
        let figure = channels("", &content, theme);
        let shown: Vec<_> = figure
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Picture { area, picture } => Some((area.x, picture)),
                _ => None,
            })
            .collect();
        // Seven columns from left to right, and the color bar.
        assert_eq!(shown.len(), 8);
        assert!(shown[..7].windows(2).all(|pair| pair[0].0 < pair[1].0));
        let [image, _, u, v, u_predicted, v_predicted, colorized] =
            std::array::from_fn(|column| shown[column].1);
        assert!(**image == picture && **colorized == picture);
        assert!(u == u_predicted && v == v_predicted);
        assert!(u != v, "one chroma, two ranges");
    }
    let headings = ["Image", "Y", "U", "V", "U′", "V′", "Colorized"];
    let figure = channels("", &content, Theme::Light);
    for heading in headings {
        let found = figure
            .marks
            .iter()
            .any(|mark| matches!(mark, Mark::Text(text) if text.words == heading));
        assert!(found, "{heading}");
    }
}

#[test]
fn intervals_stand_where_their_numbers_are() {
    let rows = [(-1.0, -2.0, -0.5), (0.25, -0.5, 1.0), (1.5, 1.0, 2.0)];
    let verdicts = [Verdict::Bad, Verdict::Open, Verdict::Good];
    // Less than -2.5 by the margin; about equal; greater by more than 0.75.
    let expected = [
        (f64::NEG_INFINITY, -2.5),
        (-0.75, 0.75),
        (0.75, f64::INFINITY),
    ];
    let mut group = specimens::plain_group(0);
    for (((value, low, high), verdict), expected) in rows.into_iter().zip(verdicts).zip(expected) {
        group.rows.push(Interval {
            label: "label".to_owned(),
            value,
            low,
            high,
            expected,
            verdict,
        });
    }
    let theme = Theme::Light;
    let figure = intervals("", &[group], VerdictNames::CLAIMS, theme);
    let zero = figure
        .marks
        .iter()
        .find_map(|mark| match mark {
            Mark::Rectangle { area, color } if *color == theme.muted() => Some(area.x + 0.5),
            _ => None,
        })
        .expect("a zero line");
    let bars: Vec<(f64, f64)> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            // Wider than its caps are and than what the legend shows.
            Mark::Line { points, .. } if points[1].0 - points[0].0 > 30.0 => {
                Some((points[0].0 - zero, points[1].0 - zero))
            }
            _ => None,
        })
        .collect();
    assert_eq!(bars.len(), 3);
    let unit = bars[0].0 / -2.0;
    for ((_, low, high), bar) in rows.into_iter().zip(bars) {
        // The zero line is on a whole point.
        assert!((bar.0 - low * unit).abs() < 1.1, "{low} at {}", bar.0);
        assert!((bar.1 - high * unit).abs() < 1.1, "{high} at {}", bar.1);
    }
    // Each row is tinted where its claim expects the difference: up to the margin, and on to the end of the plot.
    let tint = theme.thinned(theme.series(0).0, 0.18);
    let tinted: Vec<(f64, f64)> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Rectangle { area, color } if *color == tint => {
                Some((area.x - zero, area.right() - zero))
            }
            _ => None,
        })
        .collect();
    assert_eq!(tinted.len(), 3);
    for ((low, high), (from, to)) in expected.into_iter().zip(&tinted) {
        assert!(low.is_infinite() || (from - low * unit).abs() < 2.0);
        assert!(high.is_infinite() || (to - high * unit).abs() < 2.0);
    }
    assert!(tinted[0].0 < tinted[1].0 && tinted[2].1 > tinted[1].1);
    let words: Vec<&str> = figure
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text(text) => Some(text.words.as_str()),
            _ => None,
        })
        .collect();
    for expected in [
        "+0.25",
        "[−0.50, +1.00]",
        "in dB, higher is better",
        "supported",
        "contradicted",
        "< −2.50",
        "within ±0.75",
        "> +0.75",
        "← lower",
    ] {
        assert!(words.contains(&expected), "{expected} in {words:?}");
    }
}

#[test]
fn a_picture_is_shown_whole_and_unchanged_where_its_pixels_fit() {
    let picture = gradient(192, 192);
    let figure = triptych("", &rows(&picture, 1, ""), Theme::Light);
    let page = figure.to_rgb(1);
    let areas = picture_areas(&figure);
    assert_eq!(areas.len(), 3);
    for area in areas {
        let shown = image::imageops::crop_imm(&page, area.x as u32, area.y as u32, 192, 192);
        assert!(shown.to_image() == picture);
    }
}
