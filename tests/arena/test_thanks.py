"""What people get for their votes: their own progress, a table they may be in, a raffle that anybody can draw again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints
from arena.organisers import gave, organiser, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.settings import Encouraging, Prize
from mintza.arena.thanks import progress, raffle

ADDRESS = "ane@example.org"


@pytest.fixture(scope="module")
def arena(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An arena with prizes, two votes a ticket, that asks for addresses and does not tell the models."""
    folder = tmp_path_factory.mktemp("arena")
    (folder / "key").write_bytes(Fernet.generate_key())
    settings = settings_of(
        endpoints,
        {"latxa": "good", "llama": "other"},
        battle=FAST,
        participation={"guests": True, "email": True},
        voting={"reveal": False},
        encouraging={
            "goal": 10,
            "votes_a_ticket": 2,
            "prizes": [{"text": "Liburu bat"}, {"text": "Bidaia", "by": "most"}],
        },
        execution={"email_key_file": "key"},
    )
    served = Served(settings, folder)
    yield served
    served.close()


def joined(arena: Served, name: str, votes: int = 0, **more: str) -> Visitor:
    visitor = Visitor(arena)
    assert visitor.join(name, **more).status_code == 303
    gave(arena, name, votes)
    return visitor


def test_ones_own_page_counts_votes_tickets_and_days_and_shows_the_last_votes(arena: Served) -> None:
    visitor = joined(arena, "Ane", 3, email=ADDRESS)
    page = visitor.get("/me").text
    person = arena.rows("SELECT id FROM people WHERE name = 'Ane'")[0]["id"]
    own = written(arena, lambda connection: progress.own(connection, person))
    assert (own.votes, own.valid, own.tickets(2), [*own.days.values()]) == (3, 3, 1, [3])
    for said in ("Zer da euria?", "Your votes by day", "Your last votes", "Tickets of the raffle", ADDRESS):
        assert said in page, said
    exclude = "INSERT INTO exclusions (battle_id, step, reason, at) SELECT id, :step, 'x', 'now' FROM battles WHERE person_id = :p LIMIT 1"
    written(arena, lambda connection: connection.run(exclude, step="side", p=person))
    left = written(arena, lambda connection: progress.own(connection, person))
    assert (left.votes, left.valid, left.tickets(2)) == (3, 2, 1)
    written(arena, lambda connection: connection.run("DELETE FROM exclusions"))
    written(arena, lambda connection: connection.run(exclude, step="control", p=person))
    assert written(arena, lambda connection: progress.own(connection, person)).valid == 3
    written(arena, lambda connection: connection.run("DELETE FROM exclusions"))


def test_who_is_never_told_the_models_is_not_told_them_anywhere(arena: Served) -> None:
    visitor = Visitor(arena).guest()
    token = visitor.begin()
    visitor.answered(token)
    told = visitor.vote(token)
    assert told.json() == {"saved": True, "overall": "a"}
    for path in (f"/battle/{token}", "/me", "/me/data", "/battle"):
        text = visitor.get(path).text
        assert "latxa" not in text, path
        assert "llama" not in text, path


def test_nobody_is_named_who_did_not_wish_it(arena: Served) -> None:
    joined(arena, "Lotsatia", 1)
    proud, anybody = joined(arena, "Harroa", 2), Visitor(arena)
    assert proud.post("/me/listed", {"listed": "yes"}).status_code == 303
    page = anybody.get("/contributors").text
    assert "Lotsatia" not in page
    assert "Harroa" in page
    proud.post("/me/listed", {"listed": "no"})
    assert "Harroa" not in anybody.get("/contributors").text
    proud.post("/me/listed", {"listed": "yes"})
    proud.post("/me/withdraw", {})
    assert "Harroa" not in anybody.get("/contributors").text
    guest = Visitor(arena).guest()
    assert guest.post("/me/listed", {"listed": "yes"}).status_code == 404


def test_an_address_is_given_later_changed_and_taken_away(arena: Served) -> None:
    visitor = joined(arena, "Miren")
    assert visitor.post("/me/email", {"email": "no address"}).status_code == 422
    for address in ("miren@example.org", "m2@example.org", ""):
        assert visitor.post("/me/email", {"email": address}).status_code == 303
        assert visitor.get("/me/data").json()["person"]["email"] == (address or None)
        assert "example.org" not in str(arena.rows("SELECT email_sealed FROM people"))
    assert Visitor(arena).guest().post("/me/email", {"email": "x@example.org"}).status_code == 404


