//! What surrounds the parts: head, title, summary, contents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use colorize_base::counted;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::words::prose;
use super::{
    Page, Status, Verdict, claims, diffs, figures, gallery, reproduce, runs, sliders, tables,
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How many paragraphs stand above the pictures.
const PARAGRAPHS_ABOVE: usize = 2;

/// The whole document.
pub(super) fn document(page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&page.title))
            body {
                a.skip href="#report" { "Skip to the report" }
                header {
                    h1 { (page.title) }
                    (summary(page))
                    @for paragraph in page.introduction.iter().take(PARAGRAPHS_ABOVE) {
                        p { (prose(paragraph)) }
                    }
                }
                (contents(page))
                main id="report" tabindex="-1" {
                    (sliders::section(&page.sliders))
                    (notes(page))
                    (claims::section(&page.claims))
                    (gallery::section(&page.galleries))
                    (tables::section(&page.tables))
                    (figures::section(&page.figures))
                    (diffs::section(&page.diffs))
                    (runs::section(&page.runs))
                    (reproduce::section(&page.reproduce))
                }
                footer {
                    @if !page.footer.is_empty() {
                        p { (prose(&page.footer)) }
                    }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    // The hashes let this style and this script in and nothing else: no handler in an attribute, no other element.
    let policy = format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(SCRIPT),
    );
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            // Otherwise a browser asks a server for one.
            link rel="icon" href="data:,";
            style { (PreEscaped(STYLE)) }
            // In the head, so that the chosen theme is there before the first paint.
            script { (PreEscaped(SCRIPT)) }
        }
    }
}

/// A source of a content security policy: the hash of an element's text.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Whether there is more to say than stands above the pictures.
fn has_notes(page: &Page) -> bool {
    page.introduction.len() > PARAGRAPHS_ABOVE || !page.notes.is_empty()
}

/// The rest of the introduction, and what is missing.
fn notes(page: &Page) -> Markup {
    html! {
        @if has_notes(page) {
            section id="notes" aria-labelledby="notes-title" {
                h2 id="notes-title" { "Notes" }
                @for paragraph in page.introduction.iter().skip(PARAGRAPHS_ABOVE) {
                    p { (prose(paragraph)) }
                }
                @if !page.notes.is_empty() {
                    ul.notes role="list" {
                        @for note in &page.notes { li { (prose(note)) } }
                    }
                }
            }
        }
    }
}

/// How many runs, and the verdicts on the claims.
fn summary(page: &Page) -> Markup {
    let done = |status| page.runs.iter().filter(|run| run.status == status).count();
    let done = done(Status::Done);
    html! {
        p.summary {
            @if !page.runs.is_empty() {
                span {
                    (counted(page.runs.len(), "run"))
                    @if done < page.runs.len() { ", " (done) " done" }
                }
            }
            @if !page.notes.is_empty() {
                a href="#notes" { (counted(page.notes.len(), "note")) }
            }
            @if !page.claims.is_empty() {
                span { (counted(page.claims.len(), "claim")) ":" }
                @for verdict in Verdict::ALL {
                    @let claims = page.claims.iter().filter(|claim| claim.verdict == verdict).count();
                    @if claims > 0 {
                        span.verdict.(claims::class(verdict)) {
                            (claims::shape(verdict)) (claims) " " (verdict.name())
                        }
                    }
                }
            }
        }
    }
}

/// Where everything is: the parts, and the titles of what has one.
fn contents(page: &Page) -> Markup {
    let tables = titles("table", &page.tables, |table| &table.title);
    let figures = titles("figure", &page.figures, |figure| &figure.title);
    let entries = [
        (
            "sliders",
            "Before and after",
            sliders::has_any(&page.sliders),
            Vec::new(),
        ),
        ("notes", "Notes", has_notes(page), Vec::new()),
        ("claims", "Claims", !page.claims.is_empty(), Vec::new()),
        (
            "gallery",
            "Gallery",
            gallery::has_any(&page.galleries),
            Vec::new(),
        ),
        ("tables", "Tables", !page.tables.is_empty(), tables),
        ("figures", "Figures", !page.figures.is_empty(), figures),
        (
            "diffs",
            "Configurations",
            !page.diffs.is_empty(),
            Vec::new(),
        ),
        ("runs", "Runs", !page.runs.is_empty(), Vec::new()),
        (
            "reproduce",
            "Reproduce",
            !page.reproduce.is_empty(),
            Vec::new(),
        ),
    ];
    let mut shown = entries
        .iter()
        .filter(|(_, _, is_there, _)| *is_there)
        .peekable();
    html! {
        @if shown.peek().is_some() {
            nav aria-labelledby="contents" {
                h2 id="contents" { "Contents" }
                ul {
                    @for (id, title, _, parts) in shown {
                        (entry(id, title, parts))
                    }
                }
            }
        }
    }
}

/// Ids and titles.
fn titles<'a, T>(
    kind: &str,
    things: &'a [T],
    title: impl Fn(&'a T) -> &'a str,
) -> Vec<(String, &'a str)> {
    (1..)
        .zip(things)
        .map(|(number, thing)| (format!("{kind}-{number}"), title(thing)))
        .collect()
}

fn entry(id: &str, title: &str, parts: &[(String, &str)]) -> Markup {
    html! {
        li {
            a href={ "#" (id) } { (title) }
            @if !parts.is_empty() {
                ul {
                    @for (id, title) in parts {
                        li { a href={ "#" (id) } { (title) } }
                    }
                }
            }
        }
    }
}
