"""try: the arena of a study on this machine, before its own trained variants; everything it starts ends with it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field
from rich.console import Console

from mintza.arena.app import open_database
from mintza.arena.database.engine import Connection, Database
from mintza.arena.staff import campaigns
from mintza.errors import MintzaError, ModelError, StudyError
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import states
from mintza.settings import Settings
from mintza.store import Store
from mintza.study import load
from mintza.study.yaml_lines import read_yaml
from mintza.terminal import arena

console = Console(highlight=False)
# Two ways of asking one model, where there is one model alone.
WAYS = {"careful": 0.2, "bold": 1.2}
LOADING_S = 300.0
ENDING_S = 20.0
TOKENS = 192
ASIDE = ".mintza-arena"


class CampaignText(Settings):
    """What the landing page says of the campaign. goal: votes.  words: Markdown."""

    title: str
    goal: int | None = None
    words: str = ""


class Texts(Settings):
    """What a trial says. title, contact, interface, examples: as an arena's.  campaign: None for none."""

    title: str | None = None
    contact: str = ""
    interface: tuple[str, ...] = Field(default=("en",), min_length=1)
    examples: tuple[str, ...] = ()
    campaign: CampaignText | None = None


def serve(study: Path, *, port: int, data: Path | None, texts: Path | None, engines: int) -> None:
    """Serve until ctrl-C or SIGTERM. Raises StudyError, BadInput, MissingPart, ModelError."""
    plan = make_plan(load(study))
    said = _texts(texts)
    folder = (data or study.resolve().parent.parent / ASIDE).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = _names(plan, engines)
    stop = _Stop()
    with suppress(_Stopped), ExitStack() as started:
        urls = dict(_engines(started, stop, study, names, folder))
        stop.raises = True
        file = folder / "arena.yaml"
        file.write_text(yaml.safe_dump(_arena(plan, said, urls), allow_unicode=True, sort_keys=False), encoding="utf-8")
        if said.campaign is not None:
            _begin_campaign(file, said.campaign)
        _print(f"To be one of its organisers: mintza arena staff {file} --add NAME")
        stop.check()
        arena.serve(file, "127.0.0.1", port)
    _print("stopped; votes are kept in " + str(folder))


class _Stopped(Exception):
    """A signal came."""


class _Stop:
    """What SIGINT and SIGTERM do: noted while processes are started, since an exception in there would leave one behind; then raised."""

    def __init__(self) -> None:
        self.told = self.raises = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def check(self) -> None:
        """Raises _Stopped when one came."""
        if self.told:
            raise _Stopped

    def _take(self, *_: object) -> None:
        self.told = True
        if self.raises:
            raise _Stopped


def _names(plan: Plan, most: int) -> list[str]:
    """Trained variants, then untouched backbones, of the study's tables; at most so many."""
    now = states(plan, Store(plan.study.store))
    trained = [c.name for c in plan.cells if (s := now.get(f"train/{c.name}")) is not None and s.artifact is not None]
    settings = plan.study.settings
    untouched = [name for name in dict.fromkeys(c.variant.backbone for c in plan.cells) if name in settings.backbones]
    untouched = [name for name in untouched if settings.backbones[name].kind != "variant"]
    if not trained:
        _print(f"Nothing is trained yet (`mintza run {plan.study.path}` does it): the untouched model is tried.")
    names = (trained + untouched)[:most]
    if len(trained + untouched) > most:
        _print(f"Left out, since --engines is {most}: {', '.join((trained + untouched)[most:])}")
    if not names:
        raise StudyError("the study has no model to try", place=str(plan.study.path), remedy="name one under backbones")
    return names


def _engines(
    started: ExitStack, stop: _Stop, study: Path, names: Sequence[str], folder: Path
) -> Iterator[tuple[str, str]]:
    """Name and address of each, once all are loaded."""
    logs = {name: folder / f"{name}.log" for name in names}
    processes = {name: started.enter_context(_engine(study, name, logs[name])) for name in names}
    for name, process in processes.items():
        url = _address(name, process, logs[name], stop)
        _print(f"{name} at {url}")
        yield name, url


@contextmanager
def _engine(study: Path, name: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`mintza serve` of one model, in a session of its own: a ctrl-C comes to us alone, and we end it."""
    command = [sys.executable, "-u", "-m", "mintza.cli", "serve", str(study), name]
    command += ["--port", "0", "--slots", "4", "--context", "2048"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(name: str, process: subprocess.Popen[bytes], log: Path, stop: _Stop) -> str:
    """Where it listens, as it says itself. Raises ModelError when it ends, or does not come up."""
    until = time.monotonic() + LOADING_S
    while time.monotonic() < until:
        stop.check()
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(f"{name} at http"):
                return line.partition(" at ")[2].partition(",")[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise ModelError(f"{name} was not loaded; its log is {log}")


def _arena(plan: Plan, said: Texts, urls: Mapping[str, str]) -> dict[str, Any]:
    """An arena's file, as somebody would write it."""
    models: dict[str, Any] = {}
    for name, url in urls.items():
        where = {"url": url, "timeouts": {"first": 600.0, "stall": 300.0, "total": 1800.0}}
        asked = {"model": name, "max_tokens": TOKENS, "execution": where}
        if len(urls) > 1:
            models[name] = asked
        else:
            models |= {f"{name}.{way}": {**asked, "temperature": heat} for way, heat in WAYS.items()}
    return {
        "title": said.title or plan.study.settings.title,
        "language": plan.study.settings.language,
        "interface": list(said.interface),
        "contact": said.contact,
        "models": models,
        "examples": list(said.examples),
        "participation": {"guests": True},
        # Small models seldom stop of themselves: what they say until they are cut is what there is to judge.
        "fair": {"every_s": 5.0, "controls": 0.0, "cut_answers": "count"},
        "execution": {"data": "data"},
    }


def _texts(file: Path | None) -> Texts:
    if file is None:
        return Texts()
    return arena.read_as(Texts, read_yaml(file), "studies/arena/demo.yaml shows what such a file says")


def _begin_campaign(file: Path, said: CampaignText) -> None:
    """A week from now on, where none was ever made."""
    settings, _ = arena.read_settings(file)
    now = datetime.now(UTC)
    form = {"opens": now.isoformat(), "closes": (now + timedelta(days=7)).isoformat()}
    form |= {"title": said.title, "goal": str(said.goal or ""), "words": said.words}

    def work(connection: Connection) -> None:
        running = campaigns.Running()
        running.load(connection)
        if running.campaign(now) is None:
            campaigns.add(connection, campaigns.campaign_of(form, settings.models), now)

    database: Database = open_database(settings, file.parent)
    try:
        asyncio.run(database.write(work))
    except MintzaError as error:
        raise StudyError(f"the campaign cannot be begun: {error}", remedy="see `campaign` in the texts") from None
    finally:
        database.close()


def _print(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
