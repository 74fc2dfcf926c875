"""Processes that tests start: workers of training, from one that has imported torch already, and servers that say where they listen."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

PRELOADED = [
    "torch.distributed.fsdp",
    "torch.distributed.checkpoint",
    "transformers.models.llama",
    "mintza.train.worker",
]


def work_together(job: Path, size: int, *, killed_after: int | None = None) -> list[int | None]:
    """Exit codes of so many workers at a job. killed_after: all are killed once the curve has so many steps."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workers = [context.Process(target=_work, args=(job, rank, size, port, killed_after)) for rank in range(size)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(600)
    return [worker.exitcode for worker in workers]


def _work(job: Path, rank: int, size: int, port: int, killed_after: int | None) -> None:
    from mintza.train import worker

    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_PORT": port, "MASTER_ADDR": "127.0.0.1"}
    os.environ.update({name: str(value) for name, value in names.items()})
    if killed_after is not None:
        threading.Thread(target=_kill, args=(job.with_name("curve.jsonl"), killed_after), daemon=True).start()
    raise SystemExit(worker.main(job))


def _kill(curve: Path, steps: int) -> None:
    while not curve.exists() or curve.read_bytes().count(b"\n") < steps:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def listening(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, once it has said where it listens, and its address; killed at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            line = ""
            while " at http" not in line:
                line = process.stdout.readline()
                assert line
            yield process, line.split(" at ")[1].split(",")[0]
        finally:
            process.kill()
