"""The file of reviews: whole lines or none, one writer, nothing lost to a kill."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from mintza.errors import BadInput, Held
from mintza.review.book import Book, read_reviews
from review.studies import write_study
from review.test_stage import said


def test_a_torn_last_line_is_not_there_and_the_next_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    book = Book(path)
    book.add(said(0, "accepted"))
    book.close()
    with path.open("ab") as file:
        file.write(b'{"conversation":"t/001","comp')
    assert read_reviews(path) == [said(0, "accepted")]
    book = Book(path)
    book.add(said(1, "accepted"))
    book.close()
    assert read_reviews(path) == [said(0, "accepted"), said(1, "accepted")]


def test_two_servers_do_not_write_one_file(tmp_path: Path) -> None:
    book = Book(tmp_path / "r.jsonl")
    with pytest.raises(Held, match="another `mintza review`"):
        Book(tmp_path / "r.jsonl")
    book.close()
    Book(tmp_path / "r.jsonl").close()


def test_a_line_that_is_no_review_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    for read in (read_reviews, Book):
        with pytest.raises(BadInput) as error:
            read(path)
        assert error.value.place == f"{path}:1"


class Killed:
    """`mintza review` as a process of its own."""

    def __init__(self, study: Path) -> None:
        command = [sys.executable, "-m", "mintza.cli", "review", str(study), "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.address = found.group()
                return
        raise AssertionError("it did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(120)
        if self.process.stdout:
            self.process.stdout.close()


def test_kill_9_loses_nothing_that_was_said_to_be_saved(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    command = [sys.executable, "-m", "mintza.cli", "run", str(study), "--only", "check"]
    subprocess.run(command, check=True, capture_output=True)
    luck = random.Random(7)
    confirmed = 0
    for _ in range(2):
        server = Killed(study)
        with httpx.Client(base_url=server.address, follow_redirects=True, trust_env=False) as maddi:
            token = re.findall(r'name="csrf" value="([^"]+)"', maddi.get("/").text)[0]
            maddi.post("/name", data={"csrf": token, "name": "Maddi"})
            killer = threading.Timer(luck.uniform(0.2, 0.5), server.kill)
            killer.start()
            with suppress(httpx.TransportError):
                while True:
                    # The same one again and again: what is asked is how many lines are there.
                    reply = maddi.post("/at/1", data={"csrf": token, "decision": "accepted"}, follow_redirects=False)
                    assert reply.headers["location"] == "/?done=accepted"
                    confirmed += 1
            killer.join(20)
    kept = len(read_reviews(tmp_path / "tiny.reviews.jsonl"))
    assert confirmed > 4
    # One for each kill may have been saved without that anybody was told.
    assert confirmed <= kept <= confirmed + 2
