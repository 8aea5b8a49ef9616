//! A page, read back by a tokenizer that follows the HTML standard.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// In alphabetical order.
    pub(super) attributes: Vec<(String, String)>,
    /// All text within it, its children's too.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attribute("class")
            .is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }
}

/// Elements that have no end tag.
const VOID: [&str; 4] = ["meta", "link", "img", "input"];

/// All elements in the order of their start tags.
///
/// # Panics
///
/// What the standard calls an error, a tag without its other half, a comment.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => {
                let name = text(tag.name.into());
                let attributes = tag.attributes.into_iter();
                if !VOID.contains(&name.as_str()) {
                    open.push(elements.len());
                }
                elements.push(Element {
                    name,
                    attributes: attributes
                        .map(|(key, value)| (text(key.into()), text(value.value.into())))
                        .collect(),
                    text: String::new(),
                });
            }
            Token::EndTag(tag) => {
                let last = open.pop().expect("an end tag without its start tag");
                assert_eq!(
                    elements[last].name,
                    text(tag.name.into()),
                    "tags are nested wrongly"
                );
            }
            Token::String(string) => {
                let string = text(string.value.into());
                for at in &open {
                    elements[*at].text.push_str(&string);
                }
            }
            Token::Doctype(_) => assert!(elements.is_empty()),
            Token::Comment(_) => panic!("a comment"),
            Token::Error(error) => panic!("not as the standard wants it: {error:?}"),
        }
    }
    assert!(open.is_empty(), "an element is never closed");
    elements
}
