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
    html! {
        figure.drawing id=(id) aria-labelledby={ (id) "-title" } {
            h3 id={ (id) "-title" } { (figure.title) }
            div.pictures {
                // One of the two is hidden by the style, from eyes and from screen readers.
                @if let Some(dark) = &figure.dark {
                    (figure.light.image("on-light", &figure.alternative))
                    (dark.image("on-dark", &figure.alternative))
                } @else {
                    (figure.light.image("", &figure.alternative))
                }
            }
            figcaption {
                @if !figure.caption.is_empty() {
                    p.caption { (prose(&figure.caption)) }
                }
                (link::list(&figure.files))
            }
        }
    }
}
