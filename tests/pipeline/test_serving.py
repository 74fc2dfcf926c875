"""Models that are served by processes of the study's own: started by who asks, replaced when they die, gone when nobody asks."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fake_vllm import install
from mintza.errors import ModelError
from mintza.models.providers.asking import Asking
from mintza.models.providers.endpoints import Endpoint
from mintza.models.providers.outcomes import Answered, Failed, Outcome
from mintza.models.settings import ServeSettings
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys
from mintza.pipeline.serving import LOOKED_S, Served, Serving, announcements_of
from mintza.store import Store
from mintza.store.serving import Announced
from mintza.study import load
from processes import listening
from tiny import write_study

MINTZA = (sys.executable, "-u", "-m", "mintza.cli")


def study_of(folder: Path, execution: dict[str, Any]) -> Path:
    """The tiny study, whose conversations are sampled by its own backbone behind a server."""
    model = {"provider": "server", "model": "tiny", "backbone": "tiny", "execution": execution}
    sample = {"model": "served", "conversations": 4}
    translate = {"model": "served"}
    return write_study(
        folder,
        models={"served": model},
        instruct={"sample": sample},
        translate={"translate": translate},
        execution={"store": "store", "threads": 1, "cluster": {"profile": "local"}},
    )


def shell(folder: Path, **more: str) -> dict[str, str]:
    """An environment whose `vllm` is a fake, and which is in no job."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    return {**kept, "PATH": f"{install(folder / 'bin')}:{os.environ['PATH']}", **more}


def running(study: Path) -> list[str]:
    """Processes that serve this study."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if str(study) in command and "serve" in command:
            found.append(entry.name)
    return found


def wait_for(ready: Callable[[], Any], seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def test_a_run_starts_what_serves_its_model_asks_it_and_ends_it(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", {"serve": {"jobs": 2, "slots": 2, "context": 256}})
    command = [*MINTZA, "run", str(study), "--only", "sample"]
    done = subprocess.run(command, env=shell(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("to serve it") == 2
    assert not running(study)
    assert not list((study.parent / "store" / "serving").rglob("*.json"))


def test_the_keys_do_not_care_who_serves(tmp_path: Path) -> None:
    here = study_of(tmp_path / "s", {"serve": {}})
    own = keys(make_plan(load(here)))
    there = here.with_name("there.yaml")
    there.write_text(here.read_text().replace("serve: {}", "url: http://127.0.0.1:9/v1"), encoding="utf-8")
    assert keys(make_plan(load(there))) == own


def test_what_ends_whenever_it_is_started_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", {"serve": {"starts": 1}})
    command = [*MINTZA, "run", str(study), "--only", "sample"]
    environment = shell(tmp_path, MINTZA_FAKE_ENDS="no accelerator here")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "none has answered" in done.stderr
    assert "the engine did not come up" in done.stderr


@contextmanager
def relayed(study: Path, environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`mintza serve STUDY served` and its one address."""
    command = [*MINTZA, "serve", str(study), "served", "--port", "0"]
    with listening(command, environment) as found:
        yield found


