//! The name a user may have meant.

/// The candidate most like `word`, if one is like it at all: a few letters apart, one a part of the other, or the
/// initials of the other, as `lr` is.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&word, &other);
            let longest = word.chars().count().max(other.chars().count());
            let part =
                word.len() > 2 && other.contains(&word) || other.len() > 2 && word.contains(&other);
            let initials: String = other
                .split('_')
                .filter_map(|part| part.chars().next())
                .collect();
            let part = part || initials == word;
            let like = distance <= (longest / 3).max(1);
            (like || part).then_some((!like, distance, candidate))
        })
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// `a`, `b` and so on, each in backticks.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood() {
        let keys = ["steps", "batch_size", "checkpoint_every", "sample_every"];
        assert_eq!(nearest("stepps", keys), Some("steps"));
        assert_eq!(nearest("batchsize", keys), Some("batch_size"));
        assert_eq!(nearest("STEPS", keys), Some("steps"));
        assert_eq!(nearest("checkpoint", keys), Some("checkpoint_every"));
        assert_eq!(nearest("se", keys), Some("sample_every"));
        assert_eq!(nearest("claims", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
