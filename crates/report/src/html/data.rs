//! What the script is given, as JSON within the page.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

/// Data in a `script` element that runs nothing.
pub(super) fn element(data: &impl Serialize) -> Markup {
    html! {
        script type="application/json" { (PreEscaped(json(data))) }
    }
}

/// JSON that can stand within a `script` element: no text in it can end the element or begin a comment.
fn json(data: &impl Serialize) -> String {
    // Structures of texts and numbers: there is nothing that could not be written.
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}
