//! The page as a browser would read it: what is in it, in which order, and that no text of a report is more than text.

mod document;
mod drawings;
mod specimen;
mod texts;

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::*;
use document::{Element, elements};

/// What a text could try, in turn.
const HOSTILE: [&str; 9] = [
    "<script>injected = 1</script>",
    "\"><img src=x onerror=injected=1>",
    "' onmouseover='injected=1",
    "</title></style></script><script>injected=1</script>",
    "<!-- <script> ]]> -->",
    "javascript:injected=1",
    "//elsewhere.example/x?y#z",
    "&lt;b&gt; \u{202e}נגד הכיוון\u{2028} 🎨 é",
    "\\\"`a` ${b} {{c}} %3Cscript%3E",
];

/// The specimen with every text that is not empty replaced.
fn with_texts(mut replace: impl FnMut(usize) -> String) -> Page {
    let mut page = specimen::page();
    let mut number = 0;
    texts::each(&mut page, &mut |text| {
        if !text.is_empty() {
            *text = replace(number);
            number += 1;
        }
    });
    page
}

/// A hostile text; no two are the same.
fn hostile_text(number: usize) -> String {
    format!("{}{number}", HOSTILE[number % HOSTILE.len()])
}

/// Every text is hostile.
fn hostile() -> Page {
    with_texts(hostile_text)
}

fn named<'a>(elements: &'a [Element], name: &'a str) -> impl Iterator<Item = &'a Element> {
    elements.iter().filter(move |element| element.name == name)
}

fn attributes<'a>(elements: &'a [Element], name: &'a str) -> impl Iterator<Item = &'a str> {
    elements
        .iter()
        .filter_map(move |element| element.attribute(name))
}

