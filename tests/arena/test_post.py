"""Letters: a real SMTP server on loopback gets the link, and through it the password is set; what goes wrong is told to nobody."""

from __future__ import annotations

import logging
import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from arena.model_endpoint import ModelEndpoints
from arena.served import PASSWORD, Served, Visitor, settings_of, wait_until

ADDRESS = "oihana@example.org"


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of SMTP (RFC 5321) as a letter needs. letters: what was taken.  said: every command.  refuses: a command it says no to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.letters: list[EmailMessage] = []
        self.said: list[str] = []
        self.refuses = "nothing"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._tell("220 loopback")
        for line in self.rfile:
            command = line.decode().strip()
            self.server.said.append(command)
            verb = command.split(" ")[0].upper()
            if verb == self.server.refuses:
                self._tell("550 no")
            elif verb == "DATA":
                self._tell("354 go on")
                self._take()
            else:
                self._tell("221 bye" if verb == "QUIT" else "250 well")
                if verb == "QUIT":
                    return

    def _take(self) -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        letter = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.server.letters.append(letter)
        self._tell("250 taken")

    def _tell(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server that takes letters."""
    with Mailbox() as made:
        yield made
        made.shutdown()


@pytest.fixture
def posting(
    mailbox: Mailbox, endpoints: ModelEndpoints, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """An arena that sends letters there, with a title that tries to be more than one."""
    (tmp_path / "key").write_bytes(Fernet.generate_key())
    mail: dict[str, Any] = {"host": "127.0.0.1", "port": mailbox.server_address[1], "sender": "arena@example.org"}
    mail["starttls"] = bool(getattr(request, "param", False))
    served = Served(
        settings_of(
            endpoints,
            {"latxa": "good", "llama": "other"},
            title="Arena\r\nBcc: everybody@example.org",
            participation={"email": True},
            execution={
                "email_key_file": "key",
                "address": "https://arena.example.org",
                "secure_cookies": False,
                "mail": mail,
            },
        ),
        tmp_path,
    )
    yield served
    served.close()


def asked(served: Served, name: str = "Oihana") -> Visitor:
    """Somebody who has an account and asks for a new password, in Basque."""
    visitor = Visitor(served)
    assert visitor.join("Oihana", email=ADDRESS).status_code == 303
    other = Visitor(served)
    other.get("/?lang=eu")
    assert other.post("/forgotten", {"name": name}).status_code == 200
    return visitor


def test_the_letter_comes_and_its_link_sets_the_password_once(posting: Served, mailbox: Mailbox) -> None:
    visitor = asked(posting)
    letter = wait_until(lambda: [*mailbox.letters])[0]
    assert letter["to"] == ADDRESS
    assert letter["from"] == "arena@example.org"
    assert letter["bcc"] is None
    assert letter["subject"].endswith("Pasahitz berria")
    text = letter.get_content()
    found = re.search(r"https://arena\.example\.org(/reset/\S+)", text)
    assert found
    assert "Norbaitek" in text
    assert "Oihana" not in text
    assert [line[5:] for line in mailbox.said if line.upper().startswith("RCPT")] == [f"TO:<{ADDRESS}>"]
    stranger = Visitor(posting)
    assert stranger.get(found[1]).status_code == 200
    assert stranger.post(found[1], {"password": "pasahitz berri bat"}).status_code == 303
    assert stranger.post(found[1], {"password": "eta beste bat gero"}).status_code == 410
    assert visitor.get("/me").headers["location"] == "/login"
    assert stranger.post("/login", {"name": "Oihana", "password": PASSWORD}).status_code == 403
    assert stranger.post("/login", {"name": "Oihana", "password": "pasahitz berri bat"}).status_code == 303


def test_nobody_gets_a_letter_for_a_name_that_is_nobodys(posting: Served, mailbox: Mailbox) -> None:
    asked(posting, "Inor ez")
    asked_again = Visitor(posting)
    asked_again.post("/forgotten", {"name": "Oihana"})
    wait_until(lambda: [*mailbox.letters])
    assert len(mailbox.letters) == 1


def test_nobody_fills_a_letter_box_by_asking_again_and_again(posting: Served, mailbox: Mailbox) -> None:
    beside = len(posting.arena.tasks)
    asked(posting)
    for _ in range(5):
        assert Visitor(posting).post("/forgotten", {"name": "Oihana"}).status_code == 200
    wait_until(lambda: len(posting.arena.tasks) == beside)
    assert len(mailbox.letters) == len(posting.rows("SELECT * FROM resets")) == 3
    posting.ahead = timedelta(hours=2)
    Visitor(posting).post("/forgotten", {"name": "Oihana"})
    wait_until(lambda: len(mailbox.letters) == 4)


@pytest.mark.parametrize("refuses", ["RCPT", "MAIL", "DATA"])
def test_a_letter_that_is_refused_is_logged_without_its_address(
    posting: Served, mailbox: Mailbox, refuses: str, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refuses = refuses
    with caplog.at_level(logging.INFO, logger="mintza.arena"):
        asked(posting)
        wait_until(lambda: "a letter could not be sent" in caplog.text)
    assert "SMTP" in caplog.text
    assert ADDRESS not in caplog.text
    assert not mailbox.letters


@pytest.mark.parametrize("posting", [True], indirect=True)
def test_nothing_is_said_in_the_clear_where_it_was_to_be_sealed(
    posting: Served, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="mintza.arena"):
        asked(posting)
        wait_until(lambda: "a letter could not be sent" in caplog.text)
    assert not mailbox.letters
    assert not [
        line for line in mailbox.said if "example.org" in line and not line.upper().startswith(("EHLO", "HELO"))
    ]
