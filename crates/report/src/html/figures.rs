//! Figures, each for a light and a dark page.

use maud::{Markup, html};

use super::words::prose;
use super::{FileLink, Picture, link};

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is called. The page says it above the picture, so the picture need not say it again.
    pub title: String,
    /// What it shows and how to read it, prose; may be empty.
    pub caption: String,
    /// What somebody who does not see it should know of it.
    pub alternative: String,
    /// On a light page, and on paper.
    pub light: Picture,
    /// On a dark page; the light one where there is none.
    pub dark: Option<Picture>,
    /// The same laid out for a phone, light and dark; without, a phone scrolls sideways over the figure.
    pub phone: Option<[Picture; 2]>,
    /// Whether a reader has to open it: one of many of a kind.
    pub is_folded: bool,
    /// The same figure as files next to the page.
    pub files: Vec<FileLink>,
}

/// The figures.
pub(super) fn section(figures: &[Figure]) -> Markup {
    html! {
        @if !figures.is_empty() {
            section id="figures" aria-labelledby="figures-title" {
                h2 id="figures-title" { "Figures" }
                @for (number, figure) in (1..).zip(figures) {
                    (block(number, figure))
                }
            }
        }
    }
}

fn block(number: usize, figure: &Figure) -> Markup {
    let id = format!("figure-{number}");
    let title = format!("{id}-title");
    html! {
        figure.drawing id=(id) aria-labelledby=(title) {
            @if figure.is_folded {
                details {
                    summary { h3 id=(title) { (figure.title) } }
                    (pictures(&title, figure))
                    div.figcaption { (words(figure)) }
                }
            } @else {
                h3 id=(title) { (figure.title) }
                (pictures(&title, figure))
                figcaption.figcaption { (words(figure)) }
            }
        }
    }
}

/// All versions of a picture; the style hides all but one, from eyes and from screen readers.
fn pictures(title: &str, figure: &Figure) -> Markup {
    let Figure {
        light,
        dark,
        phone,
        alternative,
        ..
    } = figure;
    html! {
        @if let Some([light_phone, dark_phone]) = phone {
            div.pictures {
                (light.image("on-light on-page", alternative))
                (dark.as_ref().unwrap_or(light).image("on-dark on-page", alternative))
                (light_phone.image("on-light on-phone", alternative))
                (dark_phone.image("on-dark on-phone", alternative))
            }
        } @else {
            // Reached by the keyboard, so that it scrolls without a finger.
            div.pictures.scroll role="group" tabindex="0" aria-labelledby=(title) {
                @if let Some(dark) = dark {
                    (light.image("on-light", alternative))
                    (dark.image("on-dark", alternative))
                } @else {
                    (light.image("", alternative))
                }
            }
        }
    }
}

fn words(figure: &Figure) -> Markup {
    html! {
        @if !figure.caption.is_empty() {
            p.caption { (prose(&figure.caption)) }
        }
        (link::list(&figure.files))
    }
}
