"""kill -9 while a server is asked: the endpoint's own log says what was asked twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from endpoint import Endpoint, endpoint

COUNT, WIDTH = 300, 16
ASKER = """
import sys
from pathlib import Path
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.server import ServerModel
from mintza.models.seam import Prompt, Sampling
from mintza.models.settings import ServerExecution, ServerSettings

url, folder, out, count, width = sys.argv[1:]
model = ServerModel(
    ServerSettings(model="m", execution=ServerExecution(url=url, concurrency=int(width))), name="s", backbone=None
)
journalled = Journalled(model, Journal(Path(folder), model.ref))
prompts = (Prompt(text=f"hill number {n}", draw=n) for n in range(int(count)))
with open(out, "w") as file:
    for answer in journalled.complete(prompts, Sampling()):
        file.write(f"{answer.draw} {answer.finish_reason} {answer.text}\\n")
journalled.close()
"""


def ask(server: Endpoint, folder: Path, killed_after: int | None) -> str:
    """Ask everything; or be killed at a random moment after so many requests have arrived in this run."""
    command = [sys.executable, "-c", ASKER, server.url, str(folder), str(folder) + ".out", str(COUNT), str(WIDTH)]
    before = len(server.log)
    with subprocess.Popen(command) as process:
        if killed_after is None:
            assert process.wait(300) == 0
        else:
            while len(server.log) < before + killed_after and process.poll() is None:
                time.sleep(0.002)
            os.kill(process.pid, signal.SIGKILL)
    return Path(str(folder) + ".out").read_text()


def test_after_kill_9_only_requests_in_flight_are_asked_again_and_the_output_is_the_same(tmp_path: Path) -> None:
    luck = random.Random(4)
    with endpoint(tmp_path / "whole.log", "--latency", "0.01") as server:
        undisturbed = ask(server, tmp_path / "whole", None)
    with endpoint(tmp_path / "log", "--latency", "0.01") as server:
        for _ in range(3):
            ask(server, tmp_path / "journal", luck.randrange(20, 90))
        assert ask(server, tmp_path / "journal", None) == undisturbed
        times = Counter(line["said"] for line in server.log)
    assert len(times) == COUNT
    assert sum(times.values()) - COUNT <= 3 * WIDTH
