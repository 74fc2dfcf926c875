"""Votes: every form of a file gives the same votes, what is wrong is named, and ratings agree with another library."""

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zstandard

from mintza.errors import BadInput
from mintza.records import Criterion, Vote, Winner
from mintza.report.material import Arena, Material
from mintza.report.parquet import write_parquet
from mintza.report.scorebook import ScoreBook
from mintza.report.votes.agreement import compared_models
from mintza.report.votes.judgements import overall
from mintza.report.votes.people import People, people
from mintza.report.votes.reading import read_votes
from report.builder import BACKBONE, study
from report.voting import STRENGTHS, arena, battle, flat, vote, voted

Write = Callable[[Path, list[dict[str, Any]]], Path]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_csv(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "votes.csv"
    names = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows)
    return path


def as_parquet(folder: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(key for row in rows for key in row))
    columns = {name: [json.dumps(v) if isinstance(v := row.get(name), list) else v for row in rows] for name in names}
    write_parquet(folder / "votes.parquet", columns)
    return folder / "votes.parquet"


def put(name: str, packed: Callable[[bytes], bytes]) -> Write:
    def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
        (folder / name).write_bytes(packed(lines(rows)))
        return folder / name

    return write


FORMS: list[Write] = [
    put("votes.jsonl", bytes),
    put("votes.jsonl.gz", gzip.compress),
    put("votes.jsonl.zst", zstandard.ZstdCompressor().compress),
    as_csv,
    as_parquet,
]


def read(path: Path) -> Arena:
    return read_votes(path, language="eus_Latn")


def told(found: People | None) -> dict[str, int]:
    assert found is not None
    return {one.reason: one.count for one in found.trouble}


def said(material: Material) -> People:
    found = people(material, ScoreBook(material), replicas=200)
    assert found is not None
    return found


@pytest.mark.parametrize("write", FORMS, ids=["jsonl", "gzip", "zstd", "csv", "parquet"])
def test_votes_that_staff_let_in_against_a_check_are_counted_as_such(tmp_path: Path, write: Write) -> None:
    planted = arena(battles=40)
    whose = {vote.battle_id: vote.voter for vote in planted.votes}
    chosen = sorted(set(whose.values()))[:2]
    rows = [{**row, "overruled": ["side"] if whose[row["id"]] in chosen else []} for row in flat(planted)]
    let_in = {name for name, voter in whose.items() if voter in chosen}
    found = read(write(tmp_path, rows))
    assert found.trouble == ()
    assert {vote.overruled for vote in found.votes} == {(), ("side",)}
    assert {battle for battle, _ in found.overruled} == let_in
    assert len(found.votes) == len(planted.votes), "they count"
    told = said(voted(found))
    assert told.participants.overruled == (2, len(let_in))
    assert told.participants.voters == len(set(whose.values()))
    assert said(voted(planted)).participants.overruled == (0, 0)


@pytest.mark.parametrize("given", ["side", 7, "[1]", ["side", 3], {"side": 1}])
def test_what_is_no_list_of_checks_is_named_and_the_vote_counts(tmp_path: Path, given: object) -> None:
    rows = flat(arena(battles=5))
    rows[0] |= {"overruled": given}
    found = read(put("votes.jsonl", bytes)(tmp_path, rows))
    assert [one.reason for one in found.trouble] == ["`overruled` that is no list of checks"]
    assert len(found.battles) == 5


@pytest.mark.parametrize("write", FORMS, ids=["jsonl", "gzip", "zstd", "csv", "parquet"])
def test_every_form_of_a_file_gives_the_same_votes(tmp_path: Path, write: Write) -> None:
    planted = arena(battles=40)
    found = read(write(tmp_path, flat(planted)))
    assert found.trouble == ()
    assert {(v.battle_id, v.voter, v.criterion, v.winner) for v in found.votes} == {
        (v.battle_id, v.voter, v.criterion, v.winner) for v in planted.votes
    }
    assert {voter.level for voter in found.voters.values()} == {"B2", "C1"}
    assert all(found.battles[name].a.messages == planted.battles[name].a.messages for name in found.battles)


def test_records_are_read_as_they_are(tmp_path: Path) -> None:
    planted = arena(battles=30)
    rows = [msgspec.to_builtins(one) for one in (*planted.battles.values(), *planted.votes)]
    found = read(put("votes.jsonl", bytes)(tmp_path, rows))
    assert (found.battles, found.votes, found.trouble) == (planted.battles, planted.votes, ())


