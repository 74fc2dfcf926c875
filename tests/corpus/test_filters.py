"""Each filter by itself: what it keeps, what it drops, and what it says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.corpus.filters.exact import first_of_each
from mintza.corpus.filters.language import LanguageByParagraph
from mintza.corpus.filters.length import Length
from mintza.corpus.filters.normalise import Normalise, clean
from mintza.corpus.filters.split import draw, held_out
from mintza.corpus.settings import FiltersSettings, LanguageFilterSettings, LengthFilterSettings, NearFilterSettings
from mintza.records import Document, Provenance, Verdict
from mintza.text.identify import Identified

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]
ALL_THAT_COMPARE = FiltersSettings(personal=None, language=None, length=None, mixing=None)


def document(text: str, name: str = "s/a.txt") -> Document:
    return Document(
        id=name,
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="declared",
        split="train",
        cluster=name,
        provenance=Provenance(source="s", license="CC0-1.0"),
    )


class FakeIdentifier:
    """Says what stands in brackets at the start of a text: `[spa_Latn 0.9] ...`; Basque, surely, when there is nothing."""

    name = "fake"

    def identify(self, text: str) -> Identified:
        if text.startswith("["):
            language, score = text[1 : text.index("]")].split()
            return Identified(language, float(score), "fake")
        return Identified("eus_Latn", 0.98, "fake")


def by_paragraph(text: str) -> tuple[str | None, list[Verdict]]:
    edited = LanguageByParagraph(LanguageFilterSettings(), FakeIdentifier()).edit(document(text))
    return (edited.document.text if edited.document else None), list(edited.verdicts)


LONG = "hau paragrafo luze samarra da benetan"


def test_a_paragraph_of_foreign_names_among_words_in_the_languages_own_script_stays() -> None:
    named = "[eng_Latn 0.99] Κλήση Python Scripts από Basic"
    english = "[eng_Latn 0.99] The desktop is a service of this office"
    greek = msgspec.structs.replace(
        document(f"Αυτό είναι ένα αρκετά μεγάλο κείμενο για το γραφείο εδώ και τώρα.\n\n{named}\n\n{english}"),
        language="ell_Grek",
    )

    class Greek(FakeIdentifier):
        def identify(self, text: str) -> Identified:
            found = super().identify(text)
            return found._replace(language="ell_Grek") if found.language == "eus_Latn" else found

    edited = LanguageByParagraph(LanguageFilterSettings(), Greek()).edit(greek)
    assert edited.document is not None
    assert named in edited.document.text
    assert [verdict.excerpt for verdict in edited.verdicts] == [english]
    assert by_paragraph(f"{LONG}\n\n[und 1.0] Αυτό είναι ένα κείμενο with some Latin names")[1][0].kept is False


@given(text=st.text())
def test_clean_text_is_nfc_without_control_characters_and_stays_clean(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in once)
    assert "\n\n\n" not in once


def test_what_normalising_changed_is_in_the_provenance() -> None:
    changed = Normalise().edit(document("kai\u00adxo\r\n\r\n\r\nn\u0303 \x07bai")).document
    assert changed is not None
    assert changed.text == "kaixo\n\nñ bai"
    assert [step.done for step in changed.provenance.steps] == ["normalised"]
    same = Normalise().edit(document("kaixo\n\nbai\n")).document
    assert same is not None
    assert same.provenance.steps == ()
    assert Normalise().edit(document("\x07\x08 \n")).document is None


def test_joiners_that_persian_writes_with_stay() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


def test_paragraphs_surely_in_another_language_go_one_by_one() -> None:
    text, verdicts = by_paragraph(f"{LONG}\n\n[spa_Latn 0.95] esto no es lo mismo\n\n{LONG}")
    assert text == f"{LONG}\n\n{LONG}"
    assert [(v.record_id, v.unit, v.reason, v.value) for v in verdicts] == [
        ("s/a.txt#2", "paragraph", "in spa_Latn", 0.95)
    ]


def test_short_and_doubtful_paragraphs_stay_with_their_document() -> None:
    whole = f"[eng_Latn 0.99] Izenburua\n\n{LONG}\n\n[glg_Latn 0.51] zalantzazko paragrafo luze bat"
    assert by_paragraph(whole) == (whole, [])


def test_a_document_with_too_little_of_the_language_goes_whole() -> None:
    text, verdicts = by_paragraph(f"{LONG}\n\n[und 0.99] {LONG} {LONG}")
    assert text is None
    assert [(v.record_id, v.unit, v.threshold) for v in verdicts] == [("s/a.txt", "document", 0.5)]
    assert verdicts[0].value == pytest.approx(1 / 3, abs=0.05)


def test_a_document_of_short_paragraphs_is_judged_whole() -> None:
    assert by_paragraph("bat\n\nbi\n\nhiru")[0] == "bat\n\nbi\n\nhiru"
    assert by_paragraph("[spa_Latn 0.9] uno\n\ndos")[0] is None
    mixed = f"[eus_Latn 0.6] {LONG}"
    assert by_paragraph(mixed)[0] == mixed


def test_headings_are_not_lost_for_one_sentence_in_another_language() -> None:
    headings = "\n\n".join(["Orrialde berria", "Gelaxkak eta zutabeak", "Marrazkiak eta irudiak gorde"])
    foreign = "[eng_Latn 0.99] this was never put into Basque"
    text, verdicts = by_paragraph(f"{headings}\n\n{foreign}")
    assert text == headings
    assert [(v.record_id, v.reason) for v in verdicts] == [("s/a.txt#4", "in eng_Latn")]
    assert by_paragraph(f"Gorde\n\n{foreign}")[0] is None
    assert by_paragraph(f"[eng_Latn 0.9] Save\n\n{headings}\n\n{foreign}")[0] is None
    assert by_paragraph(f"1, 2, 3\n\n{foreign}")[0] is None


def test_the_score_is_the_share_of_letters_surely_in_the_language() -> None:
    edited = LanguageByParagraph(LanguageFilterSettings(), FakeIdentifier()).edit(
        document("aaaaa\n\nb c d e f g h i j k")
    )
    assert edited.document is not None
    assert edited.document.language_score == pytest.approx(10 / 15, abs=1e-4)
    assert edited.document.language_backend == "fake"


@pytest.mark.parametrize(("words", "kept"), [(2, False), (3, True), (5, True), (6, False)])
def test_length_limits_are_inclusive(words: int, kept: bool) -> None:
    verdict = Length(LengthFilterSettings(min_words=3, max_words=5)).judge(document("bat " * words))
    assert verdict.kept is kept
    assert verdict.value == words


def test_of_exact_copies_the_first_stays_and_is_named(folder: Write, made: Made) -> None:
    base = folder({"a.txt": "Kaixo, mundua", "b.txt": "kaixo mundua!"})
    documents, (verdict,) = made(base, filters=ALL_THAT_COMPARE)
    assert documents.keys() == {"texts/a.txt"}
    assert verdict.record_id == "texts/b.txt"
    assert verdict.excerpt.startswith("kept: texts/a.txt | ")


def near_copies() -> dict[str, str | bytes]:
    words = [f"hitz{number}" for number in range(60)]
    copy = [*words[:59], "beste"]
    return {"a.txt": " ".join(words), "b.txt": " ".join(words[::-1]), "c.txt": " ".join(copy)}


def test_of_near_copies_the_first_stays_with_the_similarity_on_record(folder: Write, made: Made) -> None:
    documents, (verdict,) = made(folder(near_copies()), filters=ALL_THAT_COMPARE)
    assert {one.id: one.cluster for one in documents.values()} == {
        "texts/a.txt": "texts/a.txt",
        "texts/b.txt": "texts/b.txt",
    }
    assert verdict.record_id == "texts/c.txt"
    assert verdict.value == pytest.approx(55 / 57, abs=1e-4)


def test_near_copies_that_are_all_kept_share_a_cluster(folder: Write, made: Made) -> None:
    every = ALL_THAT_COMPARE.model_copy(update={"near": NearFilterSettings(keep="all")})
    documents, _ = made(folder(near_copies()), filters=every)
    assert [one.cluster for one in documents.values()] == ["texts/a.txt", "texts/b.txt", "texts/a.txt"]


@given(keys=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_the_first_of_each_key_is_found(keys: list[tuple[int, int]]) -> None:
    columns = np.array(keys, dtype=np.uint64).reshape(-1, 2)
    assert first_of_each(columns[:, 0], columns[:, 1]).tolist() == [keys.index(key) for key in keys]


clusters = st.lists(st.booleans(), min_size=1, max_size=15)


@given(members=clusters, share=st.sampled_from([0.0, 0.15, 0.5, 1.0]), seed=st.integers(0, 50))
def test_declared_clusters_are_held_out_and_both_sides_have_some(members: list[bool], share: float, seed: int) -> None:
    declared = np.array(members)
    draws = np.array([draw(seed, f"c{index}") for index in range(len(members))], dtype=np.uint64)
    sides = held_out(draws, declared, share)
    assert sides[declared].all()
    free = sides[~declared]
    if 0 < share < 1 and len(free) > 1:
        assert free.any()
        assert not free.all()
    if share == 0:
        assert not free.any()


def test_a_cluster_keeps_its_side_when_others_come_and_go() -> None:
    draws = np.array([draw(1, f"s/{index}") for index in range(400)], dtype=np.uint64)
    whole = held_out(draws, np.zeros(400, dtype=bool), 0.15)
    assert held_out(draws[::2], np.zeros(200, dtype=bool), 0.15).tolist() == whole[::2].tolist()
    assert 0.1 < whole.mean() < 0.2
