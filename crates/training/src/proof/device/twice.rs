//! Whether a device gives the same bits again.

use super::learning::Learned;
use super::tensors::Tensors;

/// What tasks that were learned twice have in common.
#[derive(Debug, Default)]
pub(super) struct Twice {
    cases: usize,
    tensors: usize,
    differing: usize,
    /// The case and the tensor that differed first.
    first: Option<String>,
}

impl Twice {
    /// Takes in a case that was learned twice.
    pub(super) fn add(&mut self, what: &str, [one, other]: [Learned; 2]) {
        self.cases += 1;
        let kinds: [(&str, fn(&Learned) -> &Tensors); 4] = [
            ("", |it| &it.forward),
            ("gradient of ", |it| &it.gradients),
            ("steps of ", |it| &it.moved),
            ("", |it| &it.losses),
        ];
        for (kind, tensors) in kinds {
            let (one, other) = (tensors(&one), tensors(&other));
            self.tensors += one.len();
            for (name, values) in one {
                let bits =
                    |values: &[f32]| values.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
                let again = other.get(name);
                if again.is_none_or(|again| bits(again) != bits(values)) {
                    self.differing += 1;
                    self.first
                        .get_or_insert_with(|| format!("{kind}`{name}` of {what}"));
                }
            }
        }
    }

    /// In words, what came of it.
    ///
    /// # Errors
    ///
    /// The same, where the device promises equal bits and they are not, or where nothing was compared.
    pub(super) fn judged(&self, is_promised: bool) -> Result<String, String> {
        let Self {
            cases,
            tensors,
            differing,
            first,
        } = self;
        match first {
            None if *cases == 0 => Err("no case was computed twice".to_owned()),
            None => Ok(format!("bit-identical: {tensors} tensors of {cases} cases")),
            Some(first) => {
                let words =
                    format!("{differing} of {tensors} tensors differ, the first is {first}");
                if is_promised {
                    Err(words)
                } else {
                    Ok(format!("{words}; this device does not promise equal bits"))
                }
            }
        }
    }
}
