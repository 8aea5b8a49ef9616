//! From trials to job arrays, and to the queue.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ledger::{Submitted, slurm_folder};
use super::script::Script;
use super::{LauncherError, SlurmSection};

/// Slurm takes no longer arrays by default (`MaxArraySize` is 1001).
const LONGEST: usize = 1000;

/// A trial to be trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// `experiment/trial`.
    pub trial: String,
    /// The experiment's file; a relative path starts from [`Launch::folder`].
    pub file: PathBuf,
    /// The experiment's name.
    pub experiment: String,
    /// What it needs.
    pub resources: SlurmSection,
}

/// How this program is started for a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The folder of all runs, absolute.
    pub runs: PathBuf,
    /// The folder that relative paths in the arguments start from, absolute.
    pub folder: PathBuf,
    /// This program, absolute.
    pub program: PathBuf,
    /// What follows `run <file> --only <trial>`.
    pub arguments: Vec<String>,
}

/// A job array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    name: String,
    script: String,
    trials: Vec<String>,
}

/// Job arrays of `tasks`: tasks that need the same come together, in their order.
///
/// # Errors
///
/// [`LauncherError::Path`] for a path that a script cannot carry.
pub fn arrays(launch: &Launch, tasks: &[Task]) -> Result<Vec<Array>, LauncherError> {
    let logs = text(&slurm_folder(&launch.runs))?.to_owned();
    // On a line of options there is no way to write these.
    if logs.contains(['\n', '\r', '\\']) {
        return Err(LauncherError::Path {
            path: launch.runs.clone(),
            why: "it contains a line break or a backslash",
        });
    }
    let mut groups: Vec<Vec<&Task>> = Vec::new();
    for task in tasks {
        let group = groups
            .iter_mut()
            .find(|group| group[0].resources == task.resources && group.len() < LONGEST);
        match group {
            Some(group) => group.push(task),
            None => groups.push(vec![task]),
        }
    }
    groups
        .into_iter()
        .map(|group| {
            let first = group[0];
            let is_one = group.iter().all(|task| task.experiment == first.experiment);
            let name = if is_one {
                format!("colorize-{}", first.experiment)
            } else {
                "colorize".to_owned()
            };
            let trials: Vec<String> = group.iter().map(|task| task.trial.clone()).collect();
            let files = group
                .iter()
                .map(|task| Ok((task.trial.clone(), text(&task.file)?.to_owned())))
                .collect::<Result<Vec<_>, LauncherError>>()?;
            let script = Script {
                section: &first.resources,
                name: &name,
                logs: &logs,
                folder: text(&launch.folder)?,
                program: text(&launch.program)?,
                arguments: &launch.arguments,
                tasks: &files,
            }
            .render();
            Ok(Array {
                name,
                script,
                trials,
            })
        })
        .collect()
}

fn text(path: &Path) -> Result<&str, LauncherError> {
    path.to_str().ok_or_else(|| LauncherError::Path {
        path: path.to_path_buf(),
        why: "it is not UTF-8",
    })
}

impl Array {
    /// The script that `sbatch` is given.
    pub fn script(&self) -> &str {
        &self.script
    }

    /// The trials, in the order of the array's indices.
    pub fn trials(&self) -> &[String] {
        &self.trials
    }

    /// Puts it into Slurm's queue, notes it under `runs`, and returns the job's number.
    ///
    /// # Errors
    ///
    /// [`LauncherError::NoSlurm`] without `sbatch`, [`LauncherError::Refused`] when it refuses.
    pub fn submit(&self, runs: &Path) -> Result<String, LauncherError> {
        self.submit_with("sbatch", runs)
    }

    fn submit_with(&self, sbatch: &str, runs: &Path) -> Result<String, LauncherError> {
        let folder = slurm_folder(runs);
        // Slurm does not make the folder of logs, and a task without one fails at once.
        fs::create_dir_all(&folder).map_err(|cause| LauncherError::Folder {
            path: folder,
            cause,
        })?;
        let answer = answer(
            Command::new(sbatch).arg("--parsable"),
            Some(self.script.as_bytes()),
        )?;
        let submitted = Submitted::new(&answer, &self.name, &self.trials);
        submitted.write(runs, &self.script)?;
        Ok(submitted.job)
    }
}

/// What one of Slurm's programs says, given `input`.
pub(super) fn answer(command: &mut Command, input: Option<&[u8]>) -> Result<String, LauncherError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let unstartable = |cause: std::io::Error| {
        let program = program.clone();
        match cause.kind() {
            std::io::ErrorKind::NotFound => LauncherError::NoSlurm { program },
            _ => LauncherError::Unstartable { program, cause },
        }
    };
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unstartable)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A program that ends before it has read all says why by itself.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().map_err(unstartable)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LauncherError::Refused {
        program,
        said: if said.is_empty() {
            output.status.to_string()
        } else {
            said
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(trial: &str, section: &str) -> Task {
        Task {
            trial: trial.to_owned(),
            file: "a.toml".into(),
            experiment: trial.split('/').next().unwrap().to_owned(),
            resources: toml::from_str(section).unwrap(),
        }
    }

    fn launch(runs: &Path) -> Launch {
        Launch {
            runs: runs.to_path_buf(),
            folder: "/work".into(),
            program: "/bin/colorize".into(),
            arguments: vec!["--runs".to_owned(), "runs".to_owned()],
        }
    }

    #[test]
    fn tasks_that_need_the_same_come_together() {
        let tasks = [
            task("a/s0-00", "cpus = 2"),
            task("b/s0-00", "cpus = 4"),
            task("a/s1-00", "cpus = 2"),
            task("c/s0-00", "cpus = 4"),
        ];
        let arrays = arrays(&launch(Path::new("/runs")), &tasks).unwrap();
        let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
        assert_eq!(names, ["colorize-a", "colorize"]);
        assert_eq!(arrays[0].trials(), ["a/s0-00", "a/s1-00"]);
        assert_eq!(arrays[1].trials(), ["b/s0-00", "c/s0-00"]);
        assert!(arrays[1].script().contains("--cpus-per-task=4\n"));
    }

    #[test]
    fn an_array_is_not_longer_than_slurm_takes() {
        let tasks: Vec<Task> = (0..2300)
            .map(|seed| task(&format!("a/s{seed}-00"), ""))
            .collect();
        let arrays = arrays(&launch(Path::new("/runs")), &tasks).unwrap();
        let lengths: Vec<usize> = arrays.iter().map(|array| array.trials().len()).collect();
        assert_eq!(lengths, [1000, 1000, 300]);
    }

    #[test]
    fn a_path_that_no_script_can_carry_is_refused() {
        let tasks = [task("a/s0-00", "")];
        for runs in ["/ru\nns", "/ru\\ns"] {
            let refused = arrays(&launch(Path::new(runs)), &tasks);
            assert!(matches!(refused, Err(LauncherError::Path { .. })));
        }
    }

    #[test]
    fn what_cannot_be_submitted_is_said_and_not_noted() {
        let runs = tempfile::tempdir().unwrap();
        let array = &arrays(&launch(runs.path()), &[task("a/s0-00", "")]).unwrap()[0];
        let absent = array.submit_with("sbatch-that-is-not-there", runs.path());
        assert!(matches!(absent, Err(LauncherError::NoSlurm { .. })));
        let refused = array.submit_with("false", runs.path());
        assert!(matches!(refused, Err(LauncherError::Refused { .. })));
        assert_eq!(Submitted::all(runs.path()).unwrap(), []);
    }
}
