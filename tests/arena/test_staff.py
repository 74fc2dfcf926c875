"""Those who run the arena: campaigns, pauses, moderation, health, and a record of every act; nobody else does any of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints
from arena.organisers import brought, organiser, rows, written
from arena.served import PASSWORD, Served, Visitor, settings_of
from mintza.arena.accounts.people import stamp
from mintza.arena.pages.routes import ROUTES
from mintza.arena.publishing.cleaning import Masks
from mintza.arena.publishing.exporting import export, rows_of
from mintza.arena.settings import ArenaSettings
from mintza.arena.staff.campaigns import campaign_of
from mintza.arena.staff.health import health
from mintza.arena.visit import Route
from mintza.arena.words import words

NUMBERS = count()
DOORS = [route for route in ROUTES if route.needs == "staff"]


@pytest.fixture(scope="module")
def arena(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An arena of three models in every language of the pages."""
    settings = settings_of(
        endpoints,
        {"one": "good", "two": "other", "three": "good"},
        battle=FAST,
        interface=["en", "eu", "es", "gl", "cy"],
        limits={"signs_address": 1000, "logins_address": 1000},
    )
    served = Served(settings, tmp_path_factory.mktemp("arena"))
    yield served
    served.close()


@pytest.fixture(scope="module")
def staff(arena: Served) -> Visitor:
    """One of them."""
    return organiser(arena)


@pytest.fixture(autouse=True)
def _as_it_was(arena: Served) -> Iterator[None]:
    yield
    for table in ("campaigns", "model_states"):
        written(arena, lambda connection, table=table: connection.run(f"DELETE FROM {table}"))  # type: ignore[misc]
    arena.do(arena.arena.reload())
    arena.ahead = timedelta(0)


@pytest.mark.parametrize("route", DOORS, ids=[f"{route.method} {route.path}" for route in DOORS])
def test_nobody_but_staff_passes(arena: Served, route: Route) -> None:
    account, stranger = Visitor(arena), Visitor(arena)
    assert account.join(f"Jende {DOORS.index(route)}").status_code == 303
    if route.method == "GET":
        assert account.get(route.path).status_code == 403
        assert stranger.get(route.path).headers["location"] == "/login"
    else:
        assert account.post(route.path, {}).status_code == 403
        assert stranger.post(route.path, {}).status_code == 401
    assert "/staff" not in account.get("/").text


@pytest.mark.parametrize("tag", ["en", "eu", "es", "gl", "cy"])
def test_every_page_opens_in_every_language(arena: Served, staff: Visitor, tag: str) -> None:
    visitor = Visitor(arena)
    visitor.get(f"/?lang={tag}")
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path and not route.api:
            assert visitor.get(route.path).status_code in (200, 303), route.path
    staff.get(f"/?lang={tag}")
    for route in DOORS:
        if route.method == "GET":
            reply = staff.get(route.path)
            assert reply.status_code == 200, route.path
            if route.path != "/staff/export":
                assert f'<html lang="{tag}"' in reply.text
                assert f"<h1>{words(tag)('Staff')}</h1>".replace("'", "&#39;") in reply.text


def begun(visitor: Visitor) -> httpx.Response:
    return visitor.api("/api/battles", {"prompt": "Kaixo", "key": f"request {next(NUMBERS):08d}"})


def fought(arena: Served, battles: int) -> set[str]:
    """Models that are met in some battles."""
    visitor, met = Visitor(arena).guest(), set()
    for number in range(battles):
        token = visitor.begin(key=f"battle number {number}")
        visitor.answered(token)
        (row,) = arena.rows("SELECT model_a, model_b FROM battles WHERE id = :b", b=token.split(".")[0])
        met |= {row["model_a"], row["model_b"]}
    return met


def test_a_paused_model_is_met_no_more_until_it_is_let_back(arena: Served, staff: Visitor) -> None:
    assert staff.post("/staff/models", {"model": "one", "paused": "yes"}).status_code == 303
    assert fought(arena, 6) == {"two", "three"}
    staff.post("/staff/models", {"model": "two", "paused": "yes"})
    refused = begun(Visitor(arena).guest())
    assert (refused.status_code, refused.json()["error"]) == (503, "models_missing")
    for model in ("one", "two"):
        staff.post("/staff/models", {"model": model, "paused": "no"})
    assert begun(Visitor(arena).guest()).status_code == 201
    assert staff.post("/staff/models", {"model": "nobody", "paused": "yes"}).status_code == 404


def campaign(**more: str) -> dict[str, str]:
    return {"title": "Abenduko kanpaina", "opens": "2026-01-01", "closes": "2099-01-01", **more}