#[test]
fn every_page_is_well_formed_and_its_references_lead_somewhere() {
    let pages = [
        specimen::page(),
        hostile(),
        specimen::large(),
        Page::default(),
    ];
    for page in pages {
        let elements = elements(&render(&page));
        let mut ids = HashSet::new();
        for id in attributes(&elements, "id") {
            assert!(ids.insert(id), "two elements are called {id}");
        }
        for attribute in ["aria-labelledby", "for"] {
            for id in attributes(&elements, attribute) {
                assert!(
                    ids.contains(id),
                    "{attribute} names {id}, which is not there"
                );
            }
        }
        for address in attributes(&elements, "href").filter_map(|href| href.strip_prefix('#')) {
            assert!(
                ids.contains(address),
                "a link to {address}, which is not there"
            );
        }
        let mut last = 0;
        for heading in elements
            .iter()
            .filter(|one| matches!(one.name.as_str(), "h1" | "h2" | "h3" | "h4"))
        {
            let level = heading.name[1..].parse().unwrap();
            assert!(
                level <= last + 1,
                "a heading of level {level} after one of {last}"
            );
            last = level;
        }
        assert_eq!(named(&elements, "h1").count(), 1);
        assert_eq!(named(&elements, "main").count(), 1);
        for image in named(&elements, "img") {
            assert!(!image.attribute("alt").unwrap().is_empty());
        }
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs_but_the_script() {
    for page in [specimen::page(), hostile()] {
        let elements = elements(&render(&page));
        for element in &elements {
            for (name, value) in &element.attributes {
                // The policy forbids both; there is nothing for it to forbid.
                assert!(!name.starts_with("on") && name != "style", "{name}={value}");
            }
        }
        for address in attributes(&elements, "src") {
            assert!(address.starts_with("data:image/"), "{address}");
        }
        for address in attributes(&elements, "href").filter(|href| *href != "data:,") {
            assert!(
                !address.contains(':') && !address.starts_with('/'),
                "{address}"
            );
        }
        let scripts: Vec<_> = named(&elements, "script")
            .map(|one| one.attribute("type"))
            .collect();
        let data = Some("application/json");
        assert_eq!(scripts, [None, data, data]);
        let policy = attributes(&elements, "content").next().unwrap();
        for name in ["style", "script"] {
            let text = &named(&elements, name).next().unwrap().text;
            let hash = STANDARD.encode(Sha256::digest(text));
            assert!(
                policy.contains(&format!("{name}-src 'sha256-{hash}'")),
                "{policy}"
            );
        }
        assert!(
            policy.starts_with("default-src 'none'; img-src data:;"),
            "{policy}"
        );
    }
}

#[test]
fn texts_change_nothing_but_text() {
    let structure = |page: &Page| -> Vec<(String, Vec<String>)> {
        let elements = elements(&render(page)).into_iter();
        elements
            .map(|one| {
                let names = one.attributes.into_iter().map(|(name, _)| name);
                (one.name, names.collect())
            })
            .collect()
    };
    // The same words and the same code, without what means something in HTML.
    let harmless = with_texts(|number| {
        let is_plain = |letter: char| letter.is_alphanumeric() || " `".contains(letter);
        hostile_text(number).replace(|letter| !is_plain(letter), "x")
    });
    let (harmless, hostile) = (structure(&harmless), structure(&hostile()));
    assert_eq!(harmless.len(), hostile.len());
    for (harmless, hostile) in harmless.iter().zip(&hostile) {
        assert_eq!(harmless, hostile);
    }
}

#[test]
fn hostile_texts_are_shown_as_they_are() {
    let page = hostile();
    let elements = elements(&render(&page));
    let body = &named(&elements, "body").next().unwrap().text;
    let everything: HashSet<&str> = elements
        .iter()
        .flat_map(|one| &one.attributes)
        .map(|(_, value)| value.as_str())
        .collect();
    let title = &named(&elements, "title").next().unwrap().text;
    assert_eq!(*title, page.title);
    for cell in page
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| &row.cells)
    {
        if let Cell::Text(text) | Cell::Code(text) = cell {
            assert!(body.contains(text.as_str()), "{text}");
            assert!(everything.contains(text.as_str()), "no sort by {text}");
        }
    }
    for run in &page.runs {
        assert!(body.contains(&run.name));
    }
    for figure in &page.figures {
        assert!(everything.contains(figure.alternative.as_str()));
    }
}

#[test]
fn a_sliders_data_holds_its_texts_and_ends_no_element() {
    let page = hostile();
    let elements = elements(&render(&page));
    let script = named(&elements, "script").nth(1).unwrap();
    assert!(!script.text.contains(['<', '>', '&']));
    let data: serde_json::Value = serde_json::from_str(&script.text).unwrap();
    let slider = &page.sliders[0];
    assert_eq!(data["versions"][0], "gray");
    // Every run's name differs here, so each image has versions of its own.
    assert_eq!(data["versions"][1], slider.images[0].colorized[0].run);
    for (index, image) in slider.images.iter().enumerate() {
        let data = &data["images"][index];
        assert_eq!(data["name"], image.name);
        let pictures = data["pictures"].as_array().unwrap();
        let there = pictures.iter().filter(|picture| !picture.is_null()).count();
        assert_eq!(there, image.colorized.len() + 2);
    }
}

#[test]
fn parts_come_in_order_pictures_first() {
    let elements = elements(&render(&specimen::page()));
    let headings: Vec<_> = named(&elements, "h2")
        .map(|one| one.text.as_str())
        .collect();
    assert_eq!(
        headings,
        [
            "Contents",
            "Before and after",
            "Notes",
            "Claims",
            "Gallery",
            "Tables",
            "Figures",
            "Configurations",
            "Runs",
            "Reproduce"
        ]
    );
    let summary = elements
        .iter()
        .find(|one| one.has_class("summary"))
        .unwrap();
    assert_eq!(
        summary.text,
        "15 runs, 12 done1 note4 claims:1 supported1 contradicted1 not decided1 open"
    );
}

#[test]
fn two_paragraphs_stand_above_the_pictures_and_the_others_beneath() {
    let page = specimen::page();
    let elements = elements(&render(&page));
    let header = named(&elements, "header").next().unwrap();
    let notes = elements
        .iter()
        .find(|one| one.attribute("id") == Some("notes"));
    let notes = &notes.unwrap().text;
    for (place, paragraph) in page.introduction.iter().enumerate() {
        let words = paragraph.split('`').next().unwrap();
        assert_eq!(header.text.contains(words), place < 2, "{paragraph}");
        assert_eq!(notes.contains(words), place >= 2, "{paragraph}");
    }
    assert!(notes.contains("Missing: 03-yuv, seed 2."));
}

/// The data of the page's scripts, in order.
fn data(page: &Page) -> Vec<serde_json::Value> {
    let elements = elements(&render(page));
    let scripts = named(&elements, "script").skip(1);
    scripts
        .map(|one| serde_json::from_str(&one.text).unwrap())
        .collect()
}

#[test]
fn a_slider_opens_on_the_best_run_and_its_row_shows_every_version() {
    let mut page = specimen::page();
    assert_eq!(data(&page)[0]["opens"], 3);
    page.sliders[0].opens_on = "a run that drew no samples".to_owned();
    assert_eq!(data(&page)[0]["opens"], 1);
    let elements = elements(&render(&page));
    let row = elements.iter().find(|one| one.has_class("stills")).unwrap();
    for version in [
        "gray",
        "01-batchnorm",
        "02-stopsigns",
        "03-yuv",
        "photograph",
    ] {
        assert!(row.text.contains(version), "{}", row.text);
    }
}

#[test]
fn a_gallery_carries_every_image_and_shows_a_few_without_a_script() {
    let page = specimen::page();
    let gallery = &data(&page)[1];
    let versions = [
        "photograph",
        "gray",
        "01-batchnorm",
        "02-stopsigns",
        "03-yuv",
    ];
    assert_eq!(gallery["versions"], serde_json::json!(versions));
    assert_eq!(gallery["best"], 4);
    let images = gallery["images"].as_array().unwrap();
    assert_eq!(images.len(), 6);
    assert_eq!(images[4]["has"], serde_json::json!([true, false, true]));
    // One digit more than is shown, and nothing where nothing was scored.
    assert_eq!(images[0]["scores"][0][0], 20.523);
    assert!(images[4]["scores"][1][0].is_null());
    assert_eq!(gallery["metrics"][1]["way"], "one");
    let elements = elements(&render(&page));
    let strips = named(&elements, "img");
    let strips = strips.filter(|one| one.attribute("src").unwrap().contains("image/jpeg"));
    assert_eq!(strips.count(), 4);
}

#[test]
fn a_figure_is_laid_out_for_phones_or_scrolls() {
    let elements = elements(&render(&specimen::page()));
    let boxes: Vec<_> = elements
        .iter()
        .filter(|one| one.has_class("pictures"))
        .collect();
    let scroll: Vec<_> = boxes.iter().map(|one| one.has_class("scroll")).collect();
    assert_eq!(scroll, [true, true, false]);
    for one in boxes {
        assert_eq!(
            one.has_class("scroll"),
            one.attribute("tabindex") == Some("0")
        );
    }
    let classes: Vec<_> = named(&elements, "img")
        .filter_map(|one| one.attribute("class"))
        .filter(|classes| classes.contains(' '))
        .collect();
    assert_eq!(
        classes,
        [
            "on-light on-page",
            "on-dark on-page",
            "on-light on-phone",
            "on-dark on-phone"
        ]
    );
    // One of many of a kind is opened by its reader.
    let folded = named(&elements, "details").find(|one| one.text.contains("Drawn for phones"));
    assert!(folded.is_some());
}

#[test]
fn empty_parts_are_left_out() {
    let html = render(&Page {
        title: "Nothing yet".to_owned(),
        ..Page::default()
    });
    let elements = elements(&html);
    assert_eq!(named(&elements, "h1").next().unwrap().text, "Nothing yet");
    assert_eq!(named(&elements, "section").count(), 0);
    assert_eq!(named(&elements, "h2").count(), 0);
    assert_eq!(named(&elements, "nav").count(), 0);
}

#[test]
fn equal_pages_give_equal_bytes() {
    assert!(render(&specimen::page()) == render(&specimen::page()));
}

#[test]
fn a_verdict_is_said_in_a_word_and_drawn_in_a_shape() {
    let elements = elements(&render(&specimen::page()));
    let of_claims: Vec<_> = elements
        .iter()
        .filter(|one| one.name == "li" && one.has_class("claim"))
        .map(|one| one.text.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        of_claims,
        [
            "supported",
            "not decided, formerly supported",
            "contradicted",
            "open"
        ]
    );
    let shapes: HashSet<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| claims::shape(verdict).into_string())
        .collect();
    assert_eq!(shapes.len(), Verdict::ALL.len());
}

