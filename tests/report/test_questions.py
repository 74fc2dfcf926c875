"""The study's questions are answered by the effects that are there, and by nothing else."""

import re
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.records import Finding
from mintza.report.effects import Effect, cells, component_pairs, effects
from mintza.report.material import ComponentFacts, ExaminedModel, Material
from mintza.report.questions import Answer, answers
from mintza.report.scorebook import Measure, ScoreBook
from report.builder import BACKBONE, EFFECTS, MIXTURES, Planted, nothing, study

REVERSED = {name: Planted(-p.target_bits, -p.other_bits, -p.accuracy, -p.right_language) for name, p in EFFECTS.items()}
NONE = {name: Planted() for name in EFFECTS}


def measured(material: Material, *, level: float, replicas: int) -> list[Effect]:
    return effects(material, ScoreBook(material), level=level, replicas=replicas)


def told(material: Material) -> list[Answer]:
    return answers(material, measured(material, level=0.95, replicas=400))


def headline(material: Material, question: int) -> str:
    return told(material)[question - 1].headline.answer


def about(material: Material, *parts: str) -> Finding:
    """The one finding whose sentence has all these parts and is no headline."""
    found = [f for answer in told(material) for f in answer.findings[1:] if all(part in f.answer for part in parts)]
    assert len(found) == 1, [f.answer for f in found]
    return found[0]


def test_a_corpus_that_lowers_bits_per_byte_improves_them() -> None:
    said = headline(study(), 1)
    assert re.search(r"^Adding the corpus improves bits per byte on held-out Basque text by 0\.(49|50)\d \(", said)
    assert "worsens" not in said


def test_the_effects_reversed_reverse_the_sentences() -> None:
    said = headline(study(REVERSED), 1)
    assert "Adding the corpus worsens bits per byte on held-out Basque text by" in said
    assert "improves" not in said
    forward, backward = study(EFFECTS), study(REVERSED)
    for language in ("English", "Spanish"):
        worse = about(forward, "the corpus", f"held-out {language} text")
        better = about(backward, "the corpus", f"held-out {language} text")
        assert "worsens" in worse.answer
        assert "improves" in better.answer
        assert worse.value is not None
        assert better.value is not None
        assert worse.value > 0 > better.value


def test_a_right_language_rate_that_rises_is_better_and_one_that_falls_is_worse() -> None:
    rises = {"written": Planted(right_language=0.6)}
    falls = {"written": Planted(right_language=-0.2), "corpus": Planted(right_language=0.5)}
    assert "improves the rate of answers in Basque by" in about(study(rises), "written", "answers in Basque").answer
    high = study({**falls, "written": Planted(right_language=-0.6)})
    assert "worsens the rate of answers in Basque by" in about(high, "written", "rate of answers in Basque").answer


def test_no_effect_at_all_is_said_to_be_too_small_to_say() -> None:
    material = study(NONE, noise=0.0)
    for answer in told(material)[:2]:
        assert "no difference that this study can see" in answer.headline.answer
        assert "it is too small to say" in answer.headline.answer
        assert not re.search("improves|worsens", answer.headline.answer)
    losses = told(material)[3].headline.answer
    assert losses.count("no difference that this study can see") == 2
    assert losses.count("it is too small to say") == 2


def test_a_difference_that_is_lost_in_noise_is_too_small_to_say() -> None:
    material = study({"corpus": Planted(target_bits=-0.01)}, noise=0.5)
    assert "improves bits per byte" not in headline(material, 1)
    assert "too small to say" in headline(material, 1)


def test_an_effect_on_four_items_is_not_seen_however_large() -> None:
    material = study()
    few = [score for score in material.scores if score.item_id in {"text-0", "text-1", "text-2", "text-3"}]
    said = about(replace(material, scores=few), "the corpus", "held-out Basque").answer
    assert "the interval leaves out zero, but luck alone does as much in 12 % of cases" in said
    assert "it is too small to say" in said


def test_every_number_of_an_answer_has_its_interval() -> None:
    for material in (study(), study(REVERSED), study(NONE)):
        for answer in told(material):
            for finding in answer.findings:
                sizes = re.findall(r"by \d+\.\d+( points)? (\(\d+\.\d+ to \d+\.\d+)?", finding.answer)
                assert all(interval for _, interval in sizes), finding.answer
                assert (finding.value is None) == (finding.low is None) == (finding.high is None)


def test_every_sentence_of_an_effect_names_the_measurements_it_rests_on() -> None:
    material = study()
    for answer in told(material):
        for finding in answer.findings[1:]:
            assert finding.artifacts
            assert set(finding.artifacts) <= set(material.artifacts.values())


def test_a_component_that_came_to_nothing_is_said_with_how_many_and_why() -> None:
    said = headline(study(), 2)
    assert "Translated instructions in Basque: none of 16 conversations survived" in said
    assert "11 by language: not in the target language" in said
    rests = next(answer.headline.artifacts for answer in told(study()) if "16 conversations" in answer.headline.answer)
    assert {"a1" * 32, "b1" * 32} <= set(rests)


def test_one_kind_of_backbone_cannot_say_which_is_better() -> None:
    assert headline(study(), 3) == "Every backbone of this study is instructed, so it cannot say."
    assert "is base" in headline(study(backbones={"toy": False}), 3)