def test_a_campaign_has_its_models_its_goal_and_its_words(arena: Served, staff: Visitor) -> None:
    words_ = "Lagundu **gu**!\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    form = campaign(models="two, three", goal="7", words=words_)
    assert staff.post("/staff/campaigns", form).status_code == 303
    page = Visitor(arena).get("/").text
    for part in ("Abenduko kanpaina", "<strong>gu</strong>", "2099-01-01 00:00 UTC", "votes of 7"):
        assert part in page
    assert "<script>alert" not in page
    assert "javascript:" not in page.replace("[x](javascript:alert(1))", "")
    assert fought(arena, 6) == {"two", "three"}
    (row,) = arena.rows("SELECT DISTINCT c.title FROM battles b JOIN campaigns c ON c.id = b.campaign")
    assert row["title"] == "Abenduko kanpaina"


def test_outside_its_campaigns_the_arena_is_closed_and_battles_under_way_are_judged(
    arena: Served, staff: Visitor
) -> None:
    visitor = Visitor(arena).guest()
    token = visitor.begin()
    assert visitor.answered(token)["votable"]
    staff.post("/staff/campaigns", campaign(opens="2026-01-01", closes="2026-01-02"))
    refused = begun(visitor)
    assert (refused.status_code, refused.json()["error"]) == (403, "arena_closed")
    assert "The arena is closed at the moment" in visitor.get("/").text
    assert visitor.vote(token).status_code == 200


def test_a_campaign_ends_when_staff_end_it(arena: Served, staff: Visitor) -> None:
    staff.post("/staff/campaigns", campaign())
    (row,) = arena.rows("SELECT id FROM campaigns")
    assert begun(Visitor(arena).guest()).status_code == 201
    assert staff.post("/staff/campaigns/close", {"id": row["id"]}).status_code == 303
    assert begun(Visitor(arena).guest()).json()["error"] == "arena_closed"
    assert staff.post("/staff/campaigns/close", {"id": "none"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": " "}, "A campaign has a title."),
        ({"opens": "tomorrow"}, "write dates as"),
        ({"closes": "2025-12-31"}, "ends after it begins"),
        ({"models": "one"}, "Name two models at least"),
        ({"models": "one nobody"}, "Name two models at least"),
        ({"goal": "many"}, "A goal is a number of votes."),
        ({"goal": "٣"}, "A goal is a number of votes."),
    ],
)
def test_what_is_wrong_with_a_campaign_is_said_and_what_was_written_stays(
    arena: Served, staff: Visitor, change: dict[str, str], told: str
) -> None:
    staff.get("/?lang=en")
    reply = staff.post("/staff/campaigns", campaign(words="Hitz batzuk", **change))
    assert reply.status_code == 422
    assert told in reply.text
    assert "Hitz batzuk" in reply.text
    assert not arena.rows("SELECT id FROM campaigns")


def test_times_of_a_campaign_are_utc_whatever_was_written(arena: Served) -> None:
    made = campaign_of(campaign(opens="2026-12-01T09:00+01:00", closes="2026-12-31"), ["one", "two"])
    assert (made.opens, made.closes) == ("2026-12-01T08:00:00.000Z", "2026-12-31T00:00:00.000Z")


def test_a_reported_battle_is_read_hidden_and_let_back(arena: Served, staff: Visitor) -> None:
    staff.get("/?lang=en")
    visitor = Visitor(arena).guest()
    token = visitor.begin("Galdera <b>bat</b>")
    visitor.answered(token)
    battle = token.split(".")[0]
    assert visitor.vote(token).status_code == 200
    note = "Izen bat <script>alert(1)</script>"
    assert visitor.api(f"/api/battles/{token}/report", {"kind": "private", "note": note}).status_code == 201
    assert visitor.api(f"/api/battles/{token}/report", {"kind": "nothing"}).json()["error"] == "bad_form"
    page = staff.get("/staff/reports").text
    for part in (
        "Personal data of somebody",
        "Galdera &lt;b&gt;bat&lt;/b&gt;",
        "Hau erantzun bat da",
        "&lt;script&gt;",
    ):
        assert part in page, part
    (report,) = arena.rows("SELECT id FROM reports WHERE battle_id = :b", b=battle)
    form = {"report": report["id"], "battle": battle}
    assert staff.post("/staff/reports", {**form, "act": "hide"}).status_code == 303
    assert battle not in staff.get("/staff/reports").text
    assert battle not in unpacked(staff)["votes.jsonl"]
    assert staff.post("/staff/reports", {**form, "act": "show"}).status_code == 303
    assert battle in unpacked(staff)["votes.jsonl"]
    for wrong, status in (({"act": "burn"}, 422), ({"act": "hide", "battle": "none"}, 404)):
        assert staff.post("/staff/reports", {**form, **wrong}).status_code == status


