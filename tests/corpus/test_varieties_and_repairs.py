"""The corpus labels varieties and leaves them out on demand, and decodes again what was decoded wrongly when it is asked to."""

from __future__ import annotations

import msgspec
import pytest

from fakes import FakeIdentifier, language
from mintza.corpus.filter_settings import NormaliseFilterSettings
from mintza.corpus.filters.language import LanguageByParagraph
from mintza.corpus.filters.normalise import Normalise
from mintza.corpus.filters.shapes import Edited
from mintza.corpus.settings import LanguageFilterSettings
from mintza.errors import StudyError
from mintza.records import Document, Provenance, Variety

VARIETIES = (Variety(name="batua", words=("dut", "du")), Variety(name="bizkaiera", words=("dot", "dau")))
LANGUAGE = msgspec.structs.replace(language("eus_Latn", "eu"), varieties=VARIETIES)
STANDARD = "Liburua irakurri dut gaur goizean, eta lagunak ere irakurri du."
BIZKAIAN = "Liburua irakurri dot gaur goizean, eta lagunak be irakurri dau."


def document(text: str) -> Document:
    return Document(
        id="s/a.txt",
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="declared",
        split="train",
        cluster="s/a.txt",
        provenance=Provenance(source="s", license="CC0-1.0"),
    )


def judged(text: str, settings: LanguageFilterSettings) -> Edited:
    return LanguageByParagraph(settings, FakeIdentifier("eus_Latn"), [LANGUAGE]).edit(document(text))


@pytest.mark.parametrize(("text", "variety"), [(STANDARD, "batua"), (BIZKAIAN, "bizkaiera")])
def test_a_document_carries_its_variety_and_a_kept_verdict_counts_it(text: str, variety: str) -> None:
    edited = judged(text, LanguageFilterSettings())
    assert edited.document is not None
    assert edited.document.variety == variety
    assert [(verdict.kept, verdict.reason) for verdict in edited.verdicts] == [(True, f"in the variety {variety}")]


def test_text_in_which_no_variety_shows_has_none_and_is_not_counted() -> None:
    edited = judged(
        "Etxe handi bat mendi gainean, eta inguruan baso zaharra.", LanguageFilterSettings(keep_varieties=())
    )
    assert edited.document is not None
    assert (edited.document.variety, edited.verdicts) == ("", ())


@pytest.mark.parametrize(
    "settings",
    [LanguageFilterSettings(drop_varieties=("bizkaiera",)), LanguageFilterSettings(keep_varieties=("batua",))],
)
def test_a_study_leaves_varieties_out_and_the_verdict_says_which(settings: LanguageFilterSettings) -> None:
    edited = judged(BIZKAIAN, settings)
    assert edited.document is None
    (verdict,) = edited.verdicts
    assert (verdict.kept, verdict.reason) == (False, "in the variety bizkaiera")
    assert judged(STANDARD, settings).document is not None


def test_a_variety_that_no_language_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(StudyError, match="there is no variety 'bizkaieraz'") as raised:
        judged(STANDARD, LanguageFilterSettings(drop_varieties=("bizkaieraz",)))
    assert "batua, bizkaiera" in raised.value.remedy


def test_lines_decoded_wrongly_are_decoded_again_only_on_demand_and_each_is_counted() -> None:
    broken = "Ondo dago.\n" + "Española, Ñuñoa eta cigüeña.".encode().decode("latin-1")
    mended = Normalise(NormaliseFilterSettings(repair_mojibake=True)).edit(document(broken))
    assert mended.document is not None
    assert mended.document.text == "Ondo dago.\nEspañola, Ñuñoa eta cigüeña."
    assert [(one.record_id, one.unit, one.kept, one.reason) for one in mended.verdicts] == [
        ("s/a.txt#2", "line", True, "mojibake repaired")
    ]
    assert [(step.done, step.by) for step in mended.document.provenance.steps] == [("mojibake repaired", "ftfy")]
    assert not any(one.excerpt for one in mended.verdicts)
    left = Normalise(NormaliseFilterSettings()).edit(document(broken))
    assert left.document is not None
    assert "Ã" in left.document.text
    assert left.verdicts == ()
