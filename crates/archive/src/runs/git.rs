//! The checkout that a program was started in, as far as the `git` program tells.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// A difference larger than this is not kept, in bytes.
const LARGEST_DIFFERENCE: usize = 8 << 20;

/// Untracked names that are listed.
const LISTED: usize = 200;

/// The state of a git checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
    /// BLAKE3 of the difference, when there is one.
    pub diff_hash: Option<String>,
    /// Why the difference is not kept with the run, where it is not.
    #[serde(default)]
    pub diff_left_out: Option<String>,
    /// Files and folders that git neither tracks nor ignores, relative to the checkout; at most 200.
    #[serde(default)]
    pub untracked: Vec<String>,
    /// How many there are in all.
    #[serde(default)]
    pub untracked_in_all: usize,
}

/// A checkout and the difference of its tracked files from the commit.
#[derive(Debug)]
pub(super) struct Checkout {
    pub(super) git: Git,
    /// As `git apply` takes it; `None` where nothing differs, or too much.
    pub(super) difference: Option<Vec<u8>>,
}

/// What git sets for hooks and people for scripts: it names another repository than the folder's, or narrows what is seen of it.
const OF_OTHERS: [&str; 18] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Runs `git` in `folder`, for what it prints.
///
/// # Errors
///
/// What it said where it failed; nothing where there is no `git`.
fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Option<String>> {
    let mut command = Command::new("git");
    for variable in OF_OTHERS {
        command.env_remove(variable);
    }
    let output = command
        // What it says is read here.
        .env("LC_ALL", "C")
        // A look changes nothing, and waits for nobody.
        .args(["--no-optional-locks", "-c", "core.quotePath=false"])
        .args(["-c", "diff.relative=false"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|_| None)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it failed without a word");
    Err(Some(first.trim_start_matches("fatal: ").to_owned()))
}

impl Checkout {
    /// Inspects the checkout that `folder` lies in; `None` where there is none, it has no commit, or there is no `git`.
    ///
    /// # Errors
    ///
    /// What git said where there is a checkout and it refused to look at it, such as one that another user owns.
    pub(super) fn observe(folder: &Path) -> Result<Option<Self>, String> {
        let commit = match git(folder, &["rev-parse", "HEAD"]) {
            Ok(commit) => String::from_utf8_lossy(&commit).into_owned(),
            Err(None) => return Ok(None),
            Err(Some(said)) => {
                let is_none = ["not a git repository", "unknown revision"];
                return if is_none.iter().any(|none| said.contains(none)) {
                    Ok(None)
                } else {
                    Err(said)
                };
            }
        };
        let git = |arguments: &[&str]| {
            git(folder, arguments).map_err(|said| said.unwrap_or_else(|| "it is gone".to_owned()))
        };
        // Whatever the user's configuration says of colors, prefixes and helpers.
        let difference = git(&[
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--binary",
            "--full-index",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "HEAD",
        ])?;
        let status = git(&["status", "--porcelain=v1", "-z", "--untracked-files=normal"])?;
        let untracked = untracked(&status);
        let dirty = !difference.is_empty();
        let is_kept = difference.len() <= LARGEST_DIFFERENCE;
        Ok(Some(Self {
            git: Git {
                commit: commit.trim().to_owned(),
                dirty,
                diff_hash: dirty.then(|| blake3::hash(&difference).to_hex().to_string()),
                diff_left_out: (!is_kept).then(|| {
                    format!(
                        "it has {} bytes, but at most {LARGEST_DIFFERENCE} are kept",
                        difference.len()
                    )
                }),
                untracked_in_all: untracked.len(),
                untracked: untracked.into_iter().take(LISTED).collect(),
            },
            difference: (dirty && is_kept).then_some(difference),
        }))
    }
}

/// The untracked names in what `git status --porcelain -z` says.
fn untracked(status: &[u8]) -> Vec<String> {
    let entries = status.split(|&byte| byte == 0);
    entries
        .filter_map(|entry| entry.strip_prefix(b"?? "))
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn git(folder: &Path, arguments: &[&str]) {
        let identity = [
            "-c",
            "user.name=n",
            "-c",
            "user.email=e",
            "-c",
            "commit.gpgsign=false",
        ];
        let output = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn observe(folder: &Path) -> Option<Checkout> {
        Checkout::observe(folder).unwrap()
    }

    #[test]
    fn a_difference_is_kept_and_can_be_applied() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("checkout");
        fs::create_dir(&folder).unwrap();
        git(&folder, &["init", "--quiet"]);
        // A repository without a commit has nothing to name.
        assert!(observe(&folder).is_none());
        fs::write(folder.join("ä code.rs"), "one\n").unwrap();
        fs::write(folder.join("picture"), [0, 159, 146, 150]).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "--quiet", "-m", "first"]);
        let clean = observe(&folder).unwrap();
        assert!(!clean.git.dirty && clean.difference.is_none());
        assert_eq!((clean.git.untracked_in_all, clean.git.diff_hash), (0, None));
        assert_eq!(clean.git.commit.len(), 40);

        fs::write(folder.join("ä code.rs"), "two\n").unwrap();
        fs::write(folder.join("picture"), [0, 159, 146, 151]).unwrap();
        fs::create_dir(folder.join("new")).unwrap();
        fs::write(folder.join("new/file"), "").unwrap();
        fs::write(folder.join("ö"), "").unwrap();
        let dirty = observe(&folder).unwrap();
        assert!(dirty.git.dirty);
        assert_eq!(dirty.git.untracked, ["new/", "ö"]);
        let hash = blake3::hash(dirty.difference.as_deref().unwrap());
        assert_eq!(dirty.git.diff_hash.unwrap(), hash.to_hex().as_str());

        let patch = root.path().join("difference.diff");
        fs::write(&patch, dirty.difference.unwrap()).unwrap();
        git(&folder, &["checkout", "--quiet", "."]);
        git(&folder, &["apply", patch.to_str().unwrap()]);
        assert_eq!(fs::read(folder.join("ä code.rs")).unwrap(), b"two\n");
        assert_eq!(
            fs::read(folder.join("picture")).unwrap(),
            [0, 159, 146, 151]
        );
    }

    #[test]
    fn outside_of_a_checkout_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(observe(folder.path()).is_none());
    }

    #[test]
    fn a_change_outside_of_the_subfolder_counts_whatever_the_configuration_says() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        git(folder, &["init", "--quiet"]);
        git(folder, &["config", "diff.relative", "true"]);
        fs::create_dir(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/file"), "").unwrap();
        fs::write(folder.join("outer"), "one").unwrap();
        git(folder, &["add", "."]);
        git(folder, &["commit", "--quiet", "-m", "first"]);
        assert!(!observe(&folder.join("inner")).unwrap().git.dirty);
        fs::write(folder.join("outer"), "two").unwrap();
        let dirty = observe(&folder.join("inner")).unwrap();
        assert!(dirty.git.dirty && dirty.difference.is_some());
    }

    #[test]
    fn a_checkout_that_git_does_not_look_at_is_no_absent_one() {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "--quiet"]);
        fs::write(root.path().join(".git/config"), "[core").unwrap();
        let said = Checkout::observe(root.path()).unwrap_err();
        assert!(said.contains("config"), "{said}");
    }
}
