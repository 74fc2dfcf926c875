"""Conversations of parallel text: requests to translate, with the translations that people made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mintza import languages
from mintza.errors import StudyError
from mintza.instruct.settings import WrittenSettings
from mintza.instruct.sources import ParallelText
from mintza.instruct.stage import fingerprint, written
from mintza.records import Conversation, ParallelSegment, Provenance

BASQUE = languages.load("eus_Latn")


def segment(number: int, english: str, basque: str, *, turned: bool = False) -> ParallelSegment:
    texts, codes = (english, basque), ("eng_Latn", "eus_Latn")
    if turned:
        texts, codes = texts[::-1], codes[::-1]
    return ParallelSegment(
        id=f"help/page{number}#p1",
        source_language=codes[0],
        target_language=codes[1],
        source=texts[0],
        target=texts[1],
        provenance=Provenance(source="help", license="MPL-2.0"),
    )


SEGMENTS = (
    segment(1, "Choose a printer from the list.", "Aukeratu inprimagailu bat zerrendan."),
    segment(2, "Opens the document in a new window.", "Dokumentua leiho berri batean irekitzen du.", turned=True),
    segment(3, "OK", "Ados"),
    segment(4, "LibreOffice Calc spreadsheet", "LibreOffice Calc spreadsheet"),
    segment(5, "Choose a printer from the list.", "Hautatu inprimagailu bat zerrendatik."),
)


def made(**settings: object) -> list[Conversation]:
    source = {"kind": "pairs", "source": "help", "ask": "Translate into Basque: {text}", **settings}
    text = ParallelText(fingerprint=lambda: "abc", segments=lambda: SEGMENTS)
    found = written(
        WrittenSettings.model_validate({"source": source}),
        base=Path(),
        component="pairs",
        language=BASQUE,
        parallel=text,
    )
    return [one for one in found if isinstance(one, Conversation)]


def test_a_pair_is_a_request_and_its_translation_whichever_way_it_was_given() -> None:
    found = {one.messages[0].content: one.messages[1].content for one in made()}
    assert found["Translate into Basque: Opens the document in a new window."] == SEGMENTS[1].source
    assert len(found) == 2


def test_what_is_short_the_same_in_both_or_asked_already_is_left_out() -> None:
    assert len(made()) == 2
    assert len(made(min_characters=1)) == 3


def test_the_way_back_is_asked_where_the_settings_ask_for_it() -> None:
    back = [one for one in made(ask_back="Translate into English: {text}") if one.id.endswith("~")]
    assert {one.messages[1].content for one in back} == {SEGMENTS[0].source, SEGMENTS[1].target}


def test_conversations_carry_the_licence_and_their_order_does_not_follow_that_of_the_segments() -> None:
    assert {one.provenance.license for one in made()} == {"MPL-2.0"}
    turned = ParallelText(fingerprint=lambda: "abc", segments=lambda: SEGMENTS[::-1])
    settings = WrittenSettings.model_validate(
        {"source": {"kind": "pairs", "source": "help", "ask": "{text}", "min_characters": 1}, "limit": 2}
    )

    def first(text: ParallelText) -> Iterator[str]:
        for one in written(settings, base=Path(), component="p", language=BASQUE, parallel=text):
            assert isinstance(one, Conversation)
            yield one.messages[0].content

    assert list(first(turned)) == list(first(turned._replace(segments=lambda: SEGMENTS)))


def test_pairs_that_nobody_brings_are_an_error_that_names_them() -> None:
    settings = WrittenSettings.model_validate({"source": {"kind": "pairs", "source": "help", "ask": "{text}"}})
    with pytest.raises(StudyError, match="parallel text"):
        fingerprint(settings, base=Path())
