"""The stage as a whole: order, splits, limits, and what it says when nothing is left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mintza.corpus.settings import CorpusSettings, FiltersSettings, FolderSource, LengthFilterSettings
from mintza.corpus.stage import REVISIONS, requirements
from mintza.errors import BadInput, StudyError
from mintza.records import Document, Verdict

Built = tuple[dict[str, Document], list[Verdict]]
Made = Callable[..., Built]
Source = Callable[..., FolderSource]
Write = Callable[[dict[str, str | bytes]], Path]

GOLDEN_REVISION = 8
GOLDEN_SHA256 = "8d2878edf1655034210b8b527e9401c5759f01e88442d7c530b062e2d2273940"


def texts(basque: list[str]) -> list[str]:
    """Longer texts of which no two are near copies."""
    return [f"{basque[i]}\n\n{basque[(i + step) % 8]}" for step in (1, 3) for i in range(8)]


def test_documents_keep_what_is_known_of_them(folder: Write, made: Made, basque: list[str], source: Source) -> None:
    base = folder({"a.txt": f"\ufeffIzenburua\r\n\r\n{basque[0]}\r\n", "b.txt": basque[1]})
    documents, verdicts = made(base, sources=(source("texts", url="https://mintza.eus"),))
    one = documents["texts/a.txt"]
    assert one.text == f"Izenburua\n\n{basque[0]}"
    assert one.language == "eus_Latn"
    assert 0.8 < one.language_score < 1
    assert one.language_backend in {"pycld2", "py3langid", "pycld2+py3langid"}
    assert one.provenance.license == "CC0-1.0"
    assert one.provenance.url == "https://mintza.eus"
    assert verdicts == []


def test_the_order_and_shape_of_the_input_do_not_matter(
    folder: Write, made: Made, basque: list[str], source: Source, tmp_path: Path
) -> None:
    rows = [{"id": f"r{index}", "text": text} for index, text in enumerate([*texts(basque), basque[0]])]
    lines = [json.dumps(row) for row in rows]
    base = folder({"x.jsonl": "\n".join(lines), "y.jsonl": "\n".join(reversed(lines))})
    (tmp_path / "other" / "texts").mkdir(parents=True)
    (tmp_path / "other" / "texts" / "x.jsonl").write_text("\n".join(reversed(lines)))
    (base / "texts" / "y.jsonl").unlink()
    assert made(base) == made(tmp_path / "other")


def test_the_same_text_never_stands_on_both_sides(folder: Write, made: Made, basque: list[str], source: Source) -> None:
    every = texts(basque)
    base = folder({f"{index:02}.txt": text for index, text in enumerate(every)})
    (base / "test").mkdir()
    (base / "test" / "t.txt").write_text(every[3].replace("\n\n", " "))
    documents, verdicts = made(
        base, sources=(source("texts", "train"), source("test", "zz", split="held-out")), held_out_share=0.5
    )
    assert documents["zz/t.txt"].split == "held-out"
    assert "train/03.txt" not in documents
    (verdict,) = [one for one in verdicts if one.record_id == "train/03.txt"]
    assert (verdict.step, verdict.reason) == ("exact", "same text as another")
    assert verdict.excerpt.startswith("kept: zz/t.txt")
    assert {one.split for one in documents.values() if one.id.startswith("train")} == {"train", "held-out"}


def test_another_language_is_judged_by_its_own_declaration(
    folder: Write, made: Made, basque: list[str], spanish: str, source: Source
) -> None:
    base = folder({"a.txt": f"{basque[0]}\n\n{spanish}\n\n{basque[1]}"})
    (base / "es").mkdir()
    (base / "es" / "b.txt").write_text(spanish)
    sources = (source("texts"), source("es", "spanish", language="spa_Latn", split="held-out"))
    documents, verdicts = made(base, sources=sources)
    assert documents["texts/a.txt"].text == f"{basque[0]}\n\n{basque[1]}"
    assert documents["spanish/b.txt"].language == "spa_Latn"
    assert [(v.record_id, v.unit, v.reason) for v in verdicts] == [("texts/a.txt#2", "paragraph", "in spa_Latn")]


def test_a_limit_chooses_by_the_seed_and_says_what_it_left(
    folder: Write, made: Made, basque: list[str], source: Source
) -> None:
    base = folder({f"{index:02}.txt": text for index, text in enumerate(texts(basque))})
    limited = (source("texts", limit=5),)
    first, verdicts = made(base, sources=limited)
    assert len(first) == 5
    assert sum(verdict.step == "limit" for verdict in verdicts) == 11
    assert made(base, sources=limited)[0].keys() == first.keys()
    assert any(made(base, sources=limited, seed=seed)[0].keys() != first.keys() for seed in (2, 3, 4))


def test_a_limit_leaves_the_split_as_it_is(folder: Write, made: Made, basque: list[str], source: Source) -> None:
    base = folder({f"{index:02}.txt": text for index, text in enumerate(texts(basque))})
    trained = 0
    for seed in range(6):
        documents, _ = made(base, sources=(source("texts", limit=8),), held_out_share=0.5, seed=seed)
        trained += sum(document.split == "train" for document in documents.values())
    assert 14 <= trained <= 34, "of 48; chosen by the hash of the split, nearly all would be held-out"


def test_every_document_that_was_read_is_kept_or_has_a_verdict(
    folder: Write, made: Made, basque: list[str], spanish: str
) -> None:
    files: dict[str, str | bytes] = {f"{index:02}.txt": text for index, text in enumerate(texts(basque))}
    base = folder(
        {**files, "es.txt": spanish, "short.txt": "Kaixo.", "again.txt": basque[0].upper(), "0.txt": basque[0]}
    )
    folder({"bad.txt": b"\xff", "empty.txt": "", "near.txt": texts(basque)[2] + " Amaitu da."})
    documents, verdicts = made(base, on_bad_input="skip")
    gone = {verdict.record_id: verdict.step for verdict in verdicts if verdict.unit == "document"}
    assert gone == {
        "texts/again.txt": "exact",
        "texts/bad.txt": "read",
        "texts/empty.txt": "read",
        "texts/es.txt": "language",
        "texts/near.txt": "near",
        "texts/short.txt": "length",
    }
    assert {f"texts/{path.name}" for path in (base / "texts").iterdir()} == documents.keys() | gone.keys()
    order = ["read", "limit", "normalise", "language", "length", "exact", "near"]
    assert [order.index(v.step) for v in verdicts] == sorted(order.index(v.step) for v in verdicts)


def test_filters_can_be_left_out(folder: Write, made: Made, spanish: str) -> None:
    base = folder({"a.txt": spanish, "b.txt": "Kaixo."})
    filters = FiltersSettings(language=None, length=None, exact=None)
    documents, verdicts = made(base, filters=filters)
    assert verdicts == []
    assert {one.language_backend for one in documents.values()} == {"declared"}


def test_when_nothing_is_left_the_error_names_what_dropped_it(
    folder: Write, made: Made, basque: list[str], spanish: str
) -> None:
    base = folder({"a.txt": spanish, "b.txt": "Kaixo.", "c.txt": basque[0]})
    with pytest.raises(BadInput, match="no document in eus_Latn is left") as raised:
        made(base, filters=FiltersSettings(length=LengthFilterSettings(min_words=500)))
    assert "length dropped 2 documents: too few words" in raised.value.remedy
    assert "language dropped 1 documents: too little in eus_Latn" in raised.value.remedy


def test_of_what_was_only_changed_nothing_is_said_when_nothing_is_left(
    folder: Write, made: Made, basque: list[str]
) -> None:
    base = folder({"a.txt": f"{basque[0]} Idatzi ane@ehu.eus helbidera."})
    with pytest.raises(BadInput, match="is left") as raised:
        made(base, filters=FiltersSettings(length=LengthFilterSettings(min_words=500)))
    assert "(length dropped 1 documents: too few words)" in str(raised.value.remedy)


def test_a_source_in_a_language_that_the_study_does_not_name_is_refused(
    folder: Write, made: Made, basque: list[str], source: Source
) -> None:
    base = folder({"a.txt": basque[0]})
    with pytest.raises(StudyError, match="'fra_Latn', which is not a language of the study"):
        made(base, sources=(source("texts", language="fra_Latn"),))


def test_settings_are_closed_and_their_defaults_are_written_out(source: Source) -> None:
    plain = '{"kind": "folder", "name": "a", "path": "x", "language": "eus_Latn", "license": "MIT"}'
    settings = CorpusSettings.model_validate_json(f'{{"sources": [{plain}]}}')
    assert settings.bearing()["filters"]["near"] == {"threshold": 0.8, "shingle": "word-5", "keep": "one"}
    assert "execution" not in settings.bearing()
    with pytest.raises(ValueError, match="two sources are called 'a'"):
        CorpusSettings.model_validate_json(f'{{"sources": [{plain}, {plain}]}}')
    with pytest.raises(ValueError, match="min_words 5 is above max_words 2"):
        LengthFilterSettings(min_words=5, max_words=2)


def test_golden_bytes_change_only_with_the_revision(folder: Write, made: Made, basque: list[str], spanish: str) -> None:
    files: dict[str, str | bytes] = {f"{index:02}.txt": text for index, text in enumerate(texts(basque))}
    base = folder(
        {
            **files,
            "es.txt": spanish,
            "mixed.txt": f"{basque[0]}\n\n{spanish}\n\n{basque[5]}",
            "x.txt": basque[0],
            "personal.txt": f"{basque[6]} Idatzi ane@ehu.eus helbidera, edo deitu 943 12 34 56 zenbakira.",
            "scripts.txt": basque[4].replace("e", "\N{CYRILLIC SMALL LETTER IE}"),
        }
    )
    documents, verdicts = made(base)
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in [*verdicts, *documents.values()])
    found = hashlib.sha256(lines).hexdigest()
    assert (REVISIONS["corpus"], found) == (GOLDEN_REVISION, GOLDEN_SHA256), "bytes changed: raise REVISIONS['corpus']"


def test_sources_that_are_missing_are_listed_without_reading_and_optional_ones_are_not(
    tmp_path: Path, source: Source
) -> None:
    settings = CorpusSettings(
        sources=(
            source("nowhere", "a"),
            source("nowhere", "b", optional=True),
            source("texts", "c"),
        )
    )
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "x.txt").write_bytes(b"\xff")
    assert ["'a'" in error.place for error in requirements(settings, base=tmp_path)] == [True]