def test_in_the_raffle_are_accounts_that_can_be_told_and_agree(arena: Served) -> None:
    people = {
        "Jon": joined(arena, "Jon", 2, email="jon@example.org"),
        "Gabe": joined(arena, "Gabe", 2),
        "Joan": joined(arena, "Joan", 2, email="joan@example.org"),
    }
    organiser(arena)
    gave(arena, "Antolatzailea", 2)
    people["Joan"].post("/me/withdraw", {})

    def names(*, addresses: bool) -> set[str]:
        found = written(arena, lambda connection: raffle.entries(connection, addresses=addresses))
        return {
            row["name"] for voter in found for row in arena.rows("SELECT name FROM people WHERE voter = :v", v=voter)
        }

    assert {"Jon", "Gabe"} <= names(addresses=False)
    assert names(addresses=True) & {*people, "Antolatzailea"} == {"Jon"}
    assert not names(addresses=False) & {"Joan", "Antolatzailea", None}


def test_a_draw_is_recorded_told_to_winners_and_their_addresses_to_staff_alone(arena: Served) -> None:
    visitor = joined(arena, "Irabazlea", 12, email="irabazlea@example.org")
    settings, now = arena.settings.encouraging, arena.arena.now()
    won = written(arena, lambda c: raffle.draw(c, settings, "2026", now, addresses=True))
    assert {"prize": "Bidaia", "name": "Irabazlea"}.items() <= won[1].items()
    (kept,) = arena.rows("SELECT * FROM draws")
    entries = written(arena, lambda connection: raffle.entries(connection, addresses=True))
    assert kept["entries_sha256"] == raffle.digest(entries)
    assert "You have won: Bidaia" in visitor.get("/me").text
    assert "You have won: Bidaia" not in Visitor(arena).guest().get("/me").text
    page = organiser(arena).get("/staff/people").text
    assert "mailto:irabazlea@example.org" in page
    assert "example.org" not in str(kept)


ENTRIES = st.dictionaries(st.text(alphabet="abcdef", min_size=1, max_size=4), st.integers(0, 60), max_size=12)
PRIZES = (Prize(text="book", winners=3), Prize(text="trip", by="most", winners=2))


@given(ENTRIES, st.text(max_size=8))
def test_a_draw_can_be_made_again_by_anybody_and_is_fair_to_its_rules(found: dict[str, int], seed: str) -> None:
    won = raffle.winners(found, PRIZES, 10, seed)
    assert won == raffle.winners(dict(reversed(found.items())), PRIZES, 10, seed)
    books = [each.voter for each in won if each.prize == "book"]
    trips = [each.voter for each in won if each.prize == "trip"]
    assert len(books) == min(3, sum(votes >= 10 for votes in found.values()))
    assert len({*books}) == len(books)
    assert all(found[voter] >= 10 for voter in books)
    assert sorted((found[voter] for voter in trips), reverse=True) == sorted(found.values(), reverse=True)[: len(trips)]


def test_whoever_has_more_tickets_wins_so_much_oftener() -> None:
    prizes = (Prize(text="book"),)
    won = Counter(raffle.winners({"ten": 10, "forty": 49}, prizes, 10, str(seed))[0].voter for seed in range(2000))
    # Four tickets of five; the standard error is 0.9 %.
    assert 0.77 < won["forty"] / 2000 < 0.83


def test_a_digest_published_beforehand_shows_that_nobody_was_added() -> None:
    found = {"one": 10, "two": 20}
    assert raffle.digest(found) == raffle.digest(dict(reversed(found.items())))
    assert raffle.digest(found) != raffle.digest({**found, "three": 10})


def test_an_arena_without_prizes_has_no_raffle_and_one_without_a_table_no_table(served: Served) -> None:
    visitor = Visitor(served)
    assert visitor.join("Sariarik Gabe").status_code == 303
    page = visitor.get("/me").text
    assert "raffle" not in page
    assert "E-mail" not in page
    assert visitor.post("/me/email", {"email": "x@example.org"}).status_code == 404
    assert not Encouraging().prizes
