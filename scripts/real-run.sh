#!/usr/bin/env bash
# Trains what reports/photographs.toml tells of: every stage of the story and its controls, on photographs.
#
#   scripts/real-run.sh [--program PROGRAM] [--dataset MANIFEST]... [--device DEVICE] [--runs FOLDER] [EXPERIMENT:SEED...]
#
# Without EXPERIMENT:SEED, all of them: six seeds of stage 4 and its controls, three of the others. A run that is done is left
# alone, and one that was stopped is resumed, so the script may be stopped and started at any time. 96 pixels, 5,000 steps of 8,
# in bfloat16 where DEVICE is libtorch; 8 to 10 minutes a run on one core of an EPYC.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$root/target/release/colorize
datasets=()
device=libtorch
runs=runs
while [[ ${1:-} == --* ]]; do
    case $1 in
        --program) program=$2 ;;
        --dataset) datasets+=(--dataset "$2") ;;
        --device) device=$2 ;;
        --runs) runs=$2 ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    esac
    shift 2
done
[[ ${#datasets[@]} -gt 0 ]] || datasets=(--dataset coco)

trials=("$@")
if [[ ${#trials[@]} -eq 0 ]]; then
    for seed in 0 1 2 3 4 5; do
        trials+=("ablations/extractor-lite0:$seed" "ablations/extractor-none:$seed" "ablations/extractor-lite0-shuffled:$seed")
    done
    for seed in 0 1 2; do
        trials+=("02-stopsigns:$seed" "03-yuv:$seed" "05-classes:$seed" "ablations/classes-none:$seed"
            "01-batchnorm:$seed" "00-instancenorm:$seed")
    done
fi
precision=f32
[[ $device == libtorch* ]] && precision=bf16
for trial in "${trials[@]}"; do
    # Three of ten stop signs are held out: one of ten, 29 photographs, cannot tell a difference of 1 dB from one of 2.
    held_out=0.1
    [[ $trial == 0[23]-* ]] && held_out=0.3
    "$program" run "$root/experiments/${trial%:*}.toml" --seed "${trial#*:}" "${datasets[@]}" --device "$device" --runs "$runs" \
        --set image.size=96 --set train.batch_size=8 --set train.steps=5000 --set "train.precision=\"$precision\"" \
        --set train.schedule=cosine --set train.optimizer.learning_rate=2e-3 \
        --set train.evaluate_every=1000 --set train.sample_every=2500 --set train.checkpoint_every=500 \
        --set evaluate.images=600 --set evaluate.batch_norm_batches=16 --set evaluate.samples=12 \
        --set "dataset.split.validation=$held_out"
done
