"""A cluster of ours goes with what started it, also when that is told to end by SIGTERM."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CODE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from cluster.slurm import Slurm, ended_by_sigterm
with ended_by_sigterm(), Slurm(Path(sys.argv[2])) as slurm:
    print(*(process.pid for process in slurm.processes.values()), flush=True)
    time.sleep(600)
"""


@pytest.mark.usefixtures("programs")
def test_a_cluster_ends_with_a_bench_that_is_told_to_end() -> None:
    with tempfile.TemporaryDirectory(prefix="slurm") as folder:
        command = [sys.executable, "-c", CODE, str(TESTS), str(Path(folder) / "s")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            daemons = [int(word) for word in process.stdout.readline().split()]
            assert all(Path(f"/proc/{pid}").exists() for pid in daemons)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
    assert len(daemons) == 4
    assert not [pid for pid in daemons if Path(f"/proc/{pid}").exists()]
