#!/usr/bin/env bash
# Trains a small matrix of seeds under a real Slurm of one machine, and breaks it on the way: one program is killed (SIGKILL),
# one task meets the signal that Slurm sends before its time limit, one is queued again by Slurm as after a preemption. In the
# end each trial has to be done, once, and with the numbers of a training that nothing happened to.
#
#   scripts/slurm-test.sh PROGRAM [MANIFEST]
#
# PROGRAM is a built colorize; MANIFEST a dataset, by default the synthetic world. Needs what scripts/slurm-local.sh needs.
# Writes to a temporary folder alone; takes some minutes, most of them waiting: Slurm starts a task that was queued again no
# sooner than after two minutes.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
    printf 'slurm-test.sh: %s\n' "$*" >&2
    exit 1
}

[[ $# -ge 1 && $# -le 2 ]] || fail "usage: slurm-test.sh PROGRAM [MANIFEST]"
program=$(realpath "$1")
manifest=$(realpath "${2:-$root/datasets/synthetic.toml}")
command -v sbatch >/dev/null || fail "\`sbatch\` is missing; on Debian: apt-get install slurm-wlm"
folder=$(mktemp -d)
# A name that every quote has to survive.
work="$folder/it's \"100%\" #1"
mkdir -p "$work"
slurm=$folder/slurm
finish() {
    local status=$?
    "$root/scripts/slurm-local.sh" stop "$slurm" 2>/dev/null || true
    if ((status == 0)); then rm -rf "$folder"; else echo "left in $folder" >&2; fi
}
trap finish EXIT

say() {
    printf '\n-- %s (after %d s)\n' "$*" "$SECONDS"
}

# Waits until a command says yes, for at most so many seconds.
until_true() {
    local seconds=$1
    shift
    local end=$((SECONDS + seconds))
    until "$@" 2>/dev/null; do
        ((SECONDS < end)) || fail "waited $seconds s in vain for: $*"
        sleep 0.5
    done
}

cat >"$work/five.toml" <<TOML
title = "Five seeds"
seeds = [0, 1, 2, 3, 4]
dataset = { use = "$manifest", split = { validation = 0.1, seed = 0 } }
image.size = 48
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 8, residual_blocks = 1 }
train = { steps = ${SLURM_TEST_STEPS:-300}, batch_size = 4, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 20, evaluate_every = 100, sample_every = 300, flush_seconds = 1 }
evaluate = { images = 8, samples = 4 }

[slurm]
time = "30"
cpus = 1
signal_seconds = 60
TOML
cd "$work"
run() {
    "$program" run five.toml --runs runs "$@"
}
plan() {
    "$program" plan five.toml --runs runs "$@"
}
queue() {
    squeue --noheader --array --format='%F_%K %T'
}
is_empty() {
    [[ -z $(queue) ]]
}
# The number of the program that trains a seed.
process() {
    python3 - "$1" <<'PY'
import glob, json, sys
(path,) = glob.glob(f"runs/five/s{sys.argv[1]}-*/run.json")
print(json.load(open(path))["sessions"][-1]["process"])
PY
}
has_checkpoint() {
    compgen -G "runs/five/s$1-*/checkpoints/step-*" >/dev/null
}
# Halts the program that trains a seed, once it has a checkpoint: it cannot end before what is to happen to it has happened.
halt() {
    until_true 600 has_checkpoint "$1"
    kill -STOP "$(process "$1")"
    ! grep -q '"status": "done"' runs/five/s"$1"-*/run.json ||
        fail "seed $1 was done before it could be halted: give it more steps with SLURM_TEST_STEPS"
}
is_halted() {
    wait "${halting[$1]}" || fail "seed $1 was not halted"
}
go_on() {
    # Slurm may have ended it, or let it go on, by now.
    kill -CONT "$(process "$1")" 2>/dev/null || true
}
has_log() {
    grep -q "$2" "runs/slurm/${job}_$1.log"
}

say "without Slurm: the script is printed, and a submission refused"
run --launcher slurm --dry-run >dry.txt
grep -q -- '--array=0-4' dry.txt || fail "the script has no array of five"
code=0
PATH=/nowhere "$program" run five.toml --runs runs --launcher slurm 2>refused.txt || code=$?
[[ $code -eq 2 ]] || fail "without sbatch the exit code is $code and not 2"
cat refused.txt

say "a Slurm of one machine"
eval "$(SLURM_LOCAL_CPUS=2 "$root/scripts/slurm-local.sh" start "$slurm")"
run --launcher slurm
job=$(squeue --noheader --format=%F | sort -u | head -n 1)
plan
run --launcher slurm 2>&1 | tee again.txt
grep -q 'nothing else to submit' again.txt || fail "what is queued was submitted twice"

# All three from the beginning: whichever Slurm starts while another one's turn is on must not be over when its own comes.
halting=()
for seed in 0 1 2; do
    halt "$seed" &
    halting[seed]=$!
done
say "seed 0: the program is killed"
is_halted 0
kill -KILL "$(process 0)"
say "seed 1: the signal that comes before the time limit"
is_halted 1
# While tasks of the array wait, Slurm 22.05 delivers the signal and then says that the job cannot be altered; scancel tries
# again, so that the script is signalled twice. That has to do no harm.
scancel --batch --signal=USR1 "${job}_1" || true
go_on 1
until_true 60 has_log 1 'interrupted'
say "seed 2: Slurm queues it again, as after a preemption"
is_halted 2
scontrol requeue "${job}_2"
go_on 2
until_true 60 has_log 2 'interrupted'
plan
say "waiting for the queue"
until_true 900 is_empty
plan
say "the same command again: the killed one alone"
run --launcher slurm 2>&1 | tee once_more.txt
grep -q ': 1 trial,' once_more.txt || fail "not just the killed trial was submitted"
until_true 300 is_empty
plan --json >plan.json
plan

say "each done, once, with the numbers of a training that nothing happened to"
# The tasks compute with as many threads as cores they asked for, and the threads are part of the last bits.
"$program" run five.toml --runs quiet --threads 1 >quiet.txt 2>&1
python3 - <<'PY'
import glob, json, os, sys
trials = json.load(open("plan.json"))["trials"]
states = [trial["state"] for trial in trials]
assert states == ["done"] * 5, states
folders = sorted(os.path.basename(path) for path in glob.glob("runs/five/*"))
assert folders == sorted(trial["name"].split("/")[1] for trial in trials), folders
for trial in trials:
    sessions = json.load(open(trial["folder"] + "/run.json"))["sessions"]
    print(trial["name"], "sessions", [(s["from_step"], bool(s["ended"])) for s in sessions])
    for table in glob.glob(trial["folder"] + "/images/*.parquet"):
        other = table.replace("runs/", "quiet/", 1)
        assert open(table, "rb").read() == open(other, "rb").read(), table
print("5 trials done, each in one folder; every table of image scores equals that of an undisturbed training to the byte")
PY