def test_what_the_arena_exports_is_read_from_both_of_its_files(tmp_path: Path) -> None:
    from mintza.arena.publishing.exporting import ExportRow, records_of

    asked = {"temperature": 0.7, "top_p": 0.95, "max_tokens": 256}
    turns = [{"role": r, "content": c} for r, c in (("system", "Euskaraz."), ("user", "Kaixo?"), ("assistant", "Bai."))]
    fields = {
        "id": "b1",
        "voter": "p1",
        "level": "C1",
        "education": None,
        "language": "eus_Latn",
        "time": "2026-05-01T10:05:00Z",
        "started_at": "2026-05-01T10:05:00Z",
        "model_a": "one",
        "model_b": "other",
        "winner_content": "a",
        "winner_language": "tie",
        "winner_overall": "a",
        "overall_asked": False,
        "asked_a": asked,
        "asked_b": asked,
        "conversation_a": turns,
        "conversation_b": turns,
        "reason": None,
        "overruled": ["side"],
    }
    row = ExportRow(fields, {}, [])
    rows, records = tmp_path / "votes.jsonl", tmp_path / "records.jsonl"
    rows.write_text(json.dumps(fields) + "\n", encoding="utf-8")
    records.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records_of(row)))
    one, other = read(rows), read(records)
    assert (one.battles, one.votes, one.trouble) == (other.battles, other.votes, other.trouble)
    assert one.trouble == ()
    assert one.voters["p1"].level == "C1"
    assert one.overruled == {("b1", "p1")}


def test_what_is_wrong_is_named_in_one_list_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = flat(arena(battles=30))
    bad: list[dict[str, Any]] = [
        {key: value for key, value in good[0].items() if key != "model_b"},
        {**good[1], "id": "x1", "winner_content": "model_c"},
        {**good[2], "winner_content": "tie"},
        {**good[3], "id": "x2", "model_b": good[3]["model_a"]},
        {"battle_id": "nowhere", "voter": "v", "criterion": "content", "winner": "a", "cast_at": ""},
        {"battle_id": "b0000", "criterion": "content"},
    ]
    path = tmp_path / "votes.jsonl"
    path.write_bytes(lines(good) + b"no json\n[1]\n" + lines(bad))
    found = read(path)
    reasons = {one.reason.partition(";")[0]: one.count for one in found.trouble}
    assert reasons["a line that is no JSON object"] == 2
    assert reasons["a row without a field that it needs"] == 1
    assert reasons["a winner that is neither a, b nor tie"] == 1
    assert reasons["a second vote of one voter on the same battle and criterion"] >= 2
    assert reasons["a battle of a model against itself"] == 1
    assert reasons["a vote for a battle that is not in the file"] >= 1
    assert reasons["a vote that lacks or misstates a field"] == 1
    assert len({v.battle_id for v in found.votes} & {row["id"] for row in good}) == 30


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = put("votes.jsonl.gz", gzip.compress)(tmp_path, flat(arena(battles=400)))
    path.write_bytes(path.read_bytes()[:-400])
    found = read(path)
    assert 0 < len(found.battles) < 400
    assert "breaks off" in found.trouble[0].reason


@pytest.mark.parametrize("name", ["absent.jsonl", "votes.txt"])
def test_a_file_that_cannot_be_read_at_all_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "votes.txt").write_text("x")
    with pytest.raises(BadInput) as error:
        read(tmp_path / name)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("content", "language", "asked", "whole"),
    [
        ("a", "a", None, "a"),
        ("a", "tie", None, "a"),
        ("tie", "b", None, "b"),
        ("tie", "tie", None, "tie"),
        ("a", "b", None, None),
        ("a", "b", "b", "b"),
    ],
)
def test_overall_is_contents_winner_unless_that_is_a_tie_or_somebody_was_asked(
    content: Winner, language: Winner, asked: Winner | None, whole: Winner | None
) -> None:
    winners: dict[Criterion, Winner] = {"content": content, "language": language}
    if asked:
        winners["overall"] = asked
    assert overall(winners) == whole


def test_ratings_agree_with_evalica() -> None:
    from evalica import Winner as Evalica
    from evalica import bradley_terry

    found = said(voted())
    standing = found.standing("content")
    assert standing is not None
    words = {"a": Evalica.X, "b": Evalica.Y, "tie": Evalica.Draw}
    planted = arena()
    mine = [v for v in planted.votes if v.criterion == "content"]
    xs = [planted.battles[v.battle_id].a.model for v in mine]
    ys = [planted.battles[v.battle_id].b.model for v in mine]
    peer = bradley_terry(xs, ys, [words[v.winner] for v in mine], tolerance=1e-12).scores
    logs = {name: 400 / np.log(10) * np.log(score) for name, score in peer.items()}
    mean = sum(logs.values()) / len(logs)
    assert standing.scores() == pytest.approx({name: 1000 + one - mean for name, one in logs.items()}, abs=0.01)
    assert [row.model for row in standing.rows] == sorted(STRENGTHS, key=lambda name: -logs[name])
    assert all(row.low < row.score < row.high for row in standing.rows)


def test_every_vote_is_counted_once_in_the_table_of_battles() -> None:
    found = said(voted())
    for standing in found.standings:
        assert int(np.triu(standing.met).sum()) == standing.judgements == len(found.judged.criteria[standing.criterion])