#[test]
fn an_interval_is_drawn_within_its_width_or_not_at_all() {
    let mut page = specimen::page();
    page.claims.truncate(1);
    let drawn = |page: &Page| -> Vec<f64> {
        let elements = elements(&render(page));
        let places = elements.iter().flat_map(|one| &one.attributes);
        places
            .filter(|(name, _)| ["x", "x1", "x2", "cx"].contains(&name.as_str()))
            .filter_map(|(_, value)| value.strip_suffix('%')?.parse().ok())
            .collect()
    };
    let numbers = |page: &mut Page, low: f64, value: f64, high: f64, expected| {
        let numbers = page.claims[0].numbers.as_mut().unwrap();
        numbers.low.value = low;
        numbers.difference.value = value;
        numbers.high.value = high;
        numbers.expected = expected;
    };
    for (low, value, high) in [(0.0, 0.0, 0.0), (-1e300, 2.0, 1e300), (1e-9, 2e-9, 3e-9)] {
        for expected in [
            Expected::Above(0.5),
            Expected::Below(-2.0),
            Expected::Within(-1.0, 1.0),
        ] {
            numbers(&mut page, low, value, high, expected);
            let places = drawn(&page);
            assert!(places.len() > 8);
            assert!(
                places.iter().all(|place| (0.0..=100.0).contains(place)),
                "{places:?}"
            );
        }
    }
    numbers(
        &mut page,
        f64::NEG_INFINITY,
        1.0,
        f64::NAN,
        Expected::Above(0.0),
    );
    assert!(drawn(&page).is_empty());
}

