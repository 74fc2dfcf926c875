"""What somebody asks to be taken down goes, with its near copies, and no verdict quotes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mintza.corpus.forgetting import (
    ALIKE,
    ITSELF,
    Request,
    add_request,
    fingerprint,
    kept_instead,
    read_requests,
    requests_file,
)
from mintza.corpus.source_settings import FolderSource
from mintza.errors import BadInput
from mintza.records import Document, Verdict

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]


def asked(what: str) -> Request:
    return Request(what=what, reason="the author asked", on="2026-11-23")


def files(basque: list[str]) -> dict[str, str | bytes]:
    long = " ".join(basque[:4])
    return {
        "a.txt": long,
        "b.txt": long.replace("Goizean", "Arratsaldean"),
        "c.txt": long.upper(),
        "d.txt": " ".join(basque[4:6]),
        "e.txt": " ".join(basque[6:]),
    }


@pytest.mark.parametrize("what", ["texts/a.txt", "texts/b.txt", "texts/c.txt", "*/[a]*"])
@pytest.mark.parametrize("keep", ["one", "all"])
def test_a_document_goes_with_its_copies_whichever_of_them_is_named(
    folder: Write, made: Made, basque: list[str], what: str, keep: str
) -> None:
    base = folder(files(basque))
    documents, verdicts = made(base, requests=[asked(what)], filters={"near": {"keep": keep}})
    assert documents.keys() == {"texts/d.txt", "texts/e.txt"}
    reasons = {verdict.record_id: verdict.reason for verdict in verdicts}
    assert reasons.keys() == {"texts/a.txt", "texts/b.txt", "texts/c.txt"}
    assert sorted(reasons.values()) == sorted([ITSELF, ALIKE, ALIKE])
    assert reasons[f"texts/{what.strip('*/[]').removeprefix('texts/').removesuffix('.txt')}.txt"] == ITSELF
    assert not any(verdict.excerpt for verdict in verdicts)


def test_what_is_taken_down_takes_no_place_in_a_limit_and_fails_no_filter(
    folder: Write, made: Made, basque: list[str], source: Callable[..., FolderSource]
) -> None:
    base = folder({**files(basque), "short.txt": "Bai."})
    every = {"texts/d.txt", "texts/e.txt"}
    documents, verdicts = made(
        base, requests=[asked("texts/[abc]*"), asked("texts/s*")], sources=(source("texts", limit=2),)
    )
    assert documents.keys() == every
    assert {(verdict.record_id, verdict.reason) for verdict in verdicts} == {
        (f"texts/{name}.txt", ITSELF) for name in ("a", "b", "c", "short")
    }


def test_nothing_asked_changes_nothing(folder: Write, made: Made, basque: list[str]) -> None:
    base = folder(files(basque))
    assert made(base) == made(base, requests=[asked("texts/z.txt")])


def test_a_request_means_an_id_an_address_or_a_pattern_of_the_whole() -> None:
    assert asked("a/b").means("a/b")
    assert not asked("a").means("a/b")
    assert asked("a*").means("a/b/c")
    assert asked("https://x.eus/*").means("a/b", "https://x.eus/1")
    assert asked("https://x.eus/1").means("a/b", "https://x.eus/1")
    assert not asked("b").means("a/b")


def test_requests_are_put_at_the_end_and_read_in_their_order(tmp_path: Path) -> None:
    path = requests_file(tmp_path / "mine.yaml")
    assert (read_requests(path), fingerprint(path)) == ((), {})
    add_request(path, asked("a"))
    first, before = fingerprint(path), path.read_bytes()
    add_request(path, asked("b*"))
    assert path.read_bytes().startswith(before)
    assert fingerprint(path) != first
    assert [request.what for request in read_requests(path)] == ["a", "b*"]


def test_a_line_that_is_no_request_is_named_and_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.forgotten.jsonl"
    path.write_text('{"what": "a", "reason": "r", "on": "2026-01-01"}\n{"what": 1}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="not a request") as raised:
        read_requests(path)
    assert raised.value.place.endswith(":2")


def test_a_verdict_on_a_copy_names_what_was_kept(folder: Write, made: Made, basque: list[str]) -> None:
    _, verdicts = made(folder(files(basque)))
    assert {kept_instead(verdict) for verdict in verdicts} == {"texts/a.txt"}
