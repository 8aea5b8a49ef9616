//! What SVG and PDF documents carry beside what is seen.

use std::path::Path;

use super::super::*;
use super::kinds::every_kind;

fn metadata() -> Vec<(&'static str, String)> {
    vec![
        ("colorize.report", "stages & more".to_owned()),
        ("colorize.runs", "a < b\n\"c\" (d) \\ é".to_owned()),
    ]
}

/// Every kind, ordinary and odd.
fn all() -> Vec<(String, Figure)> {
    [false, true]
        .into_iter()
        .flat_map(|odd| {
            let kinds = every_kind(3, Theme::Light, odd);
            kinds.into_iter().map(move |(kind, figure)| {
                let odd = if odd { "-odd" } else { "" };
                (format!("{kind}{odd}"), figure)
            })
        })
        .collect()
}

fn two_runs(room: Room) -> Figure {
    let series = |label: &str, rise: f64| Series {
        label: label.to_owned(),
        points: (0..50)
            .map(|step| (f64::from(step), rise * f64::from(step)))
            .collect(),
        ..Series::default()
    };
    let panel = |title: &str| Panel {
        title: title.to_owned(),
        x_label: "step".to_owned(),
        y_label: "PSNR (dB)".to_owned(),
        series: vec![series("plain", 0.5), series("\"<b>\" & co", 1.0 / 3.0)],
        ..Panel::default()
    };
    let section = CurveSection {
        heading: String::new(),
        panels: vec![panel("First"), panel("Second")],
    };
    curves_by_section("", &[section], room, Theme::Light)
}

#[test]
fn every_kind_becomes_a_pdf_with_its_fonts_and_where_it_came_from() {
    let folder = tempfile::tempdir().expect("folder");
    for (name, figure) in all() {
        let pdf = figure.to_pdf(&metadata()).expect(&name);
        assert_eq!(pdf, figure.to_pdf(&metadata()).expect(&name), "{name}");
        let text = String::from_utf8_lossy(&pdf);
        assert!(
            text.starts_with("%PDF-") && text.trim_end().ends_with("%%EOF"),
            "{name}"
        );
        for part in ["/FontFile2", "/ToUnicode", "/MediaBox"] {
            assert!(text.contains(part), "{name}: {part}");
        }
        assert!(!text.contains("CreationDate"), "{name}");
        let path = folder.path().join("figure.pdf");
        std::fs::write(&path, &pdf).expect("written");
        let read: Vec<(String, String)> = read_metadata(&path).expect(&name);
        let given: Vec<(String, String)> = metadata()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        assert_eq!(read, given, "{name}");
    }
}

#[test]
fn a_charts_document_says_whose_its_marks_are_and_what_they_show() {
    let figure = two_runs(Room::Page);
    assert!(figure.has_readings());
    let document = figure.to_svg(&[]).expect("svg");
    let groups: Vec<&str> = document
        .lines()
        .filter(|line| line.starts_with("<g data-run="))
        .collect();
    let read: Vec<&&str> = groups
        .iter()
        .filter(|line| line.contains(" data-points="))
        .collect();
    assert_eq!(read.len(), 4);
    assert!(read[0].contains("data-run=\"plain\"") && read[0].contains("data-y=\"PSNR (dB)\""));
    assert!(
        read[1].contains("data-run=\"&quot;&lt;b&gt;&quot; &amp; co\""),
        "{}",
        read[1]
    );
    // The numbers, to five digits.
    assert!(read[0].contains(",49,24.5\""), "{}", read[0]);
    assert!(read[1].contains(",49,16.333\""), "{}", read[1]);
    let (opened, closed) = (
        document.matches("<g").count(),
        document.matches("</g>").count(),
    );
    assert_eq!(opened, closed);
}

#[test]
fn a_picture_of_pictures_has_nothing_to_read_off() {
    let picture = super::gradient(4, 4);
    let row = TriptychRow {
        truth: &picture,
        gray: &picture,
        colorized: &picture,
        caption: None,
    };
    let figure = triptych("", &[row], Theme::Light);
    assert!(!figure.has_readings());
    assert!(!figure.to_svg(&[]).expect("svg").contains("data-"));
}

#[test]
fn a_layout_for_a_phone_is_as_wide_as_one() {
    let (page, phone) = (two_runs(Room::Page), two_runs(Room::Phone));
    assert!(page.width() > 800, "{}", page.width());
    assert!(phone.width() <= 390, "{}", phone.width());
    assert!(phone.height() > page.height());
}

/// Writes a PDF of every kind into the folder that `COLORIZE_SPECIMEN` names, for eyes.
#[test]
#[ignore = "leaves files behind, to be looked at"]
fn write_documents() {
    let folder = std::env::var_os("COLORIZE_SPECIMEN").expect("COLORIZE_SPECIMEN names a folder");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("folder");
    for (name, figure) in all() {
        let pdf = figure.to_pdf(&metadata()).expect(&name);
        std::fs::write(folder.join(format!("{name}.pdf")), pdf).expect("written");
    }
}
