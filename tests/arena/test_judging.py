"""What a vote may say; names; tokens; limits; names of models in answers."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.arena.accounts.limits import Buckets, Failures, client_address, networks
from mintza.arena.accounts.names import cleaned, key_of
from mintza.arena.accounts.sealing import Sealer, Signer
from mintza.arena.battles.identity import NameSpotter
from mintza.arena.battles.judging import CHOICES, judgement
from mintza.arena.battles.tokens import BattleTokens
from mintza.arena.refusals import Refused
from mintza.arena.settings import ArenaModel, Choice, Endpoint, Voting
from mintza.errors import BadInput
from mintza.languages import load

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("content", CHOICES)
@pytest.mark.parametrize("language", CHOICES)
def test_overall_is_asked_only_when_content_and_language_point_to_opposite_models(
    content: Choice, language: Choice
) -> None:
    form = {"content": content, "language": language}
    if {content, language} == {"a", "b"}:
        with pytest.raises(Refused, match="overall_needed"):
            judgement(form, Voting())
        assert judgement({**form, "overall": "tie"}, Voting()).overall == "tie"
        return
    found = judgement(form, Voting())
    assert not found.overall_asked
    assert found.overall == (language if content == "tie" else content)
    with pytest.raises(Refused, match="overall_not_asked"):
        judgement({**form, "overall": next(c for c in CHOICES if c != found.overall)}, Voting())


@given(
    st.dictionaries(
        st.text(max_size=9), st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))
    )
)
def test_whatever_is_sent_is_a_vote_or_refused(form: dict[str, object]) -> None:
    for content in ("a", form.get("content")):
        try:
            found = judgement({"language": "a", **form, "content": content}, Voting())
        except Refused:
            continue
        assert found.content in CHOICES


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "a" * 31,
        "<b>Jon</b>",
        "../../etc/passwd",
        "Jon\u202enoJ",
        "Jon\u200b",
        "a\u0301\u0301\u0301\u0301",
        "12",
        "Jon\x00",
        "😀😀",
        # Letters and marks that nobody sees.
        "Jon\u3164",
        "\u115f\u1160\u3164",
        "Jon\uffa0",
        "Jo\u034fn",
        "Jo\ufe0fn",
        "Jo\U000e0101n",
        "Jo\u17b5n",
    ],
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        cleaned(name)


@pytest.mark.parametrize("name", ["Maddi", "Jon Ander", "O'Neill", "Ибрагим", "محمد علي", "ñabar_7", "María"])
def test_names_of_every_script_are_names(name: str) -> None:
    assert cleaned(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jon", "JON"), ("Jon", "Ｊｏｎ"), ("paco", "расо"), ("Jon Ander", "Jon-Ander"), ("José", "Jose")],
)
def test_names_that_look_alike_are_the_same(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


def test_a_token_is_for_one_person_one_battle_and_a_time() -> None:
    tokens = BattleTokens(Signer(b"s" * 32), hours=1)
    token = tokens.make("battle", "person", NOW)
    assert tokens.read(token, "person", NOW) == "battle"
    with pytest.raises(Refused, match="not_your_battle"):
        tokens.read(token, "somebody", NOW)
    with pytest.raises(Refused, match="battle_expired"):
        tokens.read(token, "person", NOW + timedelta(hours=2))
    with pytest.raises(Refused, match="not_your_battle"):
        BattleTokens(Signer(b"t" * 32), hours=1).read(token, "person", NOW)


@given(st.data())
def test_a_token_that_is_changed_anywhere_is_refused(data: st.DataObject) -> None:
    tokens = BattleTokens(Signer(b"s" * 32), hours=1)
    token = tokens.make("battle", "person", NOW)
    where = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[where]))
    with pytest.raises(Refused, match="not_your_battle"):
        tokens.read(token[:where] + other + token[where + 1 :], "person", NOW)


def test_what_was_signed_for_one_purpose_is_worth_nothing_for_another() -> None:
    signer = Signer(b"s" * 32)
    assert not signer.holds(signer.sign("csrf", "x"), "battle", "x")
    assert not signer.holds(signer.sign("battle", "ab", "c"), "battle", "a", "bc")


def test_a_sealed_address_is_read_by_its_key_alone() -> None:
    from cryptography.fernet import Fernet

    sealer = Sealer(Fernet.generate_key().decode())
    sealed = sealer.seal("maddi@example.org")
    assert "maddi" not in sealed
    assert sealer.open(sealed) == "maddi@example.org"
    assert Sealer(Fernet.generate_key().decode()).open(sealed) is None
    with pytest.raises(BadInput, match="no key"):
        Sealer("short")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_empty_after_its_capacity_and_fills_with_time() -> None:
    clock = Clock()
    buckets = Buckets(3, 60, clock)
    for _ in range(3):
        buckets.take("here")
    with pytest.raises(Refused) as refused:
        buckets.take("here")
    assert refused.value.retry_after_s == 21
    buckets.take("elsewhere")
    clock.now = 20.1
    buckets.take("here")


def test_each_failure_after_the_free_ones_doubles_the_wait() -> None:
    clock = Clock()
    failures = Failures(clock)
    for _ in range(8):
        failures.add("maddi")
    with pytest.raises(Refused) as refused:
        failures.check("maddi")
    assert refused.value.retry_after_s == 9
    clock.now = 8.1
    failures.check("maddi")
    failures.forget("maddi")
    clock.now = 0
    failures.check("maddi")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("198.51.100.7", "203.0.113.9", (), "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "rubbish", ("10.0.0.0/8",), "10.0.0.1"),
        ("2001:db8:1:2:3::4", "", (), "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "", (), "198.51.100.7"),
    ],
)
def test_an_address_is_taken_from_trusted_proxies_alone(
    peer: str, forwarded: str, trusted: tuple[str, ...], address: str
) -> None:
    assert client_address(peer, forwarded, networks(trusted)) == address


@given(st.ip_addresses(), st.text(max_size=60))
def test_a_header_of_somebody_who_is_no_proxy_changes_nothing(
    peer: ipaddress.IPv4Address | ipaddress.IPv6Address, forwarded: str
) -> None:
    assert client_address(str(peer), forwarded, ()) == client_address(str(peer), "", ())


def spotter() -> NameSpotter:
    models = {
        "latxa-3.1-8b": ArenaModel(model="HiTZ/Latxa-Llama-3.1", words=("Aitor",), execution=Endpoint(url="http://x")),
        "base": ArenaModel(model="m", execution=Endpoint(url="http://x")),
    }
    return NameSpotter([load("eus_Latn"), load("eng_Latn")], models.items())


@pytest.mark.parametrize(
    "text", ["Ni Latxa naiz.", "latxaren erantzuna", "I AM\nQWEN!", "AITOR naiz", "HiTZ/Latxa-Llama-3.1"]
)
def test_an_answer_that_names_its_model_is_seen(text: str) -> None:
    assert spotter().names_a_model(text)


@pytest.mark.parametrize("text", ["Kaixo!", "The base of a mountain", "galatxa", ""])
def test_an_answer_that_names_nobody_is_left_alone(text: str) -> None:
    assert not spotter().names_a_model(text)
