//! "Did you mean": the legal names nearest to one that is not legal.

/// Those of `legal` that are like `word` (a few letters apart, one a part of the other, or the initials of the other, as `lr`
/// is), the most alike first; of equals, the one that `legal` names first. Case and word separators do not count.
pub fn nearest<'a>(
    word: &str,
    legal: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = &'a str> {
    let word = plain(word);
    let mut alike: Vec<(bool, usize, &str)> = legal
        .into_iter()
        .filter_map(|candidate| {
            let other = plain(candidate);
            let distance = strsim::damerau_levenshtein(&word, &other);
            let longest = word.chars().count().max(other.chars().count());
            let is_near = distance <= (longest / 3).max(1);
            let is_part =
                word.len() > 2 && other.contains(&word) || other.len() > 2 && word.contains(&other);
            let initials: String = other
                .split(' ')
                .filter_map(|part| part.chars().next())
                .collect();
            (is_near || is_part || initials == word).then_some((!is_near, distance, candidate))
        })
        .collect();
    alike.sort_by_key(|&(is_far, distance, _)| (is_far, distance));
    alike.dedup_by(|a, b| a.2 == b.2);
    alike.into_iter().map(|(_, _, name)| name)
}

/// `` `a`, `b` `` and so on.
pub fn quoted<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    names.join(", ")
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let legal = ["stop sign", "street sign", "traffic light", "cow"];
        assert_eq!(nearest("stop_sgin", legal).next(), Some("stop sign"));
        assert_eq!(nearest("Stop Sign", legal).next(), Some("stop sign"));
        assert!(nearest("light", legal).eq(["traffic light"]));
        assert!(nearest("sign", legal).eq(["stop sign", "street sign"]));
        assert_eq!(nearest("zzzz", legal).next(), None);
    }

    #[test]
    fn a_slip_of_the_keyboard_is_understood() {
        let keys = ["steps", "batch_size", "checkpoint_every", "sample_every"];
        for (written, meant) in [
            ("stepps", Some("steps")),
            ("batchsize", Some("batch_size")),
            ("STEPS", Some("steps")),
            ("checkpoint", Some("checkpoint_every")),
            ("se", Some("sample_every")),
            ("claims", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, keys).next(), meant, "{written}");
        }
    }
}
