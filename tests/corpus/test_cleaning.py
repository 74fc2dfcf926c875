"""Filters against personal data, repeated lines, mixed scripts and leaked exams, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mintza.corpus.calibration import write_calibration
from mintza.corpus.filter_settings import (
    BoilerplateFilterSettings,
    MixingFilterSettings,
    OverlapFilterSettings,
    PersonalFilterSettings,
    QualityFilterSettings,
)
from mintza.corpus.filters.boilerplate import Boilerplate
from mintza.corpus.filters.mixing import Mixing
from mintza.corpus.filters.normalise import Normalise
from mintza.corpus.filters.overlap import Overlap
from mintza.corpus.filters.personal import Personal
from mintza.corpus.filters.quality import Quality
from mintza.corpus.settings import CorpusSettings, FiltersSettings, FolderSource
from mintza.corpus.stage import fingerprint, requirements
from mintza.errors import BadInput
from mintza.records import Document, Item, Provenance, Verdict
from mintza.text.quality import calibrate

DEMO = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"

Built = tuple[dict[str, Document], list[Verdict]]
Write = Callable[[dict[str, str | bytes]], Path]


def document(text: str, name: str = "s/a.txt", *, held_out: bool = False) -> Document:
    return Document(
        id=name,
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="declared",
        split="held-out" if held_out else "train",
        cluster=name,
        provenance=Provenance(source=name.partition("/")[0], license="CC0-1.0"),
    )


def item(question: str, *choices: str) -> Item:
    return Item(
        exam="quiz",
        id="q1",
        language="eus_Latn",
        category="c",
        question=question,
        choices=choices,
        answer=0,
        license="CC0-1.0",
    )


def test_what_is_masked_leaves_a_kept_verdict_each_that_does_not_quote_it() -> None:
    edited = Personal(PersonalFilterSettings(ip=False)).edit(document("a@b.eus c@d.eus 85.84.123.70 tel. 943 12 34 56"))
    assert edited.document is not None
    assert edited.document.text == "<email> <email> 85.84.123.70 tel. <phone>"
    assert [step.done for step in edited.document.provenance.steps] == ["personal data masked"]
    assert [(v.reason, v.kept, v.excerpt) for v in edited.verdicts] == [
        ("e-mail address masked", True, ""),
        ("e-mail address masked", True, ""),
        ("telephone number masked", True, ""),
    ]
    clean = document("Ez dago ezer.")
    assert Personal(PersonalFilterSettings()).edit(clean) == (clean, ())


def test_a_line_of_many_documents_goes_and_one_of_few_stays() -> None:
    documents = [document(f"Hasiera | Albisteak\n\nTestu {n}\nOin oharra", f"s/{n:02}") for n in range(8)]
    documents += [document(f"Hasiera | Albisteak\n\nBeste {n}", f"t/{n}") for n in range(2)]
    records = list(Boilerplate(BoilerplateFilterSettings(min_documents=3, min_share=0.5)).select(documents))
    kept = [one for one in records if isinstance(one, Document)]
    assert [one.text for one in kept] == [*(f"Testu {n}" for n in range(8)), *(one.text for one in documents[8:])]
    verdicts = [one for one in records if isinstance(one, Verdict)]
    assert [(v.record_id, v.unit, v.value, v.excerpt) for v in verdicts][:2] == [
        ("s/00#1", "line", 8, "Hasiera | Albisteak"),
        ("s/00#4", "line", 8, "Oin oharra"),
    ]
    assert len(verdicts) == 16


def test_a_document_of_nothing_but_repeated_lines_goes_whole() -> None:
    documents = [document("Menua\nOina", f"s/{n}") for n in range(3)]
    records = list(Boilerplate(BoilerplateFilterSettings(min_documents=2, min_share=0)).select(documents))
    assert [one for one in records if isinstance(one, Document)] == []
    assert sum(one.unit == "document" for one in records if isinstance(one, Verdict)) == 3


@pytest.mark.parametrize(("mixed", "kept"), [(2, True), (3, False)])
def test_a_share_of_words_in_two_scripts_is_too_much(mixed: int, kept: bool) -> None:
    verdict = Mixing(MixingFilterSettings(max_share=0.02)).judge(document("hitza " * (100 - mixed) + "hitzа " * mixed))
    assert verdict.kept is kept
    assert verdict.value == mixed / 100


def test_a_document_with_an_item_of_an_exam_goes_and_the_item_is_named() -> None:
    question = "Zein da Gipuzkoako hiriburua, eta zein ibai igarotzen da haren erditik itsasora bidean?"
    overlap = Overlap(OverlapFilterSettings(), [item(question, "Donostia, Urumea", "Tolosa, Oria")])
    leaked = overlap.judge(document(f"Galdetegia.\n\n{question}\n\nErantzuna: Donostia."))
    assert (leaked.kept, leaked.reason, leaked.value) == (False, "holds items of the exam quiz", 1.0)
    assert leaked.excerpt.startswith("holds: quiz/q1.eus_Latn | Galdetegia.")
    assert overlap.judge(document("Donostia Gipuzkoako hiriburua da, eta Urumea igarotzen da erditik.")).kept
    assert overlap.judge(document(question, held_out=True)).kept


def test_in_the_stage_excerpts_come_after_masking_and_lines_are_in_order(
    folder: Write, made: Callable[..., Built], basque: list[str], spanish: str, source: Callable[..., FolderSource]
) -> None:
    base = folder(
        {
            f"{n:02}.txt": f"Menua\n\n{text} Idatzi ane@ehu.eus helbidera.\n\n{spanish} ane@ehu.eus\n\nOina"
            for n, text in enumerate(basque)
        }
    )
    filters = FiltersSettings(boilerplate=BoilerplateFilterSettings(min_documents=5, min_share=0.5))
    documents, verdicts = made(base, filters=filters)
    assert all(one.text.endswith("Idatzi <email> helbidera.") for one in documents.values())
    assert not [verdict for verdict in verdicts if "ehu.eus" in verdict.excerpt]
    steps = [verdict.step for verdict in verdicts]
    assert (steps.count("personal"), steps.count("boilerplate")) == (16, 24)
    assert [v.record_id for v in verdicts if v.step == "boilerplate"][:3] == [f"texts/00.txt#{n}" for n in (1, 5, 7)]


def test_items_of_exams_that_the_study_names_are_kept_out_of_the_corpus(
    folder: Write, made: Callable[..., Built], basque: list[str]
) -> None:
    base = folder({f"{n}.txt": text for n, text in enumerate(basque)})
    documents, verdicts = made(base, decontaminate_against=("quiz",), exam_items=[item(basque[2], "bai", "ez")])
    assert "texts/2.txt" not in documents
    assert len(documents) == 7
    assert [(v.step, v.record_id) for v in verdicts] == [("overlap", "texts/2.txt")]


def test_a_document_unlike_the_trusted_sample_goes_with_the_measure_on_record() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "eus_Latn").rglob("*.txt"))]
    quality = Quality(QualityFilterSettings(calibration="x"), calibrate(texts[::2], language="eus_Latn"))
    assert all(quality.judge(document(text)).kept for text in texts[1:20:2])
    verdict = quality.judge(document("etxea | mendia | itsasoa | " * 10))
    assert not verdict.kept
    assert verdict.reason == "less than in trusted texts: share of words with a letter"
    assert verdict.value is not None
    assert verdict.threshold is not None
    assert verdict.value < verdict.threshold
    foreign = msgspec.structs.replace(document("a | b | c"), language="eng_Latn")
    assert quality.judge(foreign).kept


def test_the_stage_reads_the_calibration_that_the_study_names_and_its_content_is_keyed(
    folder: Write, made: Callable[..., Built], basque: list[str], source: Callable[..., FolderSource], tmp_path: Path
) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "eus_Latn").rglob("*.txt"))]
    base = folder({"a.txt": texts[0], "b.txt": "\n".join([f"{basque[0]} {basque[1]}"] * 8)})
    filters = FiltersSettings(quality=QualityFilterSettings(calibration="cal/eus.json"))
    settings = CorpusSettings(sources=(source("texts"),), filters=filters)
    assert [error.place for error in requirements(settings, base=base)] == [str(base / "cal" / "eus.json")]
    sums = []
    for sample in (texts[:40], texts):
        write_calibration(calibrate(sample, language="eus_Latn"), base / "cal" / "eus.json")
        sums.append(fingerprint(settings, base=base))
    assert sums[0].keys() == {"texts", ":quality"}
    assert sums[0][":quality"] != sums[1][":quality"]
    assert requirements(settings, base=base) == []
    documents, verdicts = made(base, filters=filters)
    assert list(documents) == ["texts/a.txt"]
    assert [(v.step, v.record_id) for v in verdicts] == [("quality", "texts/b.txt")]
    write_calibration(calibrate(texts[:40], language="spa_Latn"), base / "cal" / "eus.json")
    (wrong,) = requirements(settings, base=base)
    assert "a calibration of spa_Latn, while the sources are in eus_Latn" in str(wrong)
    with pytest.raises(BadInput, match="a calibration of spa_Latn"):
        made(base, filters=filters)
    (base / "cal" / "eus.json").write_text("{}")
    with pytest.raises(BadInput, match="not a calibration"):
        made(base, filters=filters)


def test_spaces_without_width_stay_between_words_and_go_where_they_say_nothing() -> None:
    khmer = "\u200b\u200bដើម្បី\u200b\u200bប្រើ \u200b នេះ\u200b\n\u200b\n\u200bបញ្ជា"
    edited = Normalise().edit(document(khmer))
    assert edited.document is not None
    assert edited.document.text == "ដើម្បី\u200bប្រើ  នេះ\n\nបញ្ជា"
    assert [step.done for step in edited.document.provenance.steps] == ["normalised"]
