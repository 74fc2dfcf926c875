"""Items of an exam are found where they stand, also when some of their words were changed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text import normal, overlap
from mintza.text.normal import normal_form
from mintza.text.overlap import Index
from mintza.text.vocabulary import Vocabulary

HELP = Path(__file__).parents[3] / "shared" / "data" / "libreoffice_help_eu.jsonl"
DEMO = Path(__file__).parents[2] / "src" / "mintza_demo"
LONG = (
    "Arrantzale zaharrak egunsentian abiatu zuen txalupa txikia, haizea hegoaldetik zetorrela jakinik, eta ilunabarrean "
    "bueltatu zen sareak beteta, herriko umeek moilan zain zituela, beti bezala, ogi beroa eskuan eta irribarrea ahoan."
)


def filler(words: int, seed: int = 1) -> str:
    luck = random.Random(seed)
    return " ".join("".join(luck.choices("abdegiklmnoprstuz", k=luck.randint(2, 9))) for _ in range(words))


def held(index: Index, text: str) -> list[str]:
    return [one.name for one in index.held(text, min_share=0.5)]


def test_a_text_is_found_whole_in_another_whatever_its_case_and_punctuation() -> None:
    index = Index([("one", LONG)])
    assert index.held(f"{filler(50)} {LONG.upper().replace(',', '')} {filler(50, 2)}", min_share=0.5) == [("one", 1.0)]
    assert held(index, filler(500)) == []


def test_a_short_text_is_found_only_where_it_stands_by_itself() -> None:
    index = Index([("one", "Non dago Bilbo?")])
    for text in ("Non dago Bilbo?", f"{filler(20)}. Non dago Bilbo? {filler(9)}.", "a\nnon dago bilbo\nb"):
        assert held(index, text) == ["one"]
    assert held(index, "Ez dakit non dago Bilbo herria esan nahi duena.") == []


def test_pieces_scattered_over_a_long_text_are_not_the_text() -> None:
    words = LONG.split()
    runs = [" ".join(words[start : start + 5]) for start in range(0, 25, 5)]
    index = Index([("one", LONG)])
    assert held(index, f" {filler(100)} ".join(runs)) == []
    assert held(index, f" {filler(3)} ".join(runs)) == ["one"]


def test_characters_find_what_words_miss_where_endings_differ() -> None:
    text = "etxekoandrearenganako maitasunarengatik liburutegietaraino joandakoarena itsasontzietakoek esandakoagatik"
    words = [*text.split(), *text[::-1].split()]
    changed = [word + "x" if place % 3 == 0 else word for place, word in enumerate(words)]
    assert held(Index([("one", " ".join(words))]), " ".join(changed)) == ["one"]


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    text = "日本語の文章には単語の間に空白がないので文字の並びで比べるほかに方法がありませんでした"
    assert held(Index([("one", text)]), f"はじめに。{text}。おわり。") == ["one"]


@pytest.mark.parametrize(("asked", "read"), [("", "\u200b"), ("\u200b", "")])
def test_a_khmer_question_of_few_phrases_is_found_whether_spaces_without_width_stand_in_it_or_not(
    asked: str, read: str
) -> None:
    words = "តើ|អ្នក|អាច|ជ្រើស|អនុគមន៍|មួយ ពី|ប្រអប់|អនុគមន៍ ដោយ|របៀប|ណា|ខ្លះ|នៅ|ក្នុង|តារាង"
    index = Index([("one", words.replace("|", asked))])
    assert held(index, f"ព្រឹកនេះភ្លៀងធ្លាក់ខ្លាំងណាស់។ {words.replace('|', read)} ដូច្នេះយើងនៅផ្ទះ។") == ["one"]
    assert held(index, "ព្រឹកនេះភ្លៀងធ្លាក់ខ្លាំងណាស់ដូច្នេះយើងនៅផ្ទះហើយអានសៀវភៅជាមួយគ្នា។") == []


def test_a_short_chinese_question_is_found_where_it_is_a_sentence_though_no_space_follows_one() -> None:
    index = Index([("one", "法国的首都是哪里？")])
    assert held(index, "他想了想。“法国的首都是哪里？”没有人回答。") == ["one"]
    assert held(index, "他问法国的首都是哪里的人没有回答。") == []


def test_items_of_the_demo_are_found_in_its_texts_where_planted_and_nowhere_else() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "texts").rglob("*.txt"))]
    items = []
    for path in sorted((DEMO / "exams").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            items.append((f"{path.stem}/{row['id']}", row["question"]))
    index = Index(items)
    assert [held(index, text) for text in texts if held(index, text)] == []
    luck = random.Random(1)
    for name, question in items:
        lines = luck.choice(texts).split("\n")
        lines.insert(luck.randrange(len(lines) + 1), question)
        assert name in held(index, "\n".join(lines))


@pytest.mark.skipif(not HELP.exists(), reason=f"{HELP} is not here")
def test_with_a_tenth_of_its_words_changed_a_paragraph_is_found_and_clean_pages_are_not() -> None:
    pages = [json.loads(line)["text"] for line in HELP.read_text(encoding="utf-8").splitlines()]
    luck = random.Random(5)
    vocabulary = [word for page in pages[:200] for word in page.split()]
    paragraphs = [line for page in pages for line in page.split("\n") if 30 <= len(line.split()) <= 60]
    planted = dict(enumerate(luck.sample(paragraphs, 300)))
    index = Index((str(number), text) for number, text in planted.items())
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "texts" / "eus_Latn").rglob("*.txt"))]
    found = 0
    for number, text in planted.items():
        words = text.split()
        for place in luck.sample(range(len(words)), max(1, round(len(words) / 10))):
            words[place] = luck.choice(vocabulary)
        found += str(number) in held(index, f"{luck.choice(texts)}\n\n{' '.join(words)}")
    assert found / len(planted) >= 0.95
    assert [text for text in texts if held(index, text)] == []


def test_a_short_greek_question_is_found_where_it_is_a_sentence() -> None:
    index = Index([("one", "Πού είναι η Αθήνα;")])
    assert held(index, "Ρώτησε κάτι. Πού είναι η Αθήνα; Κανείς δεν απάντησε.") == ["one"]


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 24), st.integers(1, 9))
def test_runs_have_one_hash_when_they_are_the_same_wherever_they_stand(
    units: list[int], length: int, size: int
) -> None:
    numbers = np.array(units, dtype=np.uint64)
    count = max(0, len(units) - length + 1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(overlap, "_AT_ONCE", size)
        in_parts = overlap._Rolled(numbers).runs(length).tolist()
    hashes = overlap._Rolled(numbers).runs(length).tolist()
    assert hashes == in_parts
    runs = [tuple(units[start : start + length]) for start in range(count)]
    assert len(hashes) == count
    assert len(set(zip(runs, hashes, strict=True))) == len(set(runs)) == len(set(hashes))


WORDS = ["da", "Bilbo", "non", "zer.", "ze-ra", "-", "Πού;", "文書", "etxea?"]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4),
    st.lists(st.sampled_from([*WORDS, "\n", "\n\n", ". "]), max_size=25).map(" ".join),
)
def test_a_short_text_is_found_exactly_where_it_is_said(items: list[str], text: str) -> None:
    named = [(item, item) for item in items if normal_form(item)]
    said = set(overlap._said(text))
    found = {normal_form(one.name) for one in Index(named).held(text, min_share=0.5)}
    assert found == {normal_form(item) for item, _ in named} & said


def test_what_is_found_does_not_change_with_pieces_nor_with_what_was_looked_up_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"{filler(40, seed)} {LONG} {filler(30, seed)}" for seed in range(4)]
    known = [("one", LONG), ("two", f"{filler(20, 2)} {LONG[:90]}"), ("three", "Non dago Bilbo?")]
    whole = [Index(known).held(text, min_share=0.3) for text in texts]
    monkeypatch.setattr(normal, "_PIECE", 50)
    words = Vocabulary()
    assert [Index(known, words).held(text, min_share=0.3) for text in texts] == whole
    assert all(whole)


def test_a_large_exam_takes_some_bytes_a_character_and_not_hundreds() -> None:
    """All runs of all items are held by every worker."""
    items = [(f"exam/{number}", filler(40, number)) for number in range(800)]
    index = Index(items)
    runs = sum(len(normal_form(text)) - 23 for _, text in items)
    known = index._characters._known
    assert len(known.hashes) == runs
    assert known.hashes.nbytes + known.order.nbytes + known._bits.nbytes <= 16 * runs
    assert [one.name for one in index.held(f"{filler(9)} {items[7][1]}", min_share=0.5)] == ["exam/7"]
