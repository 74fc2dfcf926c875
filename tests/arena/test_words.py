"""The words of the pages: every language has all of them, plurals are right, and no placeholder is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mintza.arena.catalogues import extracted, files, read, translated
from mintza.arena.words import words

LANGUAGES = ("cy", "es", "eu", "gl")
# Words that are the same in both, with the language.
SAME: set[tuple[str, str]] = set()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
TEXTS = Path(__file__).parents[2] / "src" / "mintza" / "arena" / "texts"


def of(tag: str) -> Path:
    return next(file for file in files() if file.parts[-3] == tag)


def test_the_four_languages_have_a_catalogue() -> None:
    assert [file.parts[-3] for file in files()] == [*LANGUAGES]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_message_of_the_source_is_translated_and_nothing_else(tag: str) -> None:
    """`python -m mintza.arena.catalogues` brings the catalogues up to date."""
    source = {message.id for message in extracted() if message.id}
    there = {message.id: message for message in read(of(tag)) if message.id}
    assert source - set(there) == set()
    assert set(there) - source == set()
    assert [message.id for message in there.values() if not translated(message.string)] == []
    assert [message.id for message in there.values() if message.fuzzy] == []
    same = {(tag, str(message.id)) for message in there.values() if message.string in (message.id, (message.id,))}
    assert same - SAME == set()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_message(tag: str) -> None:
    for message in read(of(tag)):
        ids = [message.id] if isinstance(message.id, str) else [*message.id]
        strings = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        wanted = {name for each in ids for name in PLACEHOLDER.findall(each)}
        for string in strings:
            found = set(PLACEHOLDER.findall(string))
            # A form for one thing may say it without the number.
            assert found == wanted or (len(strings) > 1 and found < wanted), (message.id, string)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_catalogue_says_that_no_native_speaker_has_read_it(tag: str) -> None:
    assert "Not yet reviewed by a native speaker" in of(tag).read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_plurals_follow_the_rules_that_cldr_gives(tag: str) -> None:
    """Two numbers take the same form in the catalogue exactly where they do in CLDR, as Babel has it.

    Spanish has a form for millions besides, which gettext's catalogues do without.
    """
    from babel import Locale

    rule = Locale.parse(tag).plural_form
    ours = words(tag).translations
    forms = getattr(ours, "plural", None)
    assert forms is not None
    pairs = {(rule(number), forms(number)) for number in range(1000)}
    assert len(pairs) == len({cldr for cldr, _ in pairs}) == len({form for _, form in pairs})
    assert len(pairs) == read(of(tag)).num_plurals


def test_welsh_counts_in_six_forms() -> None:
    forms = words("cy").translations.plural  # type: ignore[attr-defined]
    assert [forms(number) for number in (0, 1, 2, 3, 4, 5, 6, 7, 100)] == [0, 1, 2, 3, 5, 5, 4, 5, 5]


def test_a_message_for_a_number_of_things_has_its_form_in_every_language() -> None:
    plural = [message.id for message in extracted() if isinstance(message.id, tuple)]
    for tag in LANGUAGES:
        for one, several in plural:
            for number in (0, 1, 2, 3, 6, 11):
                said = words(tag).many(one, several, number)
                assert said
                assert said not in (one, several), (tag, number, said)


@pytest.mark.parametrize("kind", ["consent", "ethics"])
def test_the_texts_to_adapt_are_there_in_every_language(kind: str) -> None:
    english = (TEXTS / f"{kind}.en.md").read_text(encoding="utf-8")
    paragraphs = english.count("\n\n")
    for tag in LANGUAGES:
        text = (TEXTS / f"{kind}.{tag}.md").read_text(encoding="utf-8")
        assert text.count("\n\n") == paragraphs, tag
        assert text.count("**") == english.count("**"), tag
        assert not set(text.splitlines()) & {line for line in english.splitlines() if line}, tag
