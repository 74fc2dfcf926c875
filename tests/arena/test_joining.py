"""Coming in: consent, accounts, sessions, and those who try the door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints
from arena.organisers import organiser
from arena.served import PASSWORD, Served, Visitor, settings_of, wait_until
from mintza.arena.accounts.passwords import Passwords
from mintza.arena.pages.routes import ROUTES
from mintza.arena.visit import Route


@pytest.fixture(scope="module")
def mailing(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An arena that asks for addresses, a question first, and lets no guests in."""
    folder = tmp_path_factory.mktemp("arena")
    (folder / "key").write_bytes(Fernet.generate_key())
    question = {"question": "Zein da zuzena?", "choices": ["Ni naiz", "Ni da"], "right": 0, "tries": 2}
    settings = settings_of(
        endpoints,
        {"latxa": "good", "llama": "other"},
        battle=FAST,
        participation={"guests": False, "email": True, "qualification": question},
        execution={"email_key_file": "key", "address": "https://arena.example.org", "secure_cookies": False},
    )
    served = Served(settings, folder)
    yield served
    served.close()


def test_joining_keeps_which_consent_was_given_when_and_in_which_language(served: Served) -> None:
    visitor = Visitor(served)
    visitor.get("/?lang=eu")
    assert visitor.join("Itziar", level="B2", education="university").headers["location"] == "/battle"
    held = visitor.get("/me/data").json()
    assert (held["person"]["name"], held["person"]["level"], held["person"]["education"]) == (
        "Itziar",
        "B2",
        "university",
    )
    (consent,) = held["consents"]
    assert (consent["version"], consent["interface"], consent["withdrawn_at"]) == ("1", "eu", None)
    assert len(served.rows("SELECT text_sha256 FROM consents")[0]["text_sha256"]) == 64
    assert served.rows("SELECT password FROM people WHERE name = 'Itziar'")[0]["password"].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"agree": ""}, "Please read what you agree to"),
        ({"version": "0"}, "Please read what you agree to"),
        ({"name": "<script>"}, "letters and digits"),
        ({"password": "short"}, "at least 10 characters"),
        ({"level": "Z9"}, "choose one of the answers"),
        ({"level": "A1, beginner"}, "choose one of the answers"),
    ],
)
def test_a_form_that_is_not_whole_makes_nobody(served: Served, change: dict[str, str], told: str) -> None:
    visitor = Visitor(served)
    before = served.rows("SELECT COUNT(*) AS n FROM people")
    form = {"name": "Unai", "password": PASSWORD, "agree": "yes", "version": "1", **change}
    reply = visitor.post("/join", form)
    assert reply.status_code == 422
    assert told in reply.text
    assert served.rows("SELECT COUNT(*) AS n FROM people") == before


def test_a_name_that_looks_like_anothers_is_taken(served: Served) -> None:
    assert Visitor(served).join("Peio").status_code == 303
    for name in ("peio", "Pе\u0456o", "Ｐｅｉｏ"):
        assert Visitor(served).join(name).status_code == 409


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(served: Served) -> None:
    assert Visitor(served).join("Garazi").status_code == 303
    told = []
    for name in ("Garazi", "Nobody at all"):
        visitor = Visitor(served)
        csrf = visitor.csrf()
        reply = visitor.post("/login", {"name": name, "password": "not the password"}, csrf=csrf)
        told.append((reply.status_code, reply.text.replace(name, "NAME").split("csrf")[0]))
    assert told[0] == told[1]
    assert told[0][0] == 403
    right = Visitor(served)
    assert right.post("/login", {"name": "garazi", "password": PASSWORD}).headers["location"] == "/battle"


