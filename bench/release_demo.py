"""The demo released with everything that a release may hold, verified, and spoiled byte by byte: seconds, and what is named.

Needs a demo that was run here (`make demo`). Works on a copy of its store; votes are made up, models come as GGUF files too.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import yaml
from cluster_demo import DEMO, MINTZA, Made, linked

from mintza.records import Battle, Message, Reply, Vote
from mintza.release.manifest import MANIFEST, SUMS

SINGLY = 12
"""Files that are spoiled one at a time, beside the two lists; all others are spoiled together too."""


def votes(models: list[str], count: int = 60) -> str:
    """Battles and votes that nobody cast, as lines of records."""
    luck = random.Random(1)
    lines = []
    for number in range(count):
        sides = []
        for model in luck.sample(models, 2):
            said = (Message(role="user", content="Kaixo"), Message(role="assistant", content="Bai."))
            sides.append(Reply(model=model, messages=said, system_prompt="", temperature=0.7, top_p=1.0, max_tokens=64))
        at = f"2026-11-01T10:{number:02}:00Z"
        lines.append(Battle(id=f"b{number}", language="eus_Latn", a=sides[0], b=sides[1], started_at=at))
        for criterion in ("content", "language"):
            winner = luck.choice(("a", "b", "tie"))
            lines.append(
                Vote(battle_id=f"b{number}", voter=f"v{number % 7}", criterion=criterion, winner=winner, cast_at=at)
            )
    return "".join(msgspec.json.encode(one).decode() + "\n" for one in lines)


def timed(*words: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Seconds of a verb, and what became of it."""
    began = time.monotonic()
    done = subprocess.run([*MINTZA, *words], capture_output=True, text=True, check=False)
    return time.monotonic() - began, done


def spoil(path: Path, luck: random.Random) -> tuple[int, int]:
    """Flip one bit of one byte; gives the place and the byte that was there."""
    place = luck.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek(place)
        (was,) = file.read(1)
        file.seek(place)
        file.write(bytes([was ^ (1 << luck.randrange(8))]))
    return place, was


def mend(path: Path, place: int, was: int) -> None:
    """Undo `spoil`."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes([was]))


def named(out: Path, paths: list[Path]) -> int:
    """How many of these files `verify` names."""
    done = timed("verify", str(out))[1]
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    return sum(path.relative_to(out).as_posix() in told for path in paths)


def copied(folder: Path, here: Made) -> Path:
    """The demo with votes and a release of all parts, on a copy of its store."""
    study = linked(folder)
    said = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    said |= {"votes": "votes.jsonl", "execution": {"store": "../store"}}
    said["release"] = {"name": "Demo", "gguf": True}
    study.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
    models = [name.removeprefix("train/") for name in here.artifacts if name.startswith("train/")]
    study.with_name("votes.jsonl").write_text(votes(models), encoding="utf-8")
    shutil.copytree(here.store.root / "artifacts", folder / "main" / "store" / "artifacts")
    return study


def main() -> None:
    """Print the lines."""
    here = Made(DEMO)
    if len(here.artifacts) < len(here.keys):
        sys.exit("the demo is not complete here: make demo")
    with TemporaryDirectory(prefix="bench", dir=os.environ.get("TMPDIR")) as name:
        study, out = copied(Path(name), here), Path(name) / "release"
        seconds, done = timed("run", str(study))
        print(f"the report with votes: {seconds:.1f} s; {done.stdout.splitlines()[-1] if done.stdout else done.stderr}")
        released, done = timed("release", str(study), "--out", str(out))
        if done.returncode:
            sys.exit(done.stderr)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        size = sum(path.stat().st_size for path in files)
        verified, done = timed("verify", str(out))
        print(done.stdout.strip())
        print(
            f"release: {len(files)} files, {size / 1e9:.2f} GB in {released:.1f} s; verify {verified:.1f} s"
            f" (target: both in 120 s)"
        )
        luck = random.Random(7)
        others = [path for path in files if path.name not in (MANIFEST, SUMS) and path.stat().st_size]
        was = {path: spoil(path, luck) for path in others}
        print(f"a bit flipped in each of {len(others)} files: {named(out, others)} named")
        for path, (place, byte) in was.items():
            mend(path, place, byte)
        alone = [*luck.sample(others, SINGLY), out / MANIFEST, out / SUMS]
        found = 0
        for path in alone:
            place, byte = spoil(path, luck)
            found += named(out, [path])
            mend(path, place, byte)
        print(f"in one file at a time, the two lists among them: {found} of {len(alone)} named")
        print(timed("verify", str(out))[1].stdout.strip())


if __name__ == "__main__":
    main()
