"""Each filter by itself: what it keeps, what it drops, and what it says."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.corpus.filters.exact import Exact
from mintza.corpus.filters.language import LanguageByParagraph
from mintza.corpus.filters.length import Length
from mintza.corpus.filters.near import Near
from mintza.corpus.filters.normalise import Normalise, clean
from mintza.corpus.filters.split import SplitByCluster
from mintza.corpus.settings import LanguageFilterSettings, LengthFilterSettings, NearFilterSettings
from mintza.records import Document, Provenance, Verdict
from mintza.text.identify import Identified


def document(text: str, name: str = "s/a.txt", *, held_out: bool = False) -> Document:
    return Document(
        id=name,
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="declared",
        split="held-out" if held_out else "train",
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


def test_of_exact_copies_the_first_stays_and_is_named() -> None:
    kept, verdict = Exact().select([document("Kaixo, mundua", "s/a"), document("kaixo mundua!", "s/b")])
    assert isinstance(kept, Document)
    assert isinstance(verdict, Verdict)
    assert (kept.id, verdict.record_id) == ("s/a", "s/b")
    assert verdict.excerpt.startswith("kept: s/a | ")


def near_copies() -> list[Document]:
    words = [f"hitz{number}" for number in range(60)]
    copy = [*words[:59], "beste"]
    return [document(" ".join(words), "s/a"), document(" ".join(words[::-1]), "s/b"), document(" ".join(copy), "s/c")]


def test_of_near_copies_the_first_stays_with_the_similarity_on_record() -> None:
    first, other, verdict = Near(NearFilterSettings()).select(near_copies())
    assert isinstance(first, Document)
    assert isinstance(other, Document)
    assert isinstance(verdict, Verdict)
    assert (first.cluster, other.cluster, verdict.record_id) == ("s/a", "s/b", "s/c")
    assert verdict.value == pytest.approx(55 / 57, abs=1e-4)


def test_near_copies_that_are_all_kept_share_a_cluster() -> None:
    kept = [one for one in Near(NearFilterSettings(keep="all")).select(near_copies()) if isinstance(one, Document)]
    assert [one.cluster for one in kept] == ["s/a", "s/b", "s/a"]


clusters = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=15)


@given(members=clusters, share=st.sampled_from([0.0, 0.15, 0.5, 1.0]), seed=st.integers(0, 50))
def test_no_cluster_is_on_both_sides(members: list[tuple[int, bool]], share: float, seed: int) -> None:
    documents = [
        msgspec.structs.replace(document("x", f"s/{index}", held_out=held_out), cluster=f"c{cluster}")
        for index, (cluster, held_out) in enumerate(members)
    ]
    split = [one for one in SplitByCluster(share, seed).select(documents) if isinstance(one, Document)]
    sides: dict[str, set[str]] = {}
    for one in split:
        sides.setdefault(one.cluster, set()).add(one.split)
    assert all(len(side) == 1 for side in sides.values())
    declared = {one.cluster for one in documents if one.split == "held-out"}
    assert all(sides[cluster] == {"held-out"} for cluster in declared)
    auto = [side for cluster, side in sides.items() if cluster not in declared]
    if 0 < share < 1 and len(auto) > 1:
        assert {"train"} in auto
        assert {"held-out"} in auto
    if share == 0:
        assert {"held-out"} not in auto


def test_a_document_keeps_its_side_when_others_come_and_go() -> None:
    documents = [document("x", f"s/{index}") for index in range(400)]

    def sides(some: list[Document]) -> dict[str, str]:
        return {one.id: one.split for one in SplitByCluster(0.15, 1).select(some) if isinstance(one, Document)}

    whole = sides(documents)
    assert sides(documents[::2]).items() <= whole.items()
    share = sum(side == "held-out" for side in whole.values()) / len(whole)
    assert 0.1 < share < 0.2
