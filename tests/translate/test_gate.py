"""The gate: scores as sacrebleu gives them, failures by cause, and what stops a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sacrebleu

from fakes import BASQUE, ENGLISH, FakeIdentifier, Said
from mintza.errors import BadInput
from mintza.models.seam import ChatPrompt
from mintza.progress import silent
from mintza.records import Gate, ParallelSegment, Trial
from mintza.translate.gate import shortfalls
from mintza.translate.pairs import Divided, between, divided, fingerprint, read_pairs
from mintza.translate.scores import Scores, gain
from mintza.translate.settings import CheckSettings, FilePairs, GateSettings, TranslateSettings
from mintza.translate.stage import gate
from translate.fake_translator import SAMPLED, FakeTranslator


def segment(number: int, source: str = "", target: str = "") -> ParallelSegment:
    return ParallelSegment(
        id=f"p#{number}",
        source_language=ENGLISH.code,
        target_language=BASQUE.code,
        source=source or f"The {number} houses by the river are old and red.",
        target=target or f"Ibai ondoko {number} etxeak zaharrak eta gorriak dira.",
        provenance=SAMPLED,
    )


PAIRS = Divided((), tuple(segment(number) for number in range(10, 22)))


def saying(right: Callable[[int], bool]) -> FakeTranslator:
    """A translator that is right for some segments and copies the others."""

    def answer(prompt: ChatPrompt) -> Said:
        asked = json.loads(prompt.messages[-1].content)
        if right(prompt.draw // 3):
            asked["messages"][0]["content"] = "Ibai ondoko ⟦0⟧ etxeak zaharrak eta gorriak dira."
        return json.dumps(asked, ensure_ascii=False)

    return FakeTranslator(answer)


def run(model: FakeTranslator, pairs: Divided = PAIRS) -> tuple[Gate, list[Trial]]:
    records = list(
        gate(
            TranslateSettings(limit=1),
            CheckSettings(),
            pairs,
            model=model,
            source=ENGLISH,
            target=BASQUE,
            identifier=FakeIdentifier(BASQUE.code),
            seed=1,
            progress=silent,
        )
    )
    assert isinstance(records[-1], Gate)
    return records[-1], [one for one in records if isinstance(one, Trial)]


def test_a_perfect_translator_scores_100_and_a_copier_what_a_copy_scores() -> None:
    perfect, _ = run(saying(lambda draw: True))
    assert (perfect.chrf, perfect.bleu) == pytest.approx((100.0, 100.0))
    assert (perfect.kept, perfect.segments) == (12, 12)
    copier, trials = run(saying(lambda draw: False))
    assert copier.chrf == pytest.approx(copier.copied_chrf)
    assert (copier.gain, copier.gain_low, copier.gain_high) == pytest.approx((0, 0, 0))
    assert copier.kept == 0
    assert {t.failed for t in trials} == {"copied: the user's turn is the original again"}


def test_the_scores_are_those_of_sacrebleu_over_all_segments() -> None:
    found, trials = run(saying(lambda draw: draw % 3 > 0))
    said, references = [t.hypothesis for t in trials], [[t.reference for t in trials]]
    assert found.chrf == pytest.approx(sacrebleu.corpus_chrf(said, references, word_order=2).score)
    assert found.bleu == pytest.approx(sacrebleu.corpus_bleu(said, references).score)
    assert found.chrf_low < found.chrf < found.chrf_high
    assert (found.kept, [(f.step, f.segments) for f in found.failures]) == (8, [("copied", 4)])


def test_a_replica_is_the_score_of_the_segments_it_drew() -> None:
    said = ["the old house", "a red door", "no", "the river is deep"]
    references = ["the old house", "the red door", "yes", "a river is deep"]
    found = Scores(seed=5).chrf(said, references)
    drawn = np.random.default_rng(5).integers(0, 4, size=(1000, 4))[0]
    again = sacrebleu.corpus_chrf([said[i] for i in drawn], [[references[i] for i in drawn]], word_order=2)
    assert found.replicas[0] == pytest.approx(again.score)


def test_a_gain_is_measured_on_the_same_draws() -> None:
    scores = Scores(seed=1)
    one = scores.chrf(["a b c d", "e f g h"] * 20, ["a b c d", "e f g x"] * 20)
    assert gain(one, one) == (0.0, 0.0, 0.0)


def test_what_is_no_translation_counts_as_an_empty_one_and_its_tries_are_counted() -> None:
    found, trials = run(FakeTranslator(lambda prompt: "no"))
    assert found.chrf == 0.0
    assert found.requests == 36
    assert {t.failed for t in trials} == {"translate: not JSON"}
    assert found.tokens_per_word is None


def test_the_gate_is_closed_with_the_numbers_that_are_missing() -> None:
    half, _ = run(saying(lambda draw: draw % 2 == 0))
    assert shortfalls(half, GateSettings()) == []
    said = " ".join(shortfalls(half, GateSettings(min_chrf=99, min_gain=90, max_failed=0.4)))
    for words in ("under min_chrf 99", "not over min_gain 90", "50% of the segments failed, over max_failed 40%"):
        assert words in said
    copier, _ = run(saying(lambda draw: False))
    assert "gains 0.0 chrF++" in shortfalls(copier, GateSettings(max_failed=1))[0]


def test_thresholds_do_not_bear_on_the_measurement() -> None:
    assert GateSettings().bearing() == GateSettings(min_chrf=50, max_failed=0.1, tokens_per_second=9).bearing()
    assert GateSettings().bearing() != GateSettings(segments=7).bearing()


def test_no_segment_to_try_on_is_an_error_with_its_remedy() -> None:
    with pytest.raises(BadInput, match="no parallel segment is left"):
        run(FakeTranslator(), Divided((), ()))


def test_examples_and_held_out_segments_share_no_source_and_do_not_depend_on_the_order() -> None:
    every = [
        segment(n, f"Sentence {w} of the list is here.", f"Hemen dago zerrendako {w} esaldia.")
        for n, w in enumerate("abcdefghij")
    ]
    every += [
        segment(90, every[0].source.upper(), "Beste bat."),
        segment(91, "The same text here.", "the same text, HERE"),
    ]
    one = divided(every, examples=3, held_out=5, characters=(1, 400))
    assert one == divided(every[::-1], examples=3, held_out=5, characters=(1, 400))
    assert (len(one.examples), len(one.held_out)) == (3, 5)
    sources = [s.source.lower() for s in (*one.examples, *one.held_out)]
    assert len(set(sources)) == 8
    assert one.examples == divided(every, examples=3, held_out=2, characters=(1, 400)).examples


def test_examples_hold_nothing_that_would_be_masked() -> None:
    every = [segment(n) for n in range(9)] + [segment(9, "A sentence without a number.", "Zenbakirik gabeko esaldia.")]
    assert [s.id for s in divided(every, examples=3, held_out=1, characters=(1, 400)).examples] == ["p#9"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.tsv", 'en\teu\nBread "now"\tOgia\n'), ("p.jsonl", '{"en": "Bread \\"now\\"", "eu": "Ogia", "n": 1}\n\n')],
)
def test_pairs_are_read_from_both_formats(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    chosen = FilePairs(path=name, source="en", target="eu", license="CC0-1.0")
    (one,) = read_pairs(chosen, base=tmp_path, source=ENGLISH, target=BASQUE)
    assert (one.source, one.target, one.provenance.license) == ('Bread "now"', "Ogia", "CC0-1.0")
    assert list(fingerprint(chosen, base=tmp_path)) == [name]
    (turned,) = between([one], BASQUE, ENGLISH)
    assert (turned.source, turned.target) == ("Ogia", 'Bread "now"')


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("p.tsv", "en\teu\nBread\n", "p.tsv:2: a pair needs texts"),
        ("p.jsonl", '{"en": "Bread", "eu": ""}', "p.jsonl:1: a pair needs texts"),
        ("p.jsonl", "not json", "p.jsonl:1: a pair needs texts"),
        ("p.csv", "en,eu", "neither .tsv nor .jsonl"),
    ],
)
def test_pairs_that_lack_a_text_are_refused_by_their_line(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    chosen = FilePairs(path=name, source="en", target="eu", license="CC0-1.0")
    with pytest.raises(BadInput) as raised:
        list(read_pairs(chosen, base=tmp_path, source=ENGLISH, target=BASQUE))
    assert why in str(raised.value)
