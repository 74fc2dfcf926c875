"""The script and the options of one job."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from mintza.study.cluster import Profile, Resources

SAVED = 75
"""Exit status of a stage that was told to save, did, and wants to go on: EX_TEMPFAIL of sysexits.h."""


def options(
    name: str,
    node: str,
    asks: Resources,
    profile: Profile,
    logs: Path,
    after: list[str],
    *,
    after_any: str | None = None,
    after_start: Sequence[str] = (),
    shards: int = 1,
) -> list[str]:
    """Options of sbatch for the job `name` that makes `node`, after the jobs `after` have ended well.

    after_any: a job that must have ended, however.  after_start: jobs that must have begun.
    shards: tasks of an array, where it is more than one.
    """
    found = [
        f"--job-name={name}",
        f"--comment={node}",
        f"--output={logs / name}.{'%A_%a' if shards > 1 else '%j'}.log",
        "--open-mode=append",
        "--requeue",
        f"--signal=B:USR1@{profile.grace_seconds}",
        "--kill-on-invalid-dep=yes",
    ]
    waits = [f"afterok:{':'.join(after)}"] if after else []
    waits += [f"afterany:{after_any}"] if after_any else []
    waits += [f"after:{':'.join(after_start)}"] if after_start else []
    if waits:
        found.append(f"--dependency={','.join(waits)}")
    if shards > 1:
        found.append(f"--array=0-{shards - 1}")
    said = {"nodes": asks.nodes, "cpus-per-task": asks.cpus, "mem": asks.memory, "time": asks.minutes}
    said |= {"partition": asks.partition, "account": asks.account, "qos": asks.qos, "constraint": asks.constraint}
    if asks.gpus:
        said["gpus-per-node"] = asks.gpus
    return [*found, *(f"--{key}={value}" for key, value in said.items() if value is not None), *(asks.options or ())]


def made_by(study: Path, node: str, key: str, shards: int = 1) -> str:
    """The command of a job that makes an artifact, or asks a share of its requests."""
    command = shlex.join([sys.executable, "-m", "mintza.cli", "run", str(study), "--only", node, "--alone", key])
    return f'{command} --share "$SLURM_ARRAY_TASK_ID/{shards}"' if shards > 1 else command


def script(title: str, command: str, profile: Profile, asks: Resources, records: Path) -> str:
    """What the job runs: a command that anybody could run by hand, between two notes of when it began and ended.

    Shortly before its time limit it is told to save, and is queued again; so it is when its node dies.
    """
    gpus = (asks.gpus or 0) * (asks.nodes or 1)
    setup = "\n".join(profile.setup)
    return f"""#!/bin/bash
# {title}
{setup}
job="${{SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}${{SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}}"
run="$job.${{SLURM_RESTART_COUNT:-0}}"
notes={shlex.quote(str(records))}
note() {{ printf '{{"job":"%s","name":"%s","began":%s,"ended":%s,"code":%s,"gpus":{gpus}}}\\n' \\
  "$job" "$SLURM_JOB_NAME" "$began" "$1" "$2" \\
  > "$notes/.$run" && mv "$notes/.$run" "$notes/$run.json"; }}
began=$(date +%s)
note null null
told=""
{command} &
child=$!
trap 'told=1; kill -USR1 $child 2> /dev/null' USR1
trap 'kill -TERM $child 2> /dev/null' TERM
wait $child; code=$?
while kill -0 $child 2> /dev/null; do wait $child; code=$?; done
note "$(date +%s)" "$code"
if [ "$code" -ne 0 ] && {{ [ -n "$told" ] || [ "$code" -eq {SAVED} ]; }} && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {profile.restarts} ]; then
  echo "the time limit is near: queued again"
  scontrol requeue "$job" && sleep 60
fi
exit "$code"
"""