def said(url: str) -> str:
    body = json.dumps({"messages": [{"role": "user", "content": "What?"}], "seed": 3}).encode()
    request = urllib.request.Request(f"{url}/chat/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return str(json.loads(reply.read())["choices"][0]["message"]["content"])


def test_one_address_stays_while_the_process_behind_it_is_replaced(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", {"serve": {"slots": 2, "context": 256}})
    store = Store(load(study).store)

    def announced() -> list[Announced]:
        return [one for path in (store.root / "serving").glob("*") for one in read(path)]

    def read(folder: Path) -> list[Announced]:
        found = [json.loads(path.read_bytes()) for path in folder.glob("*.json")]
        return [Announced(**one) for one in found]

    with relayed(study, shell(tmp_path)) as (process, url):
        (first,) = wait_for(announced)
        told = said(url)
        # Whoever serves, its key lies where only its owner reads it.
        (file,) = (store.root / "serving").glob("*/*.json")
        assert file.stat().st_mode & 0o77 == 0
        os.kill(int(first.job.split()[1]), signal.SIGKILL)
        assert wait_for(lambda: answered(url)) == told
        assert [one.job for one in announced()] != [first.job]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    wait_for(lambda: not running(study))


def answered(url: str) -> str:
    """What is said, "" while nobody serves."""
    try:
        return said(url)
    except urllib.error.HTTPError:
        return ""


def test_a_process_that_nobody_asks_ends_by_itself_and_takes_its_announcement_back(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", {"serve": {"idle_s": 0.3, "context": 256}})
    command = [*MINTZA, "serve", str(study), "served", "--number", "0"]
    done = subprocess.run(command, env=shell(tmp_path), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "announced: http://127.0.0.1:" in done.stdout
    assert not list((study.parent / "store" / "serving").rglob("*.json"))


class Fakes:
    """A Starter whose jobs are a dictionary."""

    def __init__(self) -> None:
        self.jobs: dict[int, str] = {}
        self.started: list[str] = []
        self.stopped: list[str] = []

    def live(self, serving: Serving) -> Mapping[int, str]:
        return self.jobs

    def start(self, serving: Serving, number: int) -> str:
        self.jobs[number] = f"job {len(self.started)}"
        self.started.append(self.jobs[number])
        return self.jobs[number]

    def stop(self, job: str) -> None:
        self.stopped.append(job)

    def last_lines(self, serving: Serving, number: int) -> list[str]:
        return ["out of memory"]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Served, Fakes, Clock, Callable[[int, str], None]]:
    """A fleet of two, its starter, its clock, and a way to announce."""
    store = Store(tmp_path)
    store.prepare()
    serving = Serving(tmp_path / "s.yaml", "big", "f" * 64, ServeSettings(jobs=2, slots=3, starts=2))
    starter, clock = Fakes(), Clock()

    def announce(number: int, job: str) -> None:
        announcements_of(store, serving).put(Announced(number=number, url=f"http://n{number}:1/v1", key="k", job=job))

    return Served(serving, store, starter, lambda line: None, clock), starter, clock, announce


Parts = tuple[Served, Fakes, Clock, Callable[[int, str], None]]


def endpoint(name: str) -> Endpoint:
    return Endpoint(name, most=3, patience_s=60, tries=1, luck=lambda: 0.5)


def test_what_is_missing_is_started_once_and_given_when_it_is_up(parts: Parts) -> None:
    fleet, starter, clock, announce = parts
    assert fleet.tended([]) == []
    clock.now += LOOKED_S
    assert fleet.tended([]) == []
    assert starter.started == ["job 0", "job 1"]
    announce(1, "job 1")
    (place,) = fleet.tended([])
    assert (place.name, place.url, place.slots) == ("n1:1 (job 1)", "http://n1:1/v1", 3)
    assert fleet.tended([endpoint(place.name)]) == []


def test_one_that_died_without_a_word_is_given_up_and_another_started(parts: Parts) -> None:
    fleet, starter, clock, announce = parts
    fleet.tended([])
    announce(0, "job 0")
    announce(1, "job 1")
    known = [endpoint(place.name) for place in fleet.tended([])]
    del starter.jobs[0]
    known[0].fails(clock.now, "refused")
    clock.now += LOOKED_S
    fleet.tended(known)
    assert starter.started == ["job 0", "job 1", "job 2"]
    fleet.tended(known)
    assert known[0].given_up
    assert not known[1].given_up
    announce(0, "job 2")
    assert [place.name for place in fleet.tended(known)] == ["n0:1 (job 2)"]


def test_one_that_is_up_and_does_not_answer_is_stopped(parts: Parts) -> None:
    fleet, starter, clock, announce = parts
    fleet.tended([])
    announce(0, "job 0")
    announce(1, "job 1")
    known = [endpoint(place.name) for place in fleet.tended([])]
    known[1].given_up = "no answer in 60 s"
    clock.now += LOOKED_S
    fleet.tended(known)
    assert starter.stopped == ["job 1"]
    assert starter.started == ["job 0", "job 1", "job 2"]


def test_starts_that_serve_nothing_end_with_what_the_last_one_said(parts: Parts) -> None:
    fleet, starter, clock, _ = parts
    for _ in range(2):
        fleet.tended([])
        starter.jobs.clear()
        clock.now += LOOKED_S
    with pytest.raises(ModelError, match="4 processes were started") as told:
        fleet.tended([])
    assert "out of memory" in told.value.remedy


def asking(
    ask: Callable[[Endpoint, int], Any], tend: Callable[[Any], list[Endpoint]], tries: int = 2
) -> Asking[int, str]:
    async def close() -> None:
        await asyncio.sleep(0)

    return Asking(
        [],
        ask,
        failed=lambda n, why: f"{n} failed: {why}",
        close=close,
        name="m",
        tries=tries,
        luck=lambda: 0.5,
        tend=tend,
    )


def test_requests_wait_for_an_endpoint_to_come_and_none_is_lost_with_one_that_goes() -> None:
    came = iter([[], [endpoint("one")], [endpoint("two")]])
    served: list[tuple[str, int]] = []

    async def ask(place: Endpoint, request: int) -> Outcome[str]:
        if place.name == "one" and request > 1:
            return Failed("it was cut")
        served.append((place.name, request))
        return Answered(f"{request} answered")

    def tend(known: Any) -> list[Endpoint]:
        for place in known:
            if place.in_trouble:
                place.given_up = "gone"
        return next(came, [])

    answers = dict(asking(ask, tend).answers(range(6)))
    assert answers == {n: f"{n} answered" for n in range(6)}
    assert {name for name, _ in served} == {"one", "two"}


def test_nobody_is_waited_for_when_the_fleet_gives_up() -> None:
    def tend(known: Any) -> list[Endpoint]:
        raise ModelError("nothing serves")

    async def ask(place: Endpoint, request: int) -> Outcome[str]:
        return Answered("")

    with pytest.raises(ModelError, match="nothing serves"):
        list(asking(ask, tend).answers(range(2)))
