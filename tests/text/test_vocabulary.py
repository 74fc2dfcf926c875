"""Words are looked up once a text: whoever measures by numbers finds what he finds word by word, whatever is forgotten meanwhile."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text import normal, vocabulary
from mintza.text.duplicates import shingled
from mintza.text.quality import Meter
from mintza.text.repetition import repeated_share
from mintza.text.scripts_in_words import MixedWords, mixed_words
from mintza.text.spelling import Spelling
from mintza.text.unspaced import count_words
from mintza.text.vocabulary import Column, Lists, OfVocabulary, Vocabulary

SPELLING = Spelling({"\x02\x02k": 9, "\x02ka": 7, "kal": 5, "ale": 5})
TEXTS = [
    "Kalea luzea da, kalean ez dago inor. Etxe-aurreko kalea, 12 metro; «kalea»!",
    "a\nb c\n\n  kalea kalea\tkalea\n- - -",
    "кaлea kalea бидea LibreOfficeの文書 を 開く",
    " ".join(f"hitza{number % 70} {number}" for number in range(300)),
]


class _Lengths(OfVocabulary):
    def of(self, text: str) -> Iterator[int]:
        for numbers in self.pieces(text):
            yield from self._lengths.of(numbers).tolist()

    def forget(self) -> None:
        self._lengths = Column("i8")

    def meet(self, words: Sequence[str]) -> None:
        self._lengths.extend(list(map(len, words)))


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vocabularies that forget after some ten words, and texts in pieces of some twenty characters."""
    monkeypatch.setattr(vocabulary, "MOST_WORDS", 10)
    monkeypatch.setattr(vocabulary, "REMEMBERED", 90)
    monkeypatch.setattr(normal, "_PIECE", 20)


def measured(texts: Sequence[str], words: Vocabulary) -> list[object]:
    meter = Meter(["da", "ez"], SPELLING, words)
    mixed = words.columns(MixedWords)
    found: list[object] = []
    for text in texts:
        compared = shingled([text], "word-5", words)
        taken = meter.take(text)
        errors = [taken.errors[name] for name in ("mean_word_length", "words_a_line")]
        found.append((taken[:3], errors, mixed.of(text), count_words(text, words), compared.shingles.tolist()))
    return found


def test_whatever_is_forgotten_the_measures_are_the_same(forgetful: None) -> None:
    words = Vocabulary()
    rounds = [TEXTS, TEXTS[::-1], TEXTS]
    found = [measured(texts, words) for texts in rounds]
    assert words.generation > 20
    assert found[0] == found[1][::-1] == found[2]


def test_pieces_and_one_vocabulary_for_all_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measured(TEXTS, Vocabulary())
    assert whole == [one for text in TEXTS for one in measured([text], Vocabulary())]
    monkeypatch.setattr(normal, "_PIECE", 7)
    assert measured(TEXTS, Vocabulary()) == whole


@given(st.lists(st.text("kaleña .,-\n\u00e9\u0435文", max_size=60), max_size=8))
def test_columns_say_of_each_text_what_the_words_alone_say(texts: list[str]) -> None:
    words = Vocabulary()
    lengths, mixed = words.columns(_Lengths), words.columns(MixedWords)
    for text in (*texts, *texts):
        assert list(lengths.of(text)) == [len(word) for word in text.split()]
        assert mixed.of(text) == mixed_words(text)
        assert count_words(text, words) == count_words(text)
        if text.strip():
            taken = Meter([], SPELLING, words).take(text)
            assert taken.values["repetition"] == repeated_share(text)
            assert taken.values["mean_word_length"] == sum(map(len, text.split())) / len(text.split())


def test_what_texts_and_words_hold_is_bounded_by_their_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_CHARACTERS", 1000)
    monkeypatch.setattr(vocabulary, "REMEMBERED", 500)
    words = Vocabulary()
    held = []
    for number in range(50):
        count_words(f"{number}{'a' * 200}", words)
        held.append((sum(map(len, words.words)), sum(map(len, words._texts))))
    assert max(characters for characters, _ in held) < 1000 + 300
    assert max(characters for _, characters in held) < 500 + 300


def test_lists_of_any_length_come_in_the_order_of_the_words() -> None:
    chance = random.Random(3)
    every = [[chance.randrange(99) for _ in range(chance.choice([0, 1, 1, 1, 2, 5]))] for _ in range(3000)]
    lists = Lists("i8")
    for start in range(0, len(every), 100):
        lists.extend(every[start : start + 100])
    asked = np.array([chance.randrange(len(every)) for _ in range(500)])
    assert lists.of(asked).tolist() == [number for one in asked.tolist() for number in every[one]]
    assert lists.of(asked[:0]).tolist() == []


def test_a_text_whose_words_are_looked_up_in_pieces_is_compared_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(f"hitza{number % 9} bidea" for number in range(40))
    whole = Meter([], SPELLING).measures(text)
    monkeypatch.setattr(normal, "_PIECE", 30)
    in_pieces = Meter([], SPELLING).measures(text)
    assert in_pieces == whole
    assert not math.isclose(whole["repetition"], 0)