def test_planted_factors_are_found_and_the_left_side_too() -> None:
    found = said(voted(arena(battles=3000, voters=60, left=0.5)))
    effects = {row.factor: row for row in found.worths.effects if row.source == "content"}
    unit = 400 / np.log(10)
    assert effects["corpus"].effect.low < 0.6 * unit * 0.8 < effects["corpus"].effect.high + 0.2 * unit
    assert effects["sampled"].seen
    assert effects["sampled"].effect.value > effects["corpus"].effect.value
    standing = found.standing("content")
    assert standing is not None
    assert standing.left is not None
    assert standing.left.low > 0


def test_a_measure_that_ranks_models_as_people_do_has_a_correlation_of_one() -> None:
    material = study()
    bits = {m.model: m.value for m in material.measurements if (m.metric, m.language) == ("bits_per_byte", "eus_Latn")}
    spread = {name: rank * 0.8 for rank, name in enumerate(sorted(bits, key=lambda name: -bits[name]))}
    found = said(voted(arena(spread, battles=1500)))
    agreed = [one for one in found.agreements if (one.kind, one.language) == ("bits_per_byte", "eus_Latn")]
    assert len(agreed) == 3
    assert all(one.spearman.value == one.kendall.value == 1 and one.spearman.models == 5 for one in agreed)


def test_references_are_no_part_of_the_agreement() -> None:
    from mintza.report.material import ExaminedModel

    material = study()
    more = replace(material, models=[*material.models, ExaminedModel("famous", "reference", "famous", True)])
    assert "famous" not in compared_models(more)


def test_votes_on_unknown_models_are_named_and_left_out() -> None:
    planted = arena(battles=50)
    stranger = battle("z1", BACKBONE, "stranger")
    more = Arena(
        {**planted.battles, "z1": stranger}, [*planted.votes, vote("z1", "v", "content", "a")], planted.voters, (), "0"
    )
    found = said(voted(more))
    assert told(found)["a vote on a model that this study did not examine"] == 1
    standing = found.standing("content")
    assert standing is not None
    assert "stranger" not in standing.scores()


def test_a_cell_that_equals_another_is_rated_as_that_one() -> None:
    material = study()
    same = replace(material.models[0], same_as=("twin",))
    planted = Arena({"b": battle("b", "twin", STRONGEST)}, [vote("b", "v", "content", "tie")], {}, (), "0")
    found = said(voted(planted, replace(material, models=[same, *material.models[1:]])))
    standing = found.standing("content")
    assert standing is not None
    assert {row.model for row in standing.rows} == {BACKBONE, STRONGEST}


STRONGEST = f"{BACKBONE}.corpus+sampled+written.s33"


def test_an_empty_file_of_votes_is_said_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "votes.jsonl").write_text("")
    found = said(voted(read(tmp_path / "votes.jsonl")))
    assert found.standings == ()
    assert found.participants.voters == 0


def test_models_that_no_battles_join_are_named_and_the_others_rated() -> None:
    names = list(STRENGTHS)
    joined = arena({name: STRENGTHS[name] for name in names[:3]}, battles=200)
    apart = {f"z{k}": battle(f"z{k}", names[3], names[4]) for k in range(4)}
    votes: list[Vote] = [vote(name, f"v{k}", "content", "a" if k % 2 else "b") for k, name in enumerate(apart)]
    found = said(voted(Arena({**joined.battles, **apart}, [*joined.votes, *votes], joined.voters, (), "0")))
    standing = found.standing("content")
    assert standing is not None
    assert set(standing.scores()) == set(names[:3])
    assert told(found)["no rating by content: no path of battles joins it to the others"] == 2


def test_votes_of_one_voter_and_of_one_pair_are_rated_as_far_as_they_go() -> None:
    names = list(STRENGTHS)[:2]
    fought = {f"b{k}": battle(f"b{k}", *names) for k in range(6)}
    votes = [vote(name, "alone", "content", "a" if k % 3 else "b") for k, name in enumerate(fought)]
    found = said(voted(Arena(fought, votes, {}, (), "0")))
    standing = found.standing("content")
    assert standing is not None
    assert len(standing.scores()) == 2
    assert any("one voter alone" in reason for reason in told(found))


def test_a_model_that_only_won_has_no_rating_and_a_reason() -> None:
    planted = arena({name: value for name, value in STRENGTHS.items() if name != STRONGEST}, battles=200)
    won = {f"w{k}": battle(f"w{k}", STRONGEST, BACKBONE) for k in range(3)}
    votes = [vote(name, f"v{k}", "content", "a") for k, name in enumerate(won)]
    found = said(voted(Arena({**planted.battles, **won}, [*planted.votes, *votes], planted.voters, (), "0")))
    standing = found.standing("content")
    assert standing is not None
    row = next(row for row in standing.rows if row.model == STRONGEST)
    assert row.reason
    assert STRONGEST not in standing.scores()
