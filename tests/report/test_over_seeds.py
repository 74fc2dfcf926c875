"""A mixture that was trained with several seeds: intervals hold the seeds as well as the items, and the page says so."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from mintza.report.effects import Effect, component_pairs, effects
from mintza.report.made import make
from mintza.report.material import Material
from mintza.report.scorebook import Measure, ScoreBook
from mintza.report.seeds import repeated
from mintza.report.settings import ReportSettings
from mintza.report.stage import report
from mintza.report.variants import columns, rows_over_seeds
from mintza.report.votes.people import people
from report.builder import BACKBONE, BASQUE, MIXTURES, Planted, study
from report.voting import arena, voted

SETTINGS = ReportSettings(replicas=200, figures=False, parquet=False)
SEEDS = (33, 34, 35)
BITS = Measure("bits_per_byte", BASQUE.code)


def of(material: Material, differs: str, subject: str, measure: Measure = BITS) -> Effect:
    found = effects(material, ScoreBook(material), level=0.95, replicas=200)
    mine = [e for e in found if (e.differs, e.subject, e.measure) == (differs, subject, measure) and e.pooled]
    assert len(mine) == 1
    return mine[0]


def test_seeds_that_agree_leave_the_interval_to_the_items() -> None:
    alone = of(study(), "component", "corpus")
    three = of(study(seeds=SEEDS), "component", "corpus")
    assert (alone.seeds, three.seeds) == (0, 3)
    assert three.value == pytest.approx(alone.value, abs=0.01)
    assert three.high - three.low < 2 * (alone.high - alone.low)
    assert three.seen == "better"


def test_seeds_that_disagree_widen_the_interval_until_nothing_is_seen() -> None:
    small = {"corpus": Planted(target_bits=-0.1)}
    calm, wild = study(small, seeds=SEEDS), study(small, seeds=SEEDS, between=0.5)
    assert of(calm, "component", "corpus").seen == "better"
    found = of(wild, "component", "corpus")
    assert found.seen == "unseen"
    assert found.spread is not None
    assert found.spread > 0.2
    assert found.from_seeds is not None
    assert found.from_seeds > 0.9
    # Items alone would have been sure of it: the same models, taken for the only ones there could be.
    once = replace(wild, models=[replace(m, table=m.name) if m.role == "variant" else m for m in wild.models])
    assert of(once, "component", "corpus").leaves_out_zero


def test_a_mixture_that_was_trained_more_often_counts_no_more() -> None:
    material = study(seeds=SEEDS)
    fewer = [m for m in material.models if m.mixture != ("corpus",) or m.seed == 33]
    found = of(replace(material, models=fewer), "component", "corpus")
    assert len(found.pairs) == 4
    alone = of(study(), "component", "corpus")
    assert found.value == pytest.approx(alone.value, abs=0.02)


def test_a_pair_of_models_that_no_seed_bears_on_is_compared_once() -> None:
    material = study(seeds=SEEDS, backbones={"toy-base": False, "toy-chat": True})
    equal = tuple(f"toy-base.chatting.s{seed}" for seed in SEEDS)
    models = [replace(m, same_as=equal) if m.name == "toy-chat" else m for m in material.models]
    assert component_pairs(replace(material, models=models))["chatting"] == (("toy-chat", "toy-base"),)


def shifted(material: Material, exam: str = "bits_per_byte.made-up-eus") -> Material:
    """Half a bit more where the corpus comes to sampled instructions: on Basque text, all that it brings elsewhere."""
    spoilt = {f"{BACKBONE}.corpus+sampled.s{seed}" for seed in SEEDS}
    scores = [
        msgspec.structs.replace(s, value=s.value + 0.5) if s.model in spoilt and s.exam == exam else s
        for s in material.scores
    ]
    return replace(material, scores=scores)


def test_an_effect_that_hangs_on_what_it_is_added_to_is_told_at_both_ends() -> None:
    plain, mixed = study(seeds=SEEDS), shifted(study(seeds=SEEDS))
    corpus = make(SETTINGS, mixed).answers[0]
    assert re.search(
        r"hangs on what it is added to: from −0\.5\d+ .* added to the untouched toy-1m-instruct to ", corpus.parts[0]
    )
    assert corpus.parts[0].endswith("added to sampled.")
    assert [(len(e.pairs), e.seeds) for e in corpus.apart if e.measure == BITS] == [(3, 3), (3, 3)]
    assert "hangs on" not in make(SETTINGS, plain).answers[0].parts[0]


def test_a_cost_that_hangs_on_what_a_component_is_added_to_is_told_at_both_ends_for_its_language() -> None:
    plain, mixed = study(seeds=SEEDS), shifted(study(seeds=SEEDS), exam="bits_per_byte.made-up-eng")
    losses = make(SETTINGS, mixed).answers[3]
    english, spanish = losses.parts
    assert re.search(
        r"How much the corpus does to bits per byte on held-out English text hangs on what it is added to: "
        r"from \+0\.\d+ .* added to the untouched toy-1m-instruct to \+0\.5\d+ .* added to sampled\.",
        english,
    )
    assert "hangs on" not in spanish
    assert {(e.subject, e.measure.language) for e in losses.apart} >= {("corpus", "eng_Latn"), ("corpus", "spa_Latn")}
    assert all(not e.pooled and e.measure.language != "eus_Latn" for e in losses.apart)
    assert "hangs on" not in " ".join(make(SETTINGS, plain).answers[3].parts)


def test_repeated_mixtures_are_named_without_their_seed() -> None:
    assert [one.name for one in repeated(study(seeds=SEEDS))] == [f"{BACKBONE}.{'+'.join(m)}" for m in MIXTURES]
    assert repeated(study()) == []


def page(material: Material, folder: Path) -> str:
    list(report(SETTINGS, material, workspace=folder))
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_page_says_what_its_intervals_are_over(tmp_path: Path) -> None:
    text = page(study(seeds=SEEDS, between=0.05), tmp_path)
    assert "intervals over the items and the training seeds" in text
    assert "pairs of 3 seeds" in text
    assert "mean of seeds" in text
    assert "Each seed" in text
    assert "Student's over both" in text or "Student&#39;s over both" in text
    assert "Between the seeds of a mixture a number has a standard deviation of" in text
    assert "4 mixtures and 3 seeds" in text
    assert not re.search("Intervals hold chance in the choice of items. They do not hold", text)


def test_the_page_of_one_seed_says_that_seeds_are_not_in_its_intervals(tmp_path: Path) -> None:
    text = page(study(), tmp_path)
    assert "no mixture of this study was trained with two seeds" in text
    assert "Each seed" not in text


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_number_over_seeds_is_filed_with_its_spread(tmp_path: Path) -> None:
    page(study(seeds=SEEDS, between=0.05), tmp_path)
    means = rows(tmp_path, "seeds.csv")
    assert {row["seeds"] for row in means} == {"33 34 35"}
    one = next(r for r in means if r["mixture"] == f"{BACKBONE}.corpus" and r["exam"] == "bits_per_byte.made-up-eus")
    assert float(one["low"]) < float(one["mean"]) < float(one["high"])
    assert float(one["sd_of_seeds"]) > 0
    each = [row["model"] for row in rows(tmp_path, "benchmark-eus.csv")]
    assert f"{BACKBONE}.corpus.s34" in each
    table = (tmp_path / "tables" / "benchmark-eus.tex").read_text(encoding="utf-8")
    assert f"{BACKBONE}.corpus &" in table
    assert ".s34" not in table


def test_marks_of_the_full_table_are_of_mixtures_and_of_seeds_apart() -> None:
    made = make(SETTINGS, study({"written": Planted(accuracy=0.3)}, seeds=SEEDS))
    mine = {t.model: t for t in made.tests if t.language == BASQUE.code}
    whole = mine[f"{BACKBONE}.corpus+sampled+written"]
    assert whole.test == "Student, over items and 3 seeds"
    assert whole.seen == "better"
    assert mine[f"{BACKBONE}.corpus+sampled+written.s33"].test == "McNemar, exact"


def test_marks_of_the_table_of_variants_are_those_of_all_seeds() -> None:
    material = study({"corpus": Planted(target_bits=-0.05)}, seeds=SEEDS, between=0.1)
    book = ScoreBook(material)
    found = effects(material, book, level=0.95, replicas=200)
    table = columns(material, book)
    made = {row.full: row for row in rows_over_seeds(material, found, table, book, 0.95)}
    pooled = {
        (e.subject, e.measure): e.seen for e in found if e.differs == "mixture" and e.pooled and e.measure.exam is None
    }
    assert len(pooled) == 7 * len(MIXTURES)
    for (name, measure), seen in pooled.items():
        place = next(
            k for k, c in enumerate(table) if (c.measure.kind, c.measure.language) == (measure.kind, measure.language)
        )
        assert made[name].cells[place].seen == seen
    assert made[f"{BACKBONE}.corpus"].members == tuple((seed, f"{BACKBONE}.corpus.s{seed}") for seed in SEEDS)


def test_what_is_traded_is_told_of_mixtures() -> None:
    made = make(SETTINGS, study({"written": Planted(accuracy=0.3)}, seeds=SEEDS, between=0.02))
    assert [(row.model, row.seeds) for row in made.tradeoff.rows] == [
        (f"{BACKBONE}.{'+'.join(m)}", 3) for m in MIXTURES
    ]
    best = made.tradeoff.rows[-1].gains[0]
    assert best.low is not None
    assert best.high is not None
    assert best.low < 30 < best.high


def test_seeds_of_a_mixture_are_one_model_where_exams_meet_votes() -> None:
    material = study(seeds=SEEDS, between=0.02)
    material = voted(arena({model.name: 0.1 * k for k, model in enumerate(material.models)}), material)
    found = people(material, ScoreBook(material), replicas=50)
    assert found is not None
    assert {one.spearman.models for one in found.agreements} == {1 + len(MIXTURES)}
