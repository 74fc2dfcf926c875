"""A real Slurm for the tests of this folder: skipped with its reason where it is absent; in CI a failure, unless apt refused it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.slurm import Slurm, missing


@pytest.fixture(scope="session")
def programs() -> None:
    """Slurm's programs are here."""
    absent = missing()
    if absent:
        reason = f"needs {', '.join(absent)}: apt-get install slurm-wlm munge, as root"
        if os.environ.get("CI") == "true" and "slurm-wlm" not in os.environ.get("MINTZA_APT_REFUSED", ""):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def slurm(programs: None) -> Iterator[Slurm]:
    """Two virtual nodes, idle."""
    # Not under pytest's folder: the path of munge's socket would be too long.
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, Slurm(Path(folder) / "s") as cluster:
        yield cluster
