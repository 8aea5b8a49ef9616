//! Names of files in a cache.

/// A file name of at most 64 readable characters of `name`, and a hash of `identity` that keeps it apart.
pub fn keyed_name(name: &str, identity: &str) -> String {
    let readable: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(64)
        .collect();
    let hash = blake3::hash(identity.as_bytes()).to_hex();
    format!("{readable}-{}", &hash.as_str()[..16])
}