#[test]
fn cells_carry_what_a_sort_goes_by() {
    let mut page = specimen::page();
    page.tables.truncate(1);
    page.tables[0].rows.truncate(1);
    page.tables[0].rows[0].cells[2] = Cell::Missing("missing".to_owned());
    page.tables[0].rows[0].cells[3] = Cell::Number {
        number: Number::new(f64::NAN, "–"),
        detail: String::new(),
        is_best: false,
    };
    page.runs.clear();
    let elements = elements(&render(&page));
    let values: Vec<_> = elements
        .iter()
        .filter(|one| {
            one.name == "td" || (one.name == "th" && one.attribute("scope") == Some("row"))
        })
        .map(|one| one.attribute("data-value"))
        .take(6)
        .collect();
    assert_eq!(
        values,
        [
            Some("0 instance norm"),
            Some("16.95"),
            None,
            None,
            Some("0.64"),
            Some("3")
        ]
    );
}

/// Writes the specimens into the folder that `COLORIZE_SPECIMEN` names, for `scripts/check-report.mjs` and for eyes.
#[test]
#[ignore = "leaves files behind, to be looked at"]
fn write_specimens() {
    let folder = std::env::var_os("COLORIZE_SPECIMEN").expect("COLORIZE_SPECIMEN names a folder");
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, page) in [
        ("specimen", specimen::drawn()),
        ("hostile", hostile()),
        ("large", specimen::large_drawn()),
    ] {
        let begun = std::time::Instant::now();
        let html = render(&page);
        println!("{name}: {} bytes in {:?}", html.len(), begun.elapsed());
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}
