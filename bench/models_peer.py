"""Magpie by distilabel beside Magpie here: the same raw requests to the same fake endpoint, and what each does after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from endpoint import Endpoint, endpoint
from tiny import write_backbone

PYTHON = Path(os.environ.get("MINTZA_BENCH_DISTILABEL", "/nonexistent"))
"""The python of a venv with distilabel[openai] 1.5.3 and transformers."""

CODE = """
import sys
from distilabel.models import ClientvLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import MagpieGenerator
url, count, width, cache, backbone = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
if __name__ == "__main__":
    with Pipeline(name="bench", cache_dir=cache) as pipeline:
        llm = ClientvLLM(
            base_url=url, tokenizer=backbone, use_magpie_template=True, magpie_pre_query_template="<|im_start|>user\\n",
            generation_kwargs={"max_new_tokens": 128, "temperature": 1.0},
        )
        MagpieGenerator(llm=llm, num_rows=count, batch_size=width)
    print(len(pipeline.run(use_cache=True)["default"]["train"]))
"""


_PATIENCE_S = 90.0


class Watched(NamedTuple):
    """seconds, mib: wall time and largest memory of all processes.  asked: requests that arrived.  code: of the exit."""

    seconds: float
    mib: float
    asked: int
    code: int | None


def tree_mib(pid: int) -> float:
    """Resident memory of a process and all below it."""
    found, total = [pid], 0.0
    while found:
        one = found.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            found += [int(word) for word in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    return total


def watched(command: list[str], server: Endpoint, kill_after: int | None) -> Watched:
    """Run a command; it is killed with all below it when so many requests have arrived."""
    began, peak = time.perf_counter(), 0.0
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    before = len(server.log)
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while process.poll() is None and time.perf_counter() - began < _PATIENCE_S:
            peak = max(peak, tree_mib(process.pid))
            if kill_after is not None and len(server.log) - before >= kill_after:
                break
            time.sleep(0.05)
        code = process.poll()
        if code is None:
            os.killpg(process.pid, signal.SIGKILL)
    return Watched(time.perf_counter() - began, peak, len(server.log) - before, code)


def side_by_side(folder: Path, count: int, width: int) -> list[tuple[str, str]]:
    """For each a name and what came of `count` conversations of two requests each, 0.2 s latency."""
    write_backbone(folder / "backbone", ["the cow and the horse", "user assistant system"])
    rows = {"mintza": [sys.executable, str(Path(__file__).with_name("models_children.py")), "magpie"]}
    if PYTHON.exists():
        (folder / "peer.py").write_text(CODE)
        rows["distilabel 1.5.3"] = [str(PYTHON), str(folder / "peer.py")]
    said = []
    for name, command in rows.items():
        with endpoint(folder / f"{name[:4]}.log", "--latency", "0.2") as server:
            asked = [server.url, str(count), str(width)]
            backbone = str(folder / "backbone")
            whole = watched([*command, *asked, str(folder / f"{name[:4]}1"), backbone], server, None)
            again = [*command, *asked, str(folder / f"{name[:4]}2"), backbone]
            first = watched(again, server, count)
            second = watched(again, server, None)
        ended = "" if second.code == 0 else f"; ended with {second.code}"
        said.append(
            (
                name,
                f"{whole.seconds:.1f} s, {whole.mib:.0f} MiB, {whole.asked} requests; killed at half and run again: "
                f"{first.asked} + {second.asked} requests{ended}",
            )
        )
    if not PYTHON.exists():
        said.append(("distilabel", "not here: set MINTZA_BENCH_DISTILABEL to the python of a venv that has it"))
    return said