def test_every_act_is_written_down_with_who_did_it(arena: Served, staff: Visitor) -> None:
    before = len(arena.rows("SELECT id FROM staff_log"))
    staff.post("/staff/models", {"model": "one", "paused": "yes"})
    staff.post("/staff/campaigns", campaign())
    staff.get("/staff/export")
    acts = arena.rows("SELECT who, what, about FROM staff_log ORDER BY at, id")[before:]
    assert {(act["who"], act["what"]) for act in acts} == {
        ("Antolatzailea", "pause"),
        ("Antolatzailea", "campaign"),
        ("Antolatzailea", "export"),
    }
    staff.post("/staff/models", {"model": "nobody", "paused": "yes"})
    assert len(arena.rows("SELECT id FROM staff_log")) == before + 3


def test_a_link_for_a_new_password_is_made_for_people_and_never_for_staff(arena: Served, staff: Visitor) -> None:
    owner = Visitor(arena)
    assert owner.join("Ahaztua").status_code == 303
    assert staff.post("/staff/people", {"name": "Antolatzailea"}).status_code == 404
    assert staff.post("/staff/people", {"name": "Inor ez"}).status_code == 404
    page = staff.post("/staff/people", {"name": "ahaztua"}).text
    token = page.partition("/reset/")[2].partition("<")[0]
    stranger = Visitor(arena)
    assert stranger.post(f"/reset/{token}", {"password": "beste pasahitz bat"}).status_code == 303
    assert owner.get("/me").headers["location"] == "/login"
    assert stranger.post("/login", {"name": "Ahaztua", "password": "beste pasahitz bat"}).status_code == 303
    assert token not in str(arena.rows("SELECT * FROM resets"))


def test_who_is_staff_no_longer_is_out_at_once(arena: Served) -> None:
    from mintza.arena.staff.moderating import unmake_staff

    other = organiser(arena, "Bigarrena")
    assert other.get("/staff").status_code == 200
    assert written(arena, lambda connection: unmake_staff(connection, "Bigarrena"))
    assert other.get("/staff").headers["location"] == "/login"


def unpacked(staff: Visitor) -> dict[str, str]:
    """Files of an export by name."""
    reply = staff.get("/staff/export")
    assert reply.headers["content-disposition"].startswith('attachment; filename="arena-')
    with zipfile.ZipFile(io.BytesIO(reply.content)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_what_staff_export_is_what_the_command_writes(arena: Served, staff: Visitor, tmp_path: Path) -> None:
    visitor = Visitor(arena).guest()
    token = visitor.begin()
    visitor.answered(token)
    assert visitor.vote(token).status_code == 200
    found = unpacked(staff)
    rows_ = written(arena, lambda connection: rows_of(connection, arena.settings, Masks(())))
    export(rows_, arena.settings, tmp_path / "out", stamp(arena.arena.now()))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*found}
    for name, text in found.items():
        assert (tmp_path / "out" / name).read_text(encoding="utf-8") == text, name
    assert token.split(".")[0] in found["votes.jsonl"]


def settings_alone(endpoints: ModelEndpoints) -> ArenaSettings:
    return settings_of(endpoints, {"one": "good", "bad": "refuses"}, battle=FAST)


def test_health_tells_which_model_fails_and_when_too_much_is_left_out(
    endpoints: ModelEndpoints, tmp_path: Path
) -> None:
    served = Served(settings_alone(endpoints), tmp_path)
    visitor = Visitor(served).guest()
    for number in range(3):
        visitor.answered(visitor.begin(key=f"battle number {number}"))
    now = served.arena.now()
    found = written(served, lambda connection: health(connection, ["one", "bad"], now))
    failing = {each.model: each.failing for each in found.models}
    assert failing == {"one": 0.0, "bad": 1.0}
    assert found.turns == {"failed": 3}
    assert found.days[stamp(now)[:10]] == (3, 0)
    assert not found.to_watch
    brought(served, rows(["one", "bad"], 10, 6))
    lines = "INSERT INTO exclusions (battle_id, step, reason, at) SELECT battle_id, :step, 'x', 'now' FROM votes WHERE voter = :v"
    for voter in ("user000", "user001", "user002"):
        written(served, lambda connection, voter=voter: connection.run(lines, step="side", v=voter))  # type: ignore[misc]
    written(served, lambda connection: connection.run(lines, step="control", v="user003"))
    watched = written(served, lambda connection: health(connection, ["one", "bad"], now))
    assert (watched.votes, watched.left_out, watched.exclusion_rate) == (60, 18, 0.3)
    assert watched.to_watch
    page = organiser(served).get("/staff").text
    assert "Many votes are left out." in page
    served.close()


def test_the_password_of_staff_is_not_given_by_their_name_alone(arena: Served, staff: Visitor) -> None:
    assert Visitor(arena).post("/login", {"name": "Antolatzailea", "password": PASSWORD}).status_code == 403
