"""Exam by exam: what of it stood in the corpus; and tokens for each word of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from fakes import Quiet
from mintza.corpus.filter_settings import OverlapFilterSettings
from mintza.corpus.filters.overlap import Overlap, items_held
from mintza.pipeline.contamination import contamination
from mintza.pipeline.fertility import SAMPLE, sample
from mintza.records import Document, Item, Provenance, Verdict


def item(exam: str, number: int, question: str) -> Item:
    return Item(
        exam=exam,
        id=str(number),
        language="eus_Latn",
        category="knowledge",
        question=question,
        choices=("bai", "ez"),
        answer=0,
        license="CC0-1.0",
    )


def document(name: str, text: str, split: str = "train") -> Document:
    plain = Document(
        id=name,
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="declared",
        split="train",
        cluster=name,
        provenance=Provenance(source="s", license="CC0-1.0"),
    )
    return msgspec.structs.replace(plain, split=split)


def verdicts(items: list[Item], documents: list[Document]) -> list[Verdict]:
    judge = Overlap(OverlapFilterSettings(), items)
    return [verdict for one in documents if not (verdict := judge.judge(one)).kept]


def test_items_are_counted_once_and_documents_for_each_exam_that_they_hold() -> None:
    items = [item("one", number, f"Zenbat da {number} gehi bi?") for number in range(40)]
    items += [item("two", 1, "Non dago Bilbo?"), item("three", 1, "Nor da hau?")]
    whole = "\n".join(one.question for one in items[:40])
    found = contamination(
        items,
        verdicts(
            items,
            [
                document("a", whole),
                document("b", f"{items[3].question}\nNon dago Bilbo?"),
                document("c", "Ez da ezer."),
            ],
        ),
    )
    assert [(one.exam, one.items, one.found, one.documents) for one in found] == [
        ("one", 40, 40, 2),
        ("two", 1, 1, 1),
        ("three", 1, 0, 0),
    ]
    assert found[0].examples[0][0] == "one/3.eus_Latn"
    assert found[1].examples == (("two/1.eus_Latn", "b", f"{items[3].question}\nNon dago Bilbo?"),)
    assert found[0].share == 1.0
    assert "None of the 1 items" in found[2].said()


def test_every_item_is_named_in_the_excerpt_however_many() -> None:
    items = [item("one", number, f"Zenbat da {number} gehi bi?") for number in range(200)]
    (verdict,) = verdicts(items, [document("a", "\n".join(one.question for one in items))])
    assert len(items_held(verdict)) == 200


def test_the_sample_for_fertility_does_not_follow_the_order_and_leaves_held_out_ones() -> None:
    documents = [document(f"s/{number}", str(number)) for number in range(SAMPLE + 100)]
    held = [document("s/held", "held", "held-out")]
    first = sample([*documents, *held], "eus_Latn")
    assert first == sample([*held, *documents[::-1]], "eus_Latn")
    assert len(first) == SAMPLE
    assert "held" not in first
    assert sample(documents, "eng_Latn") == []


def test_tokens_a_word_of_one_document_have_no_interval() -> None:
    from mintza.pipeline.fertility import Fertility
    from mintza.stats.ratios import ratio

    assert Fertility("tiny", ratio([7, 9], [2, 3])).said().endswith("; 2 documents)")
    assert Fertility("tiny", ratio([7], [2])).said() == "tiny: 3.50 tokens a word (1 document, so no interval)"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny import write_study

    return write_study(tmp_path_factory.mktemp("fertility"))


def test_fertility_is_worked_out_once_for_a_corpus_and_a_tokenizer(study: Path) -> None:
    from mintza.pipeline.fertility import fertilities
    from mintza.pipeline.plan import make_plan
    from mintza.pipeline.run import run
    from mintza.store import Store
    from mintza.study import load

    plan = make_plan(load(study))
    store = Store(plan.study.store)
    corpus = run(plan, store, Quiet(), only="corpus")["corpus"]
    (found,) = fertilities(plan.study, plan.parts, store, corpus)
    texts = sample(store.read(corpus, Document), "eus_Latn")
    assert found.tokens_a_word.things == len(texts) > 1
    assert found.tokens_a_word.low < found.tokens_a_word.value < found.tokens_a_word.high
    (memo,) = (store.root / "memos").iterdir()
    memo.write_text("[9.0, 8.0, 10.0, 3]", encoding="utf-8")
    assert fertilities(plan.study, plan.parts, store, corpus)[0].tokens_a_word.value == 9.0
    memo.write_text("spoiled", encoding="utf-8")
    assert fertilities(plan.study, plan.parts, store, corpus) == [found]
