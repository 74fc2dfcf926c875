"""Scripts without spaces have words too, by a convention; their copies are found."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text.duplicates import near_duplicate_clusters, similarity
from mintza.text.unspaced import apart, count_words, has_words, share_unspaced

JAPANESE = "山の小さな村に古い時計を直す人が住んでいて、毎朝早く店を開けると猫が窓のそばで待っていた。"
THAI = "เช้าวันนี้ฝนตกหนักมากเราจึงอยู่ที่บ้านและอ่านหนังสือด้วยกัน"
KHMER = "ព្រឹកនេះភ្លៀងធ្លាក់ខ្លាំងណាស់ដូច្នេះយើងនៅផ្ទះហើយអានសៀវភៅជាមួយគ្នា"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kaixo mundua, zer moduz?", 4),
        ("Γεια σου κόσμε", 3),
        ("日本語", 2),
        ("これは日本語です。", 4),
        ("これは English の文です。", 2 + 1 + 2),
        ("ภาษาไทย", 2),
        ("「」。、", 1),
        ("ប្រើ\u200bបញ្ជា\u200b\u200bនេះ", 3),
        ("ប្រើបញ្ជានេះ", 3),
        ("", 0),
    ],
)
def test_words_are_counted_between_spaces_or_by_characters(text: str, words: int) -> None:
    assert count_words(text) == words


@given(text=st.text(alphabet=st.characters(max_codepoint=0xDFF)))
def test_where_there_are_spaces_nothing_is_different(text: str) -> None:
    assert count_words(text) == len(text.split())
    assert apart(text) == text
    assert share_unspaced(text) == 0


@given(text=st.text(alphabet=" ab\u2019\u00e9。、日本のภาកខ\U00020000\ud800\u1e83\t"), count=st.integers(0, 6))
def test_a_text_has_so_many_words_when_they_are_counted(text: str, count: int) -> None:
    assert has_words(text, count) == (count_words(text) >= count)


@pytest.mark.parametrize("text", [JAPANESE, THAI, KHMER])
def test_a_sentence_without_spaces_has_some_dozen_words(text: str) -> None:
    assert 8 <= count_words(text) <= 24
    assert share_unspaced(text) > 0.85


@pytest.mark.parametrize("text", [JAPANESE, THAI, KHMER])
def test_near_copies_without_spaces_are_found_by_their_characters(text: str) -> None:
    characters = [one for one in text if one.isalpha()]
    chance = random.Random(5)
    long = "".join(chance.choices(characters, k=400))
    near = long[:200] + "".join(chance.choices(characters, k=6)) + long[206:]
    other = "".join(chance.choices(characters, k=400))
    assert similarity(long, near, shingle="word-5") > 0.9
    assert similarity(long, other, shingle="word-5") < 0.3
    assert near_duplicate_clusters([long, other, near], threshold=0.8, shingle="word-5") == [0, 1, 0]
