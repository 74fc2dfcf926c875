"""The page is whole whatever is missing, safe whatever the data hold, and the same for the same study."""

import csv
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from mintza.records import Verdict, VerdictCount
from mintza.report.figures.axes import round_steps
from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import ScoreBook
from mintza.report.settings import ReportSettings
from mintza.report.stage import report, summary
from mintza.report.variants import columns
from mintza.report.variants import rows as rows_of
from mintza.report.waterfalls import waterfall
from report.builder import BACKBONE, conversation, curve, nothing, study

SETTINGS = ReportSettings(replicas=200, figures=False)
VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}
SECTIONS = ["answers", "variants", "gains", "curves", "data", "mixtures", "notes", "lineage", "glossary"]
GOLDEN = "afa2db55bf88eb98a466d05477ae8ff241b57df00f4e82913adc70d30c2990ca"
ATTACK = '<script>alert("taken over")</script><img src=x onerror=alert(1)>'


class Reader(HTMLParser):
    """Checks that tags are closed in order, and collects what matters."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(material: Material, folder: Path, settings: ReportSettings = SETTINGS) -> str:
    list(report(settings, material, workspace=folder))
    return (folder / "index.html").read_text(encoding="utf-8")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_whole(text: str) -> Reader:
    reader = read(text)
    assert [name for name in reader.ids if name in SECTIONS] == SECTIONS
    assert len(reader.ids) == len(set(reader.ids))
    return reader


def test_the_page_is_well_formed_and_needs_nothing_beside_it(tmp_path: Path) -> None:
    reader = assert_whole(page(study(), tmp_path))
    for tag, attributes in reader.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"src", "srcset", "data", "action"}
            assert name != "href" or (value or "").startswith(("#", "browse/"))
    style = page(study(), tmp_path)
    assert "@import" not in style
    assert "url(" not in style
    assert "default-src 'none'" in style


def test_every_figure_says_in_words_what_it_shows(tmp_path: Path) -> None:
    reader = read(page(study(), tmp_path))
    figures = [attributes for tag, attributes in reader.tags if tag == "svg" and attributes.get("role") == "img"]
    assert figures
    assert all(attributes.get("aria-label") for attributes in figures)


def test_what_the_data_hold_is_shown_and_never_run(tmp_path: Path) -> None:
    material = study()
    stage = material.stages[1]
    verdict = Verdict(
        record_id=ATTACK, unit="conversation", step=ATTACK, kept=False, reason=ATTACK, excerpt="\x00" + ATTACK
    )
    bad = replace(
        stage,
        title=ATTACK,
        verdicts=(VerdictCount(step=ATTACK, unit="conversation", kept=False, reason=ATTACK, count=17),),
        dropped=(verdict,),
        kept=(conversation(ATTACK, "</blockquote></html>" + ATTACK),),
    )
    hostile = replace(
        material,
        title=ATTACK,
        study=ATTACK,
        notes=(ATTACK,),
        stages=(bad,),
        artifacts={ATTACK: ATTACK},
        curves={ATTACK: curve("x")},
    )
    text = page(hostile, tmp_path)
    reader = assert_whole(text)
    assert not [tag for tag, _ in reader.tags if tag in {"script", "img"}]
    assert "<script" not in text
    assert "\x00" not in text
    assert ATTACK in reader.text


def test_long_texts_are_cut_with_an_ellipsis(tmp_path: Path) -> None:
    material = study()
    long = replace(material.stages[1], kept=(conversation("a " * 5000, "b"),))
    text = page(replace(material, stages=(long,)), tmp_path)
    assert "a a…" in text
    assert "a " * 400 not in text


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"measurements": (), "scores": ()}, "No model has been measured"),
        ({"scores": ()}, "no effect can be computed"),
        ({"curves": {}}, "No training has been recorded"),
        ({"mixtures": {}}, "No mixture has been prepared"),
        ({"stages": ()}, "No data stage is complete"),
        ({"artifacts": {}}, "No artifact was named"),
        ({"also": ()}, "No other language was examined"),
        ({"components": ()}, "no corpus that is complete"),
    ],
)
def test_what_is_missing_is_said_on_a_page_that_is_whole(tmp_path: Path, lacking: dict[str, object], said: str) -> None:
    material = replace(study(), **lacking)  # type: ignore[arg-type]
    assert said in assert_whole(page(material, tmp_path)).text


def test_a_study_without_exams_says_so(tmp_path: Path) -> None:
    material = study()
    without = replace(
        material,
        measurements=[m for m in material.measurements if m.metric != "acc"],
        scores=[s for s in material.scores if s.metric != "acc"],
    )
    assert "No exam in Basque was taken." in assert_whole(page(without, tmp_path)).text


def test_a_study_of_nothing_is_a_whole_page(tmp_path: Path) -> None:
    assert_whole(page(nothing(), tmp_path))
    assert summary(nothing()) == summary(study())[:1]


def test_one_variant_alone_is_a_whole_page(tmp_path: Path) -> None:
    text = assert_whole(page(study(mixtures=[("corpus",)]), tmp_path)).text
    assert "1 variant, with 1 mixture" in text


def test_numbers_that_are_none_or_no_numbers_are_said_to_be_so(tmp_path: Path) -> None:
    material = study()
    nan = float("nan")
    spoilt = [
        msgspec.structs.replace(m, value=nan, low=nan, high=nan) if m.model == BACKBONE else m
        for m in material.measurements
    ]
    curves = {
        name: [msgspec.structs.replace(step, loss=nan) for step in steps] for name, steps in material.curves.items()
    }
    broken = replace(material, measurements=spoilt, curves=curves)
    text = assert_whole(page(broken, tmp_path)).text
    assert "7 measurements came out as not a number" in text
    assert "have a loss that is not a number" in text
    assert not re.search(r"\bnan\b", text)


def test_a_component_that_came_to_nothing_is_shown_with_three_examples(tmp_path: Path) -> None:
    text = assert_whole(page(study(), tmp_path)).text
    assert "none of 16 conversations survived" in text
    assert "3 of those that did not survive" in text


def test_a_cell_that_equals_another_has_a_row_that_says_so(tmp_path: Path) -> None:
    material = study()
    same = replace(material.models[0], same_as=(f"{BACKBONE}.sampled+written.s33",))
    text = assert_whole(page(replace(material, models=[same, *material.models[1:]]), tmp_path)).text
    assert f"= {BACKBONE} by definition, not trained anew" in text
    assert "sampled + written" in text


def test_a_cell_that_equals_a_model_of_another_backbone_stands_with_its_own(tmp_path: Path) -> None:
    material = study(backbones={"toy": False, "toy-instruct": True}, mixtures=[("corpus",)])
    models = [replace(m, same_as=("toy.sampled.s33",)) if m.name == "toy-instruct" else m for m in material.models]
    book = ScoreBook(material)
    table = rows_of(replace(material, models=models), [], columns(material, book), book)
    assert [row.full for row in table] == [
        "toy",
        "toy.corpus.s33",
        "toy.sampled.s33",
        "toy-instruct",
        "toy-instruct.corpus.s33",
    ]


def test_references_stand_below_and_are_never_marked(tmp_path: Path) -> None:
    material = study()
    reference = ExaminedModel("famous", "reference", "famous", True)
    numbers = [msgspec.structs.replace(m, model="famous") for m in material.measurements if m.model == BACKBONE]
    more = replace(material, models=[reference, *material.models], measurements=[*numbers, *material.measurements])
    text = assert_whole(page(more, tmp_path)).text
    assert "reference, never trained" in text
    assert summary(more)[-1][0] == "famous"


def test_many_exams_share_a_column_and_have_a_table_of_their_own(tmp_path: Path) -> None:
    material = study()
    measurements, scores = list(material.measurements), list(material.scores)
    for name in ("second", "third"):
        measurements += [msgspec.structs.replace(m, exam=name) for m in material.measurements if m.exam == "pretend"]
        scores += [msgspec.structs.replace(s, exam=name) for s in material.scores if s.exam == "pretend"]
    text = assert_whole(page(replace(material, measurements=measurements, scores=scores), tmp_path)).text
    assert "3 exams" in text
    assert "180 items, of the 3 exams that every model sat" in text
    assert "Each exam" in text


def test_the_tables_hold_the_numbers_of_the_measurements(tmp_path: Path) -> None:
    material = study()
    page(material, tmp_path)
    table = rows(tmp_path, "measurements.csv")
    assert len(table) == len(material.measurements)
    for row, measurement in zip(table, material.measurements, strict=True):
        assert (row["model"], row["exam"], row["metric"]) == (measurement.model, measurement.exam, measurement.metric)
        assert float(row["value"]) == measurement.value
        assert (float(row["low"]), float(row["high"])) == (measurement.low, measurement.high)
    filed = {path.name for path in (tmp_path / "tables").iterdir()}
    assert filed >= {
        f"{name}.csv" for name in ("measurements", "effects", "waterfall", "findings", "mixtures", "curves")
    }
    assert filed >= {
        "tests.csv",
        "tradeoff.csv",
        "benchmark-eus.csv",
        "benchmark-eus.tex",
        "effects.tex",
        "numbers.parquet",
    }
    assert {row["scope"] for row in rows(tmp_path, "effects.csv")} == {"pooled", "pair"}
    assert sum(int(row["tokens"]) for row in rows(tmp_path, "mixtures.csv")) == sum(
        count.tokens for counts in material.mixtures.values() for count in counts
    )


def test_the_findings_are_yielded_as_they_are_filed(tmp_path: Path) -> None:
    found = list(report(SETTINGS, study(), workspace=tmp_path))
    assert [row["answer"] for row in rows(tmp_path, "findings.csv")] == [finding.answer for finding in found]
    assert len({finding.question for finding in found}) == 5


def test_a_waterfall_loses_nothing() -> None:
    for facts in study().stages:
        bars = waterfall(facts).bars
        assert bars[0].count - sum(bar.count for bar in bars if bar.kind == "dropped") == bars[-1].count == facts.left
        assert not [bar for bar in bars if bar.kind == "unexplained"]


def test_what_no_verdict_explains_has_a_bar_of_its_own() -> None:
    facts = replace(study().stages[1], left=20)
    (bar,) = [bar for bar in waterfall(facts).bars if bar.kind == "unexplained"]
    assert bar.count == 11


def test_the_terminal_table_has_a_row_a_model() -> None:
    head, *models = summary(study())
    assert [row[0] for row in models] == [model.name for model in study().models]
    assert {len(row) for row in models} == {len(head)}


def test_steps_of_an_axis_are_round_and_inside() -> None:
    assert round_steps(-0.53, 0.12) == pytest.approx([-0.4, -0.2, 0.0])
    assert round_steps(1.0, 1.0) == [1.0]


def test_the_same_study_gives_the_same_bytes_however_long_it_took(tmp_path: Path) -> None:
    material = study()
    slower = replace(
        material, stages=[replace(facts, seconds=99.0, execution={"workers": 8}) for facts in material.stages]
    )
    for name, made in (("one", material), ("other", slower)):
        (tmp_path / name).mkdir()
        page(made, tmp_path / name)
    one, other = sorted((tmp_path / "one").rglob("*.*")), sorted((tmp_path / "other").rglob("*.*"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_the_findings_of_a_fixed_study_are_the_golden_ones(tmp_path: Path) -> None:
    found = list(report(SETTINGS, study(), workspace=tmp_path))
    lines = b"\n".join(msgspec.json.encode(finding) for finding in found)
    digest = hashlib.sha256(lines).hexdigest()
    assert digest == GOLDEN, f"the findings changed ({digest}): raise REVISIONS['report'], then write the new hash here"


def test_variants_that_were_trained_on_the_same_are_one_row_of_the_table_of_mixtures(tmp_path: Path) -> None:
    list(report(SETTINGS, study(seeds=(1, 2)), workspace=tmp_path))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    mixtures = page[page.index('id="mixtures"') : page.index('id="notes"')]
    assert f"{BACKBONE}.corpus.s1 = {BACKBONE}.corpus.s2</th>" in mixtures
    assert mixtures.count('<tr class="head">') == 4
