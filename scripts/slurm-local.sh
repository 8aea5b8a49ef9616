#!/usr/bin/env bash
# A Slurm of one machine, for trying `colorize run --launcher slurm` without a cluster. Installs nothing: it needs
# munged, slurmctld and slurmd, on Debian `apt-get install slurm-wlm`. Everything it writes lies in one folder.
#
#   scripts/slurm-local.sh start FOLDER   starts the three services; prints how to reach them
#   scripts/slurm-local.sh stop FOLDER    stops them, and every job with them
#
# `export SLURM_CONF=FOLDER/slurm.conf` makes sbatch, squeue and scontrol talk to it. The node is this machine as often as
# it has cores; neither systemd nor cgroups are used. Environment: SLURM_LOCAL_PORT, the first of two ports (default 26817);
# SLURM_LOCAL_CPUS, how many cores the node claims to have (default: those of the machine).

set -euo pipefail

fail() {
    printf 'slurm-local.sh: %s\n' "$*" >&2
    exit 2
}

usage() {
    fail "usage: slurm-local.sh start|stop FOLDER"
}

start() {
    local program
    for program in munged slurmctld slurmd sinfo; do
        command -v "$program" >/dev/null || fail "\`$program\` is missing; on Debian: apt-get install slurm-wlm"
    done
    [[ ! -e $folder/slurm.conf ]] || fail "$folder is in use; stop it first, or take another folder"
    mkdir -p "$folder"/{state,spool,log,munge}
    # munged wants folders that nobody else may write.
    chmod 755 "$folder" "$folder/munge" "$folder/log"
    if [[ ! -e $folder/munge/key ]]; then
        (umask 077 && head -c 1024 /dev/urandom >"$folder/munge/key")
    fi
    munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
        --log-file="$folder/log/munged.log" --seed-file="$folder/munge/seed"

    local host cpus port=${SLURM_LOCAL_PORT:-26817}
    host=$(hostname -s)
    cpus=${SLURM_LOCAL_CPUS:-$(nproc)}
    cat >"$folder/slurm.conf" <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
# The machine is what this file says it is: containers tell slurmd otherwise.
SlurmdParameters=config_overrides
# Quick to see and to act, which a real cluster is not.
SchedulerParameters=batch_sched_delay=1,sched_interval=5,requeue_delay=1
KillWait=20
MinJobAge=300
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$folder/slurm.conf
    slurmctld -f "$SLURM_CONF"
    slurmd -f "$SLURM_CONF" -N "$host"
    local try
    for ((try = 0; try < 100; try++)); do
        if sinfo --noheader --format=%T 2>/dev/null | grep -q '^idle$'; then
            printf 'export SLURM_CONF=%q\n' "$SLURM_CONF"
            return
        fi
        sleep 0.3
    done
    tail -n 5 "$folder"/log/*.log >&2
    fail "the node did not come up within 30 s"
}

# Ends the service whose number stands in a file, and waits for it.
end() {
    local pid
    [[ -f $1 ]] || return 0
    pid=$(<"$1")
    kill "$pid" 2>/dev/null || return 0
    local try
    for ((try = 0; try < 100; try++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
}

stop() {
    [[ -f $folder/slurm.conf ]] || fail "there is no Slurm in $folder"
    export SLURM_CONF=$folder/slurm.conf
    local jobs
    if jobs=$(squeue --noheader --format=%A 2>/dev/null) && [[ -n $jobs ]]; then
        # shellcheck disable=SC2086 # one number a word
        scancel --signal=KILL --full $jobs 2>/dev/null || true
        # shellcheck disable=SC2086
        scancel $jobs 2>/dev/null || true
    fi
    end "$folder/slurmd.pid"
    end "$folder/slurmctld.pid"
    end "$folder/munge/pid"
    rm -f "$folder/slurm.conf"
}

[[ $# -eq 2 ]] || usage
mkdir -p "$2"
folder=$(cd "$2" && pwd)
case $1 in
start) start ;;
stop) stop ;;
*) usage ;;
esac
