"""oneDNN keeps few kernels in memory, unless somebody has said how many; a run and a worker of a training both say so."""

import os
import subprocess
import sys

import pytest

from mintza.train.few_kernels import KEPT, TOLD, keep_few_kernels


def test_the_environment_says_how_many_kernels_are_kept() -> None:
    environment = {"PATH": "/bin"}
    keep_few_kernels(environment)
    assert environment == {"PATH": "/bin", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": KEPT}


@pytest.mark.parametrize("name", TOLD)
def test_what_somebody_has_said_stays(name: str) -> None:
    environment = {name: "100"}
    keep_few_kernels(environment)
    assert environment == {name: "100"}


def test_a_training_says_so_before_torch_computes() -> None:
    said = "import os; from mintza.train.torch_team import device_of; device_of('cpu'); print(os.environ.get('%s'))"
    plain = {name: value for name, value in os.environ.items() if name not in TOLD}
    command = [sys.executable, "-c", said % TOLD[0]]
    done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == KEPT