class Counted:
    """A hash that keeps which passwords it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def hash(self, password: str) -> str:
        return f"#{password}"

    def verify(self, password: str, hash: str) -> bool:
        self.asked.append(password)
        return hash == f"#{password}"


def test_where_there_is_no_account_a_password_is_worked_out_all_the_same() -> None:
    """So the time of an answer tells nobody who has an account."""
    counted = Counted()
    passwords = Passwords(counted)
    assert asyncio.run(passwords.fits("right", "#right"))
    assert not asyncio.run(passwords.fits("wrong", "#right"))
    assert not asyncio.run(passwords.fits("wrong", None))
    assert counted.asked == ["right", "wrong", "wrong"]
    passwords.close()


def test_passwords_are_kept_by_argon2id() -> None:
    passwords = Passwords()
    hashed = asyncio.run(passwords.hash(PASSWORD))
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert asyncio.run(passwords.fits(PASSWORD, hashed))
    assert not asyncio.run(passwords.fits("not the password", hashed))
    passwords.close()


def test_logins_are_throttled_after_some_failures_even_with_the_right_password(served: Served) -> None:
    assert Visitor(served).join("Amaia").status_code == 303
    visitor = Visitor(served)
    codes = [visitor.post("/login", {"name": "Amaia", "password": "wrong wrong"}).status_code for _ in range(7)]
    assert codes == [403] * 6 + [429]
    again = visitor.post("/login", {"name": "Amaia", "password": PASSWORD})
    assert again.status_code == 429
    assert int(again.headers["retry-after"]) >= 1
    spoofed = Visitor(served, **{"x-forwarded-for": "203.0.113.9"})
    assert spoofed.post("/login", {"name": "Amaia", "password": PASSWORD}).status_code == 429


def test_a_session_that_was_there_before_the_login_is_worth_nothing_after_it(served: Served) -> None:
    planted = "planted-session-token-of-an-attacker-000000"
    visitor = Visitor(served)
    visitor.http.cookies.set("mintza_session", planted, domain="127.0.0.1")
    assert visitor.join("Nahia").status_code == 303
    mine = {cookie.value for cookie in visitor.http.cookies.jar if cookie.name == "mintza_session"}
    assert mine - {planted}
    thief = httpx.get(f"{served.address}/me", cookies={"mintza_session": planted})
    assert thief.headers["location"] == "/login"
    first = visitor.http.cookies.get("mintza_session", path="/")
    visitor.post("/login", {"name": "Nahia", "password": PASSWORD})
    assert httpx.get(f"{served.address}/me", cookies={"mintza_session": str(first)}).status_code == 303


def test_logging_out_ends_the_session_on_the_server(served: Served) -> None:
    visitor = Visitor(served).guest()
    session = str(visitor.http.cookies.get("mintza_session"))
    assert visitor.post("/logout", {}).status_code == 303
    assert httpx.get(f"{served.address}/me", cookies={"mintza_session": session}).status_code == 303


POSTS = [route for route in ROUTES if route.method == "POST"]


@pytest.mark.parametrize("route", POSTS, ids=[route.path for route in POSTS])
def test_a_form_from_elsewhere_is_refused(served: Served, route: Route) -> None:
    """Whatever may be sent, to whoever is allowed to send it."""
    visitor = organiser(served) if route.needs == "staff" else Visitor(served).guest()
    other = Visitor(served).guest()
    path = route.path.replace("{token}", "x")
    form = {"agree": "yes", "version": "1", "sure": "yes"}

    def sent(csrf: str, **headers: str) -> httpx.Response:
        if route.api:
            return visitor.http.post(path, json=form, headers={"x-csrf-token": csrf, **headers})
        return visitor.http.post(path, data={"csrf": csrf, **form}, headers=headers)

    good = visitor.csrf("/me")
    refused = [sent(csrf) for csrf in ("", "x", other.csrf("/me"))]
    for site in ("cross-site", "same-site"):
        refused.append(sent(good, **{"sec-fetch-site": site}))
    for origin in ("https://evil.example", "null", f"{served.address}.evil.example"):
        refused.append(sent(good, origin=origin))
    assert {reply.status_code for reply in refused} == {403}
    for reply in refused:
        assert "This page is too old, or the request did not come from it." in reply.text
    assert visitor.get("/me").status_code == 200


@pytest.mark.parametrize("kind", ["requests", "signs", "logins"])
def test_an_address_is_held_back_and_others_are_not(endpoints: ModelEndpoints, tmp_path: Path, kind: str) -> None:
    limits = {"requests": {"requests_minute": 12}, "signs": {"signs_address": 2}, "logins": {"logins_address": 2}}[kind]
    settings = settings_of(
        endpoints, {"latxa": "good", "llama": "other"}, limits=limits, execution={"trusted_proxies": ["127.0.0.1"]}
    )
    arena = Served(settings, tmp_path)
    one, other = (Visitor(arena, **{"x-forwarded-for": f"198.51.100.{n}"}) for n in (1, 2))

    def asked(visitor: Visitor, number: int) -> httpx.Response:
        if kind == "requests":
            return visitor.get("/health")
        if kind == "signs":
            return visitor.post("/join", {"name": f"Izena {number}", "password": PASSWORD})
        return visitor.post("/login", {"name": f"Izena {number}", "password": PASSWORD})

    replies = [asked(one, number) for number in range(14 if kind == "requests" else 4)]
    codes = [reply.status_code for reply in replies]
    assert 429 not in codes[:2]
    assert codes[-1] == 429
    assert int(replies[-1].headers["retry-after"]) >= 1
    assert asked(other, 99).status_code != 429
    arena.close()


def test_an_api_call_from_elsewhere_is_refused(served: Served) -> None:
    visitor = Visitor(served).guest()
    reply = visitor.api("/api/battles", {"prompt": "Kaixo", "key": "12345678"}, csrf="x")
    assert (reply.status_code, reply.json()["error"]) == (403, "forged")


@pytest.mark.parametrize("path", ["/me", "/me/data", "/battle", "/battle/x", "/api/battles/x/turns/1/events"])
def test_nothing_of_anybodys_is_shown_without_a_session(served: Served, path: str) -> None:
    reply = Visitor(served).get(path)
    assert reply.status_code == (401 if path.startswith("/api/") else 303)


def test_guests_are_let_in_by_configuration_alone(mailing: Served) -> None:
    assert Visitor(mailing).post("/guest", {"agree": "yes", "version": "1"}).status_code == 403


def test_an_address_is_kept_sealed_and_given_back_to_its_owner_alone(mailing: Served) -> None:
    visitor = Visitor(mailing)
    assert visitor.join("Olatz", email="olatz@example.org").status_code == 303
    assert "olatz@example.org" not in str(mailing.rows("SELECT * FROM people"))
    assert visitor.get("/me/data").json()["person"]["email"] == "olatz@example.org"
    for path in mailing.folder.glob("arena.sqlite*"):
        assert b"olatz@example.org" not in path.read_bytes()


def test_a_password_is_set_anew_once_and_every_session_ends(mailing: Served) -> None:
    visitor = Visitor(mailing)
    visitor.join("Ainhoa", email="ainhoa@example.org")
    said = [Visitor(mailing).post("/forgotten", {"name": name}) for name in ("Ainhoa", "Nobody")]
    assert [reply.status_code for reply in said] == [200, 200]
    assert said[0].text.split("csrf")[0] == said[1].text.split("csrf")[0]
    rows = wait_until(lambda: mailing.rows("SELECT * FROM resets"))
    assert len(rows) == 1
    sealer = mailing.arena.sealer
    assert sealer is not None
    token = str(sealer.open(rows[0]["token_sealed"]))
    assert token not in str(rows)
    stranger = Visitor(mailing)
    assert stranger.post(f"/reset/{token}", {"password": "short"}).status_code == 422
    assert stranger.post("/reset/guessed", {"password": "another password"}).status_code == 410
    assert stranger.post(f"/reset/{token}", {"password": "another password"}).headers["location"] == "/login"
    assert stranger.post(f"/reset/{token}", {"password": "a third password"}).status_code == 410
    assert visitor.get("/me").headers["location"] == "/login"
    assert visitor.post("/login", {"name": "Ainhoa", "password": PASSWORD}).status_code == 403
    assert visitor.post("/login", {"name": "Ainhoa", "password": "another password"}).status_code == 303


def test_a_question_is_answered_before_the_first_battle(mailing: Served) -> None:
    visitor = Visitor(mailing)
    visitor.join("Eneko")
    assert visitor.get("/battle").headers["location"] == "/qualification"
    refused = visitor.api("/api/battles", {"prompt": "Kaixo", "key": "12345678"})
    assert refused.json()["error"] == "qualification_needed"
    assert visitor.post("/qualification", {"choice": "1"}).status_code == 422
    assert visitor.post("/qualification", {"choice": "0"}).status_code == 303
    assert visitor.get("/battle").status_code == 200


def test_whoever_does_not_know_the_answer_does_not_judge(mailing: Served) -> None:
    visitor = Visitor(mailing)
    visitor.join("Leire")
    for _ in range(2):
        visitor.post("/qualification", {"choice": "1"})
    assert visitor.post("/qualification", {"choice": "0"}).status_code == 303
    assert visitor.get("/battle").status_code == 403
    assert visitor.api("/api/battles", {"prompt": "Kaixo", "key": "12345678"}).json()["error"] == "not_qualified"


def test_a_new_version_of_the_consent_is_asked_of_everybody(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    models = {"latxa": "good", "llama": "other"}
    first = Served(settings_of(endpoints, models), tmp_path)
    visitor = Visitor(first)
    visitor.join("Jokin")
    session = str(visitor.http.cookies.get("mintza_session"))
    first.close()
    second = Served(settings_of(endpoints, models, consent={"version": "2"}), tmp_path)
    again = Visitor(second)
    again.http.cookies.set("mintza_session", session)
    assert again.get("/battle").headers["location"] == "/consent"
    assert again.post("/consent", {"agree": "yes", "version": "1"}).status_code == 422
    assert again.post("/consent", {"agree": "yes", "version": "2"}).status_code == 303
    assert again.get("/battle").status_code == 200
    assert len(again.get("/me/data").json()["consents"]) == 2
    second.close()


def test_a_text_that_was_changed_under_one_version_is_said_at_the_start(
    endpoints: ModelEndpoints, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models, told = {"latxa": "good", "llama": "other"}, "another text of consent version 1"
    for text, changed in (("Onartzen dut.", False), ("Onartzen dut.", False), ("Beste gauza bat onartzen dut.", True)):
        (tmp_path / "consent.md").write_text(text, encoding="utf-8")
        served = Served(settings_of(endpoints, models, consent={"text": {"eu": "consent.md"}}), tmp_path)
        assert (told in caplog.text) == changed
        Visitor(served).guest()
        served.close()


def test_cookies_go_over_https_alone_where_the_address_is_https(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    execution = {"address": "https://arena.example.org"}
    served = Served(settings_of(endpoints, {"a1": "good", "b1": "other"}, execution=execution), tmp_path)
    cookie = Visitor(served).get("/").headers["set-cookie"]
    assert cookie.startswith("__Host-mintza_visitor=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
    assert "Strict-Transport-Security" in Visitor(served).get("/").headers
    served.close()
