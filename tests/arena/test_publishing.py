"""What is published: what the database holds and no more, without personal data, with consent respected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, says
from arena.organisers import emptied, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.publishing.cleaning import Masks, masks_of
from mintza.arena.publishing.exporting import export, rows_of
from mintza.errors import BadInput
from mintza.records import Battle, Vote

SECRETS = {
    "email": "idatzi maddi@example.org helbidera",
    "phone": "deitu 943 12 34 56 zenbakira",
    "listed": "Aramaixo Etxeberria da nire auzokoa",
    "named": "Ni Nekane naiz, Nekanerekin hitz egin",
}


@dataclass
class Campaign:
    """An arena in which each kind of battle has been fought. battles: kind -> id.  folder: what was exported."""

    served: Served
    battles: dict[str, str]
    people: dict[str, Visitor]
    folder: Path

    def rows(self, name: str = "votes") -> dict[str, dict[str, Any]]:
        """Exported rows by battle."""
        return {row["id"]: row for row in map(json.loads, self.text(f"{name}.jsonl").splitlines())}

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def campaign(
    request: pytest.FixtureRequest, endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Campaign]:
    """People who wrote what they should not, withdrew, had themselves erased, met a model that says its name."""
    folder = tmp_path_factory.mktemp("arena")
    (folder / "masks.txt").write_text("# reviewed on 2026-11-30\nAramaixo Etxeberria\n", encoding="utf-8")
    endpoints.behaviours["vain"] = says("Kaixo, ni Latxa naiz.")
    endpoints.behaviours["tells"] = says("Idatzi jon@example.com helbidera.")
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    settings = settings_of(
        endpoints,
        {"first": "good", "second": "tells"},
        battle=FAST,
        publishing={"licence": "CC BY-SA 4.0", "masks": "masks.txt"},
        contact="arena@example.org",
    )
    served = emptied(Served(settings, folder, url=url))
    made = Campaign(served, {}, {}, folder / "out")
    for name in ("Nekane", "Withdraws", "Erased"):
        made.people[name] = Visitor(served)
        assert made.people[name].join(f"{name}", level="C1").status_code == 303
    made.people["guest"] = Visitor(served).guest()
    votes = iter([("a", "b"), ("tie", "a"), ("b", "tie"), ("tie", "tie"), ("b", "b"), ("a", "a"), ("a", "tie")])
    for who, kind, prompt in (
        *(("Nekane", kind, prompt) for kind, prompt in SECRETS.items()),
        ("Withdraws", "withdrawn", "kendutako hitzak"),
        ("Erased", "erased", "ezabatutako hitzak"),
        ("guest", "hidden", "ezkutatutako hitzak"),
    ):
        visitor, (content, language) = made.people[who], next(votes)
        token = visitor.begin(prompt)
        visitor.answered(token)
        more = {"overall": "tie"} if {content, language} == {"a", "b"} else {}
        assert visitor.vote(token, content, language, reason=f"arrazoia: {prompt}", **more).status_code == 200
        made.battles[kind] = token.split(".")[0]
    unjudged = made.people["guest"].begin("epaitu gabeko hitzak")
    made.people["guest"].answered(unjudged)
    made.people["Withdraws"].post("/me/withdraw", {})
    made.people["Erased"].post("/me/erase", {"sure": "yes"})
    hide = "UPDATE battles SET hidden_at = 'x' WHERE id = :id"
    written(served, lambda connection: connection.run(hide, id=made.battles["hidden"]))
    flag = "UPDATE answers SET names_model = 1 WHERE battle_id = :id AND side = 'a'"
    written(served, lambda connection: connection.run(flag, id=made.battles["phone"]))
    masks = masks_of(folder / "masks.txt")
    found = written(served, lambda connection: rows_of(connection, settings, masks))
    export(found, settings, made.folder, "2026-11-30T00:00:00.000Z")
    yield made
    served.close()


def test_every_vote_of_the_database_is_in_one_of_the_two_files_as_it_is_there(campaign: Campaign) -> None:
    counted, excluded = campaign.rows(), campaign.rows("excluded")
    assert not set(counted) & set(excluded)
    assert set(excluded) == {campaign.battles["hidden"], campaign.battles["phone"]}
    votes = campaign.served.rows(
        "SELECT v.*, b.model_a, b.model_b, b.asked_a, b.started_at, b.language AS tongue, b.drawn_by FROM votes v "
        "JOIN battles b ON b.id = v.battle_id"
    )
    assert {row["battle_id"] for row in votes} == set(counted) | set(excluded) == set(campaign.battles.values())
    for kept in votes:
        told = (counted | excluded)[kept["battle_id"]]
        assert (told["winner_content"], told["winner_language"], told["winner_overall"]) == (
            kept["content"],
            kept["language"],
            kept["overall"],
        )
        assert (told["overall_asked"], told["both_bad"]) == (bool(kept["overall_asked"]), bool(kept["both_bad"]))
        assert (told["voter"], told["time"], told["started_at"]) == (
            kept["voter"],
            kept["cast_at"],
            kept["started_at"],
        )
        assert (told["model_a"], told["model_b"]) == (kept["model_a"], kept["model_b"])
        assert (told["language"], told["drawn_by"]) == (kept["tongue"], kept["drawn_by"])
        asked = json.loads(kept["asked_a"])
        assert told["conversation_a"][0] == {"role": "system", "content": asked.pop("system_prompt")}
        assert told["asked_a"] == asked


def test_conversations_are_those_of_the_database(campaign: Campaign) -> None:
    row = campaign.rows()[campaign.battles["named"]]
    kept = campaign.served.rows("SELECT * FROM answers WHERE battle_id = :b", b=row["id"])
    for answer in kept:
        _, prompt, said = row[f"conversation_{answer['side']}"]
        assert prompt["role"] == "user"
        assert said["role"] == "assistant"
        masked = answer["text"].replace("jon@example.com", "<email>")
        assert said["content"] == masked


def test_personal_data_is_gone_from_prompts_answers_and_reasons_and_stays_in_the_database(campaign: Campaign) -> None:
    text = campaign.text("votes.jsonl") + campaign.text("excluded.jsonl") + campaign.text("records.jsonl")
    for secret in ("maddi@example.org", "jon@example.com", "943 12 34 56", "Aramaixo", "Nekane", "nekane"):
        assert secret not in text, secret
    rows = campaign.rows() | campaign.rows("excluded")
    prompts = {kind: rows[battle]["conversation_a"][1:2] for kind, battle in campaign.battles.items()}
    said = {kind: found[0]["content"] for kind, found in prompts.items() if found}
    assert said["email"] == "idatzi <email> helbidera"
    assert said["listed"] == "<name> da nire auzokoa"
    assert said["named"] == "Ni <name> naiz, <name>rekin hitz egin"
    assert said["phone"].startswith("deitu <phone>")
    assert rows[campaign.battles["email"]]["reason"] == "arrazoia: idatzi <email> helbidera"
    kept = str(campaign.served.rows("SELECT prompt FROM turns"))
    assert "maddi@example.org" in kept


def test_nothing_of_anybodys_account_is_in_any_file(campaign: Campaign) -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in campaign.folder.iterdir())
    for person in campaign.served.rows("SELECT * FROM people"):
        for column in ("id", "name", "name_key", "password", "email_sealed", "joined_at"):
            assert not person[column] or str(person[column]) not in everything, column
    assert "epaitu gabeko" not in everything


@pytest.mark.parametrize("kind", ["withdrawn", "erased", "hidden"])
def test_who_left_or_was_taken_out_is_published_without_a_word(campaign: Campaign, kind: str) -> None:
    row = (campaign.rows() | campaign.rows("excluded"))[campaign.battles[kind]]
    assert row["words"] == kind
    assert [turn["role"] for turn in row["conversation_a"] + row["conversation_b"]] == ["system", "system"]
    assert row["reason"] is None
    for path in campaign.folder.iterdir():
        assert {"withdrawn": "kendutako", "erased": "ezabatutako", "hidden": "ezkutatutako"}[
            kind
        ] not in path.read_text()
    if kind != "hidden":
        assert row["winner_content"] in ("a", "tie", "b")
        assert row["level"] is None
        voters = {person["voter"] for person in campaign.served.rows("SELECT voter FROM people")}
        assert row["voter"] not in voters


def test_what_does_not_count_has_its_reason(campaign: Campaign) -> None:
    verdicts = [json.loads(line) for line in campaign.text("verdicts.jsonl").splitlines()]
    assert {(verdict["record_id"], verdict["step"]) for verdict in verdicts} == {
        (campaign.battles["hidden"], "hidden"),
        (campaign.battles["phone"], "names_model"),
    }
    assert all(verdict["reason"] for verdict in verdicts)


def test_records_are_the_battles_that_count_and_three_votes_each(campaign: Campaign) -> None:
    import msgspec

    counted = campaign.rows()
    found: list[Battle | Vote] = [
        msgspec.json.decode(line, type=Vote if "criterion" in json.loads(line) else Battle)
        for line in campaign.text("records.jsonl").splitlines()
    ]
    battles = [record for record in found if isinstance(record, Battle)]
    votes = [record for record in found if isinstance(record, Vote)]
    assert [battle.id for battle in battles] == [*counted]
    assert {(vote.battle_id, vote.criterion, vote.winner) for vote in votes} == {
        (row["id"], criterion, row[f"winner_{criterion}"])
        for row in counted.values()
        for criterion in ("content", "language", "overall")
    }
    assert all(battle.a.system_prompt and battle.a.temperature == 0.3 for battle in battles)


def test_the_card_says_what_it_is_and_what_is_missing(campaign: Campaign) -> None:
    card = campaign.text("README.md")
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "license": "cc-by-sa-4.0",
        "language": ["eus"],
        "task_categories": ["text-generation"],
        "tags": ["arena", "preferences"],
    }
    for said in (
        "5 votes of 3 people on 2 models",
        "CC BY-SA 4.0",
        "an answer names a model | 1 |",
        "taken out by staff | 1 |",
        "Conversations that are not here, though their votes are: erased 1, hidden 1, withdrawn 1.",
        f", cast between {campaign.served.arena.now().date()} and ",
        "arena@example.org",
        "email ",
        "name ",
        "level: C1 1",
    ):
        assert said in body, said
    fields = set(next(iter(campaign.rows().values())))
    named = {
        name.strip() for line in body.splitlines() if line.startswith("| ") for name in line.split("|")[1].split(",")
    }
    assert fields <= named


def test_what_people_agree_to_names_the_licence_and_whom_to_ask(campaign: Campaign) -> None:
    for text in campaign.served.arena.consents.values():
        assert "CC BY-SA 4.0" in text
        assert "arena@example.org" in text
        assert "{" not in text
    assert "CC BY-SA 4.0" in Visitor(campaign.served).get("/consent").text


def test_an_export_never_goes_over_another(campaign: Campaign) -> None:
    with pytest.raises(BadInput, match="not empty"):
        export([], campaign.served.settings, campaign.folder, "2026-11-30")


def test_a_list_that_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe\x00")
    for name in ("none", "list"):
        with pytest.raises(BadInput, match=r"publishing\.masks"):
            masks_of(tmp_path / name)


NAMES = st.text(alphabet="abcñé", min_size=2, max_size=6)


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, max_size=6))
def test_no_name_of_the_list_is_left_standing_alone(listed: list[str], others: list[str]) -> None:
    text, found = Masks(listed).cleaned(" ".join([*others, *listed]))
    assert not {*listed} & {*text.split()}
    assert found["name"] >= len(listed)


@pytest.mark.parametrize("text", ["Jose\u0301 dator", "JOSÉ dator", "josérekin dator"])
def test_a_listed_name_is_found_however_it_is_written(text: str) -> None:
    cleaned, found = Masks(["José"]).cleaned(text)
    assert cleaned.startswith("<name>")
    assert found == {"name": 1}