def test_base_and_instructed_backbones_are_compared_on_the_same_mixtures() -> None:
    material = study(backbones={"toy": False, "toy-instruct": True}, noise=0.3)
    said = headline(material, 3)
    assert "Starting from toy-instruct (instructed) instead of toy (base)" in said
    found = [e for e in measured(material, level=0.95, replicas=200) if e.differs == "backbone" and e.pooled]
    assert {len(effect.pairs) for effect in found} == {len(MIXTURES)}


def test_backbones_of_different_tables_are_not_compared() -> None:
    material = study(backbones={"toy": False, "huge-instruct": True})
    apart = [replace(model, table="huge" if "huge" in model.name else "main") for model in material.models]
    assert "same mixture" in headline(replace(material, models=apart), 3)


def test_nobody_voted_is_said() -> None:
    assert headline(study(), 5).startswith("Nobody has voted")


def test_a_study_of_which_nothing_is_there_answers_that_it_cannot_say() -> None:
    for answer in told(nothing())[:4]:
        assert re.search("cannot say|no two measured models|Nothing is measured", answer.headline.answer)
        assert answer.headline.value is None


def test_a_component_without_a_counterpart_is_said_to_be_unknown() -> None:
    material = study(mixtures=[("corpus", "sampled")])
    assert "No two measured models differ in the corpus alone" in headline(material, 1)


def test_pairs_differ_in_one_component_in_the_same_backbone_and_seed() -> None:
    pairs = component_pairs(study())
    prefix = f"{BACKBONE}."
    assert set(pairs["corpus"]) == {
        (f"{prefix}corpus.s33", BACKBONE),
        (f"{prefix}corpus+sampled.s33", f"{prefix}sampled.s33"),
    }
    assert pairs["written"] == ((f"{prefix}corpus+sampled+written.s33", f"{prefix}corpus+sampled.s33"),)
    assert pairs["translated"] == ()


def test_a_cell_that_equals_another_stands_in_for_it_and_is_never_compared_with_itself() -> None:
    material = study(mixtures=[("corpus", "sampled")])
    untouched = replace(material.models[0], same_as=(f"{BACKBONE}.sampled.s33",))
    material = replace(material, models=[untouched, *material.models[1:]])
    pairs = component_pairs(material)
    assert pairs["corpus"] == ((f"{BACKBONE}.corpus+sampled.s33", BACKBONE),)
    assert pairs["sampled"] == ()


def test_a_backbone_that_is_a_variant_of_the_study_is_untouched_where_it_was_trained() -> None:
    models = [
        ExaminedModel("toy", "untouched", "toy", False),
        ExaminedModel("toy.corpus.s1", "variant", "toy", False, ("corpus",), 1, same_as=("toy-taught",)),
        ExaminedModel("toy-taught.sampled.s1", "variant", "toy-taught", False, ("sampled",), 1),
    ]
    material = replace(nothing(), models=models, components=[ComponentFacts("sampled", "sampled", "eng_Latn", 3)])
    assert cells(material)[("toy-taught", frozenset(), None)] == "toy.corpus.s1"
    assert component_pairs(material)["sampled"] == (("toy-taught.sampled.s1", "toy.corpus.s1"),)


def test_answers_asked_by_another_protocol_are_not_compared() -> None:
    material = study()
    other = [
        msgspec.structs.replace(m, protocol="letter")
        if (m.model, m.exam) == (f"{BACKBONE}.corpus.s33", "pretend")
        else m
        for m in material.measurements
    ]
    found = measured(replace(material, measurements=other), level=0.95, replicas=100)
    measure = Measure("accuracy", "eus_Latn")
    (pooled,) = [e for e in found if (e.subject, e.measure, e.pooled) == ("corpus", measure, True)]
    assert pooled.pairs == ((f"{BACKBONE}.corpus+sampled.s33", f"{BACKBONE}.sampled.s33"),)


def test_scores_that_are_not_numbers_bear_no_effect() -> None:
    material = study()
    spoilt = [
        msgspec.structs.replace(score, value=float("nan")) if score.metric == "bits_per_byte" else score
        for score in material.scores
    ]
    found = measured(replace(material, scores=spoilt), level=0.95, replicas=100)
    assert {effect.measure.kind for effect in found} == {"accuracy", "right_language"}


@settings(max_examples=25, deadline=None)
@given(size=st.floats(-1.5, 1.5).filter(lambda size: abs(size) > 0.1))
def test_the_sentence_has_the_sign_of_what_was_planted(size: float) -> None:
    material = study({"corpus": Planted(target_bits=size)}, mixtures=[("corpus",)])
    found: list[Effect] = [
        effect
        for effect in measured(material, level=0.95, replicas=100)
        if effect.subject == "corpus" and effect.measure == Measure("bits_per_byte", "eus_Latn")
    ]
    assert [effect.seen for effect in found] == ["better" if size < 0 else "worse"]
    assert found[0].low <= found[0].value <= found[0].high


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_a_higher_level_gives_a_wider_interval(level: float) -> None:
    material = study(mixtures=[("corpus",)], noise=0.2)
    usual = measured(material, level=0.95, replicas=400)[0]
    other = measured(material, level=level, replicas=400)[0]
    assert (other.high - other.low > usual.high - usual.low) == (level > 0.95)
