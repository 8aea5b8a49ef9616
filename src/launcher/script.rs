//! The script of a job array.
//!
//! Each task trains one named trial and is signalled in two ways. Before its time limit Slurm sends `SIGUSR1` to the shell
//! alone (`--signal=B:…`); the shell passes it on as `SIGTERM`, the program writes a checkpoint and ends with 130, and the
//! shell queues the task again. When a task is preempted, cancelled or at its limit, Slurm sends `SIGTERM` to the shell and
//! to the program both: the shell must not pass that on, because a second signal ends the program at once, and must not
//! queue the task again, because Slurm does where it should.

use super::{Gpus, SlurmSection};

/// What a script is made of.
#[derive(Debug, Clone)]
pub(super) struct Script<'a> {
    pub(super) section: &'a SlurmSection,
    /// The job's name: letters, digits, `-`, `_` and `.`.
    pub(super) name: &'a str,
    /// Where the tasks' outputs go, absolute.
    pub(super) logs: &'a str,
    /// The folder that the command was given in.
    pub(super) folder: &'a str,
    /// This program, absolute.
    pub(super) program: &'a str,
    /// The arguments of all tasks.
    pub(super) arguments: &'a [String],
    /// Trials and their experiment files, in the order of the array's indices.
    pub(super) tasks: &'a [(String, String)],
}

impl Script<'_> {
    pub(super) fn render(&self) -> String {
        let mut lines = vec!["#!/bin/bash".to_owned()];
        let options = self.options().into_iter();
        lines.extend(options.map(|option| format!("#SBATCH {option}")));
        lines.push(SIGNALS.to_owned());
        lines.push(format!("cd -- {} || exit", quoted(self.folder)));
        lines.push("tasks=(".to_owned());
        let tasks = self.tasks.iter();
        lines.extend(tasks.map(|(trial, file)| format!("    {} {}", quoted(trial), quoted(file))));
        lines.push(")".to_owned());
        lines.extend(self.section.setup.iter().cloned());
        let mut words = vec![quoted(self.program)];
        words.push(r#"run "$file" --only "$trial""#.to_owned());
        words.extend(self.arguments.iter().map(|argument| quoted(argument)));
        if self.section.cpus.is_some() {
            // Whether or not the cluster holds the task to its cores.
            words.push(r#"--threads "$SLURM_CPUS_PER_TASK""#.to_owned());
        }
        let requeues = self.section.requeues.to_string();
        let task = TASK.replace("{requeues}", &requeues);
        lines.push(task.replace("{command}", &words.join(" ")));
        lines.join("\n")
    }

    fn options(&self) -> Vec<String> {
        let section = self.section;
        let last = self.tasks.len().saturating_sub(1);
        let at_once = section
            .at_once
            .map_or_else(String::new, |count| format!("%{count}"));
        let mut options = vec![
            format!("--job-name={}", self.name),
            format!("--array=0-{last}{at_once}"),
            format!(
                "--output={}",
                for_sbatch(&format!("{}/", self.logs), "%A_%a.log")
            ),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            format!("--signal=B:USR1@{}", section.signal_seconds),
        ];
        let mut option = |name: &str, value: Option<String>| {
            options.extend(value.map(|value| format!("--{name}={value}")));
        };
        option("partition", section.partition.clone());
        option("time", section.time.clone());
        option(
            "gpus",
            section.gpus.as_ref().map(|gpus| match gpus {
                Gpus::Number(number) => number.to_string(),
                Gpus::Kind(kind) => kind.clone(),
            }),
        );
        option("cpus-per-task", section.cpus.map(|cpus| cpus.to_string()));
        option("mem", section.memory.clone());
        option("account", section.account.clone());
        option("qos", section.qos.clone());
        options.extend(section.options.iter().cloned());
        options
    }
}

/// How a task is told to stop.
const SIGNALS: &str = r#"
program=
near_limit=0
stop_before_limit() {
    # A second signal would end the program without a checkpoint.
    ((near_limit)) && return
    near_limit=1
    [[ -z $program ]] || kill -TERM "$program"
}
trap stop_before_limit USR1
# Slurm tells the program itself; the shell only has to outlive it.
trap : TERM INT HUP
"#;

/// What every task does. Bash ends `wait` when a trapped signal comes, and remembers how a program ended that is gone.
const TASK: &str = r#"
trial=${tasks[2 * SLURM_ARRAY_TASK_ID]}
file=${tasks[2 * SLURM_ARRAY_TASK_ID + 1]}
printf '%s task %s on %s: %s\n' "$(date -u +%FT%TZ)" "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" "$(hostname)" "$trial"
{command} &
program=$!
while kill -0 "$program" 2>/dev/null; do
    wait "$program"
done
wait "$program"
status=$?
if ((near_limit && status == 130 && ${SLURM_RESTART_COUNT:-0} < {requeues})); then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exit 0
fi
exit "$status"
"#;

/// A word of shell that means `text` and nothing else.
pub(super) fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./=,:@+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `path` and then the pattern `name`, as the value of an option on a `#SBATCH` line. There quotes and `#` mean something,
/// and `%` in a file's name begins a pattern.
fn for_sbatch(path: &str, name: &str) -> String {
    let path = path.replace('%', "%%");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./%".contains(letter);
    if path.chars().all(plain) {
        return format!("{path}{name}");
    }
    format!("\"{}{name}\"", path.replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(section: &str, folder: &str, file: &str, arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let trials = ["02-stopsigns/s0-0123456789", "02-stopsigns/s1-abcdef0123"];
        Script {
            section: &toml::from_str(section).unwrap(),
            name: "colorize-02-stopsigns",
            logs: &format!("{folder}/runs/slurm"),
            folder,
            program: "/opt/colorize/bin/colorize",
            arguments: &arguments,
            tasks: &trials.map(|trial| (trial.to_owned(), file.to_owned())),
        }
        .render()
    }

    #[test]
    fn a_script_without_resources() {
        let file = "experiments/02-stopsigns.toml";
        let arguments = ["--device", "flex", "--runs", "runs"];
        insta::assert_snapshot!(script("", "/home/ada/colorize", file, &arguments));
    }

    #[test]
    fn a_script_with_all_resources_and_a_folder_of_an_evil_name() {
        let section = "partition = \"gpu\"\ntime = \"12:00:00\"\ngpus = \"a100:1\"\ncpus = 8\nmemory = \"32G\"\n\
                       account = \"lab\"\nqos = \"high\"\nat_once = 4\nsignal_seconds = 600\nrequeues = 9\n\
                       options = [\"--constraint=v100\"]\nsetup = [\"module load cuda\", \"export A=1\"]";
        let folder = "/scratch/it's \"100%\" #1 $HOME";
        let arguments = ["--set", "dataset.categories=[\"stop sign\"]"];
        insta::assert_snapshot!(script(section, folder, "it's here.toml", &arguments));
    }

    #[test]
    fn words_stay_one_word() {
        let words = ["plain", "", "it's", "a b", "$(rm)", "a\nb", "ü"].map(quoted);
        assert_eq!(
            words,
            [
                "plain",
                "''",
                "'it'\\''s'",
                "'a b'",
                "'$(rm)'",
                "'a\nb'",
                "'ü'"
            ]
        );
    }
}
