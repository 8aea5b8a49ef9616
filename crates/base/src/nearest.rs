//! "Did you mean": the legal names nearest to one that is not legal.

/// How alike two names must be (Jaro-Winkler, 0 to 1) to be worth suggesting.
const ALIKE: f64 = 0.75;

/// Up to `most` of `legal` that resemble `name`, the most alike first.
pub fn nearest<'a>(
    name: &str,
    legal: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let wanted = plain(name);
    let mut scored: Vec<(f64, &str)> = legal
        .into_iter()
        .map(|candidate| {
            let candidate_plain = plain(candidate);
            // A name inside the other (`sign` in `stop sign`) is as near as a spelling mistake.
            let contained = wanted.len() >= 3
                && (candidate_plain.contains(&wanted) || wanted.contains(&candidate_plain));
            let alike = strsim::jaro_winkler(&wanted, &candidate_plain);
            (if contained { alike.max(0.9) } else { alike }, candidate)
        })
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored
        .into_iter()
        .take(most)
        .map(|(_, name)| name)
        .collect()
}

/// Names in backticks, joined by commas.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Case and word separators are not what a reader means by a different name.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let legal = ["stop sign", "street sign", "traffic light", "cow"];
        assert_eq!(nearest("stop_sgin", legal, 3)[0], "stop sign");
        assert_eq!(nearest("Stop Sign", legal, 1), ["stop sign"]);
        assert_eq!(nearest("light", legal, 3), ["traffic light"]);
        assert!(nearest("zzzz", legal, 3).is_empty());
    }
}
