#!/usr/bin/env bash
# Trains what reports/photographs.toml tells of: every stage of the story and its controls, on photographs.
#
#   scripts/real-run.sh [--program PROGRAM] [--dataset MANIFEST]... [--device DEVICE] [--runs FOLDER] [EXPERIMENT:SEED...]
#
# Without EXPERIMENT:SEED, all of them, the most telling first. A run that is done is left alone, and one that was stopped is
# resumed, so the script may be stopped and started at any time. 96 pixels, 5,000 steps of 8, in bfloat16 where DEVICE is
# libtorch; 8 to 10 minutes a run on one core of an EPYC.

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
    trials=(
        ablations/extractor-lite0:0 ablations/extractor-none:0
        03-yuv:0 02-stopsigns:0 01-batchnorm:0 ablations/extractor-lite0-shuffled:0 05-classes:0
        ablations/extractor-lite0:1 ablations/extractor-none:1 ablations/extractor-lite0-shuffled:1
        ablations/extractor-lite0:2 ablations/extractor-none:2 ablations/extractor-lite0-shuffled:2
        00-instancenorm:0
    )
fi
precision=f32
[[ $device == libtorch* ]] && precision=bf16
for trial in "${trials[@]}"; do
    "$program" run "$root/experiments/${trial%:*}.toml" --seed "${trial#*:}" "${datasets[@]}" --device "$device" --runs "$runs" \
        --set image.size=96 --set train.batch_size=8 --set train.steps=5000 --set "train.precision=\"$precision\"" \
        --set train.schedule=cosine --set train.optimizer.learning_rate=2e-3 \
        --set train.evaluate_every=1000 --set train.sample_every=2500 --set train.checkpoint_every=500 \
        --set evaluate.images=600 --set evaluate.batch_norm_batches=16 --set evaluate.samples=12
done
