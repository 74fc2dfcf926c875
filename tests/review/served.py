"""A real review under a real uvicorn on loopback, and people who visit it over HTTP."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from mintza.languages import load
from mintza.records import Conversation, Language, Message, Provenance
from mintza.review.book import Book
from mintza.review.desk import Candidate, Desk, Flag
from mintza.review.visit import Room
from mintza.review.web import LOOPBACK, application

OURS = Provenance(source="tests", license="CC0-1.0")


def talk(name: str, *turns: str, language: str = "eus_Latn", parent: str | None = None) -> Conversation:
    """A conversation whose turns are a person's and the assistant's by turns."""
    messages = tuple(
        Message(role="assistant" if number % 2 else "user", content=text) for number, text in enumerate(turns)
    )
    return Conversation(id=name, language=language, component="t", messages=messages, provenance=OURS, parent_id=parent)


def candidate(number: int, *, uncertainty: float = 0.0, flags: tuple[Flag, ...] = ()) -> Candidate:
    """A translation of two turns beside its original."""
    original = talk(
        f"s/{number:03}", f"Question {number}?", "An <b>answer</b> at https://a.example/x.", language="eng_Latn"
    )
    made = talk(
        f"t/{number:03}", f"{number}. galdera?", "Erantzun <b>bat</b>: https://a.example/x.", parent=original.id
    )
    return Candidate(made, original, flags, uncertainty)


class Served:
    """A review that serves, in a thread of its own."""

    def __init__(
        self,
        file: Path,
        candidates: list[Candidate],
        *,
        overlap: float = 0.0,
        key: str | None = None,
        target: Language | None = None,
    ) -> None:
        self.book = Book(file)
        self.desk = Desk(candidates, self.book, component="t", overlap=overlap, seconds=time.monotonic)
        room = Room(self.desk, "Tests", target or load("eus_Latn"), load("eng_Latn"), key=key, hosts=LOOPBACK)
        self.visitors: list[httpx.Client] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        import uvicorn

        # A client may rest for long on a busy machine, and must not write into a connection that is just being closed.
        config = uvicorn.Config(application(room), log_level="error", access_log=False, timeout_keep_alive=3600)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 120
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)

    def close(self) -> None:
        """End it; a second time does nothing."""
        if not self._thread.is_alive():
            return
        for visitor in self.visitors:
            visitor.close()
        self._server.should_exit = True
        self._thread.join(120)
        self.book.close()

    def said(self) -> list[tuple[str, str, str]]:
        """(conversation, reviewer, decision) of every line of the file."""
        return [(one.conversation, one.reviewer, one.decision) for one in self.book.reviews]


class Visitor:
    """Somebody with a browser: cookies are kept, forms carry what the page put into them."""

    def __init__(self, served: Served, name: str | None = None, **headers: str) -> None:
        self.http = httpx.Client(
            base_url=served.address, headers=headers, timeout=120, trust_env=False, follow_redirects=True
        )
        served.visitors.append(self.http)
        self.page = self.get("/")
        if name is not None:
            self.post("/name", name=name)

    def get(self, path: str, **options: Any) -> httpx.Response:
        self.page = self.http.get(path, **options)
        return self.page

    def post(self, path: str, *, csrf: str | None = None, **form: str) -> httpx.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        token = csrf if csrf is not None else found.group(1) if found else ""
        self.page = self.http.post(path, data={"csrf": token, **form})
        return self.page

    def decide(self, decision: str, **form: str) -> httpx.Response:
        """Decide on what is shown."""
        return self.post(f"/at/{self.number}", decision=decision, **form)

    @property
    def number(self) -> int:
        """Of the conversation that is shown."""
        found = re.search(r'action="/at/(\d+)"', self.page.text)
        assert found, self.page.text
        return int(found.group(1))
