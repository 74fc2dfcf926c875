"""`mintza arena try`: a study's models behind an arena on this machine, a battle, a vote, the ranking, and nothing left running."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tiny import write_study

TEXTS = {
    "title": "A trial",
    "interface": ["en", "eu"],
    "examples": ["Zer moduz?"],
    "campaign": {"title": "At home", "goal": 5, "words": "Ask *anything*."},
}


def wait_until(condition: Callable[[], Any], seconds: float = 240) -> Any:
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)
    return found


def serving(study: Path) -> list[str]:
    """Processes that serve a model of this study."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if str(study) in words and {"serve", "try"} & set(words):
            found.append(entry.name)
    return found


class Trial:
    """`mintza arena try` in a process of its own. said: what it printed so far."""

    def __init__(self, study: Path, folder: Path, *more: str) -> None:
        self.study, self.log = study, folder / "said.txt"
        command = [sys.executable, "-u", "-m", "mintza.cli", "arena", "try", str(study)]
        command += ["--data", str(folder / "kept"), "--port", "0", *more]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def address(self) -> str:
        def found() -> str | None:
            assert self.process.poll() is None, self.said
            told = re.search(r"^A trial: (http://\S+)$", self.said, re.M)
            return told.group(1) if told and _answers(told.group(1)) else None

        return str(wait_until(found))

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        return self.process.wait(120)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def write_talker(folder: Path) -> None:
    """Make the random model one that ends its answers: of its forty likeliest words the end is the likeliest, at any temperature."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        words = model.get_input_embeddings().weight
        # All words agree in one number, which then outweighs whatever else the two layers work out.
        words[:, 0] = 1.0
        words[model.config.eos_token_id, 0] = 1.07
    model.save_pretrained(folder)


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """Of the tiny study, of which nothing is trained."""
    texts = tmp_path / "texts.yaml"
    texts.write_text(yaml.safe_dump(TEXTS), encoding="utf-8")
    study = write_study(tmp_path / "study")
    write_talker(study.parent / "backbone")
    made = Trial(study, tmp_path, "--texts", str(texts))
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.wait(120)


def csrf(http: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrf" content="([^"]+)"', http.get(path).text)
    assert found
    return found.group(1)


def judged(http: httpx.Client, headers: dict[str, str]) -> Any:
    """What is told of a vote, on the first battle in which both random models said something and came to an end."""
    for number in range(100):
        body = {"prompt": "Kaixo?", "key": f"battle {number}"}
        battle = http.post("/api/battles", json=body, headers=headers).json()["battle"]
        told = http.get(f"/api/battles/{battle}/turns/1/events").text
        assert "event: over" in told, told
        if '"votable": true' in told:
            vote = {"content": "a", "language": "a"}
            return http.post(f"/api/battles/{battle}/vote", json=vote, headers=headers).json()
    return pytest.fail("no two answers came to an end")


def test_a_battle_is_fought_judged_and_counted_and_nothing_is_left_running(trial: Trial) -> None:
    address = trial.address()
    assert "Nothing is trained yet" in trial.said
    assert len(serving(trial.study)) == 2
    with httpx.Client(base_url=address, timeout=120, trust_env=False) as http:
        landing = http.get("/").text
        assert "At home" in landing
        assert "<em>anything</em>" in landing
        form = {"csrf": csrf(http, "/join"), "agree": "yes", "version": "1"}
        assert http.post("/guest", data=form).status_code == 303
        headers = {"x-csrf-token": csrf(http, "/battle")}
        reply = judged(http, headers)
        assert set(reply["models"].values()) == {"tiny.careful", "tiny.bold"}
        wait_until(lambda: "tiny.careful" in http.get("/leaderboard").text)
    assert trial.end(signal.SIGINT) == 0
    assert "votes are kept in" in trial.said
    assert not serving(trial.study)


def test_it_ends_whole_while_it_is_still_loading(trial: Trial) -> None:
    wait_until(lambda: len(serving(trial.study)) == 2)
    assert trial.end(signal.SIGTERM) == 0
    assert not serving(trial.study)
