"""The files beside the page: LaTeX that compiles, numbers that agree wherever they stand, figures, pages to browse, catalogues."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import yaml

from arena.browser import launched
from mintza.records import Answer, Item
from mintza.report.material import Answered, Material
from mintza.report.parquet import read_rows
from mintza.report.settings import ReportSettings
from mintza.report.stage import report
from mintza.report.wording import CATALOGUES
from report.builder import BACKBONE
from report.test_page import ATTACK, assert_whole
from report.voting import arena, voted

PLAIN = ReportSettings(replicas=200, figures=False)
GOLDEN = "1b1b947b68c4559033230da719282923a517123e8af3e57765657a03818336ad"
GOLDEN_FILES = "b486007bd21a632474476cf80370f98bac38f02faa9767dce19e336797005b6e"
TEXTS = {".html", ".csv", ".tex", ".js"}
SOURCES = Path(__file__).parents[2] / "src" / "mintza" / "report"


def items(material: Material) -> list[Item]:
    return [
        Item(
            exam="pretend",
            id=f"item-{k}",
            language="eus_Latn",
            category="knowledge",
            question=f"Zer da {k}? {ATTACK if k == 3 else ''}",
            choices=("bat", "bi", "hiru"),
            answer=k % 3,
            license="CC0-1.0",
        )
        for k in range(60)
    ]


def answers(material: Material) -> list[Answer]:
    right = {(s.model, s.item_id): s.value for s in material.scores if (s.exam, s.language) == ("pretend", "eus_Latn")}
    return [
        Answer(
            exam="pretend",
            item_id=item.id,
            model=model.name,
            language="eus_Latn",
            protocol="likelihood",
            log_likelihoods=tuple(
                -1.0 if k == (item.answer if right[model.name, item.id] else (item.answer + 1) % 3) else -2.0
                for k in range(3)
            ),
            utf8_bytes=(3, 2, 4),
        )
        for model in material.models
        for item in items(material)
    ]


def whole() -> Material:
    material = voted(arena(battles=240, voters=20))
    found = Answered(items=lambda: items(material), answers=lambda: answers(material))
    return replace(material, answered=found)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    list(report(ReportSettings(replicas=200), whole(), workspace=folder))
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_with_votes_is_whole(made: Path) -> None:
    text = assert_whole((made / "index.html").read_text(encoding="utf-8")).text
    for said in (
        "20 voters judged 240 battles",
        "Who met whom",
        "What each factor is worth",
        "Spearman",
        "browse/index.html",
    ):
        assert said in text


def test_the_page_says_whose_votes_staff_let_in_against_a_check(tmp_path: Path, made: Path) -> None:
    material = voted(arena(battles=60, voters=6))
    assert material.arena is not None
    mine = [vote for vote in material.arena.votes if vote.voter in ("voter-1", "voter-2")]
    let_in = [msgspec.structs.replace(v, overruled=("side",)) if v in mine else v for v in material.arena.votes]
    changed = replace(material, arena=replace(material.arena, votes=let_in))
    list(report(PLAIN, changed, workspace=tmp_path))
    battles = len({vote.battle_id for vote in mine})
    said = f"The votes of 2 of them, on {battles} battles, count since the arena's staff looked at them"
    assert said in assert_whole((tmp_path / "index.html").read_text(encoding="utf-8")).text
    counted = {row["what"]: row["count"] for row in rows(tmp_path / "tables" / "participants.csv")}
    assert counted["voters let in by staff against a check"] == "2"
    assert counted["votes of these"] == str(battles)
    assert "overruled" not in (made / "index.html").read_text(encoding="utf-8")


def test_languages_keep_their_capital_in_headings(made: Path) -> None:
    page = (made / "index.html").read_text(encoding="utf-8")
    assert "<h4>Exams, Basque</h4>" in page
    assert "<h4>Votes, content</h4>" in page


def test_every_number_of_a_model_links_to_its_artifact(made: Path) -> None:
    text = (made / "index.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'id="([^"]+)"', text))
    links = re.findall(r'href="#([^"]+)"', text)
    assert set(links) <= ids
    assert sum(link.startswith("a") and link[1:].isdigit() for link in links) > 40


def test_latex_is_a_table_each_with_the_columns_it_promises(made: Path) -> None:
    files = sorted((made / "tables").glob("*.tex"))
    assert {"ratings.tex", "factors.tex", "agreement.tex", "effects.tex", "tradeoff.tex", "benchmark-eus.tex"} <= {
        path.name for path in files
    }
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)
        assert found, path.name
        body = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(r"\multicolumn")]
        for line in body:
            assert len(re.findall(r"(?<!\\)&", line)) == len(found.group(1)) - 1, (path.name, line)
            assert not re.search(r"(?<!\\)[_%#]", line), (path.name, line)
        assert [text.count(f"\\{rule}rule") for rule in ("top", "mid", "bottom")] == [1, 1, 1]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles_under_booktabs(made: Path, tmp_path: Path) -> None:
    inputs = "".join(f"\\input{{{path}}}\\clearpage\n" for path in sorted((made / "tables").glob("*.tex")))
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\tiny\n"
    (tmp_path / "all.tex").write_text(f"{head}{inputs}\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_number_of_the_csv_files_stands_in_the_parquet_file(made: Path) -> None:
    every = read_rows(made / "tables" / "numbers.parquet")
    by_table: dict[str, list[float]] = {}
    for row in every:
        if row["value"] is not None:
            by_table.setdefault(row["table"].partition(",")[0], []).append(row["value"])
    for name, column, table in (
        ("measurements", "value", "measurements"),
        ("effects", "value", "effects"),
        ("ratings", "score", "ratings"),
        ("factors", "value", "factors"),
        ("tradeoff", "gain_points", "tradeoff"),
        ("tests", "difference_points", "tests"),
    ):
        held = [float(row[column]) for row in rows(made / "tables" / f"{name}.csv") if row[column]]
        assert sorted(held) == pytest.approx(sorted(by_table[table])), name
    measured = [row for row in every if row["table"] == "measurements"]
    assert all(len(row["artifact"]) == 64 for row in measured)


def test_marks_of_the_tables_are_mcnemars_test_after_holm(made: Path) -> None:
    from math import comb

    material = whole()
    table = [row for row in rows(made / "tables" / "tests.csv") if row["language"] == "eus_Latn"]
    assert len(table) == 4
    raw = {}
    for row in table:
        mine = {
            s.item_id: s.value
            for s in material.scores
            if (s.model, s.exam, s.language) == (row["model"], "pretend", "eus_Latn")
        }
        base = {
            s.item_id: s.value
            for s in material.scores
            if (s.model, s.exam, s.language) == (BACKBONE, "pretend", "eus_Latn")
        }
        up = sum(mine[k] > base[k] for k in mine)
        down = sum(mine[k] < base[k] for k in mine)
        tail = sum(comb(up + down, k) for k in range(min(up, down) + 1)) / 2 ** (up + down)
        raw[row["model"]] = min(1.0, 2 * tail)
        assert float(row["p"]) == pytest.approx(raw[row["model"]])
    ordered = sorted(raw.values())
    assert min(float(row["p_holm"]) for row in table) == pytest.approx(min(1.0, 4 * ordered[0]))


def test_figures_are_drawn_in_both_forms_at_the_width_of_a_column(made: Path) -> None:
    names = {path.stem for path in (made / "figures").iterdir()}
    assert {"effects", "tradeoff", "ratings-overall", "win-rate-overall", "battles-overall", "factors-votes"} <= names
    for name in names:
        assert (made / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        width = re.search(r'width="([\d.]+)pt"', (made / "figures" / f"{name}.svg").read_text(encoding="utf-8"))
        assert width
        assert float(width.group(1)) == pytest.approx(3.35 * 72, abs=0.5)


def test_the_pages_to_browse_hold_every_battle_and_answer_and_run_nothing(made: Path) -> None:
    folder = made / "browse"
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}
    battles = "".join(text for name, text in pages.items() if name.startswith("battles-"))
    for name in whole().arena.battles:  # type: ignore[union-attr]
        assert f">{name}<" in battles
    questions = "".join(text for name, text in pages.items() if name.startswith("answers-"))
    assert all(f"Zer da {k}?" in questions for k in range(60))
    for name, text in pages.items():
        assert "http://" not in text
        assert "https://" not in text
        assert ATTACK not in text
        assert name == "index.html" or "<script" not in text
        for target in re.findall(r'href="([^"#]+)', text):
            assert (folder / target).is_file(), target


def test_who_chose_what_is_what_the_models_answered(made: Path) -> None:
    text = (made / "browse" / "answers-pretend-eus_Latn-001.html").read_text(encoding="utf-8")
    material = whole()
    right = {(s.model, s.item_id): s.value for s in material.scores if (s.exam, s.language) == ("pretend", "eus_Latn")}
    for item in items(material)[5:9]:
        article = text[text.index(f">{item.id}<") :].partition("</article>")[0]
        choices = re.findall(r"<li>(.) \w+ (?:<span class=\"who\">([\d ]+)</span>)?", article)
        mine = [place for place, model in enumerate(material.models, 1) if right[model.name, item.id]]
        assert choices[item.answer][0] == "●"
        assert [int(one) for one in choices[item.answer][1].split()] == mine


def test_the_search_finds_every_question_and_battle(made: Path) -> None:
    text = (made / "browse" / "search.js").read_text(encoding="utf-8")
    data = json.loads(text.removeprefix("window.searched = ").removesuffix(";\n"))
    assert len(data["entries"]) == 60 + 240
    for part, anchor, _ in data["entries"]:
        page = made / "browse" / data["parts"][part][0]
        assert page.is_file()
        assert anchor
    assert "</script" not in text


def test_without_figures_parquet_and_browsing_there_is_none(tmp_path: Path) -> None:
    settings = ReportSettings(replicas=200, figures=False, parquet=False, browse=False)
    list(report(settings, whole(), workspace=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "tables"]
    assert not list((tmp_path / "tables").glob("*.parquet"))


def test_the_same_material_gives_the_same_files(made: Path, tmp_path: Path) -> None:
    list(report(ReportSettings(replicas=200), whole(), workspace=tmp_path))
    one, other = (
        {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}
        for base in (made, tmp_path)
    )
    assert one == other
    assert len(one) > 40


def test_the_words_of_every_file_are_the_golden_ones(made: Path) -> None:
    texts = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.suffix in TEXTS}
    found = hashlib.sha256()
    for name, path in sorted(texts.items()):
        found.update(name.encode() + b"\0" + path.read_bytes())
    digest = found.hexdigest()
    assert digest == GOLDEN_FILES, f"a file changed ({digest}): raise REVISIONS['report'], then write the new hash here"


def test_the_findings_with_votes_are_the_golden_ones(tmp_path: Path) -> None:
    found = list(report(PLAIN, whole(), workspace=tmp_path))
    last = [one for one in found if one.question.startswith("Do benchmarks")]
    assert last[0].value is not None
    assert all("ab" * 32 in one.artifacts for one in last)
    digest = hashlib.sha256(b"\n".join(msgspec.json.encode(finding) for finding in found)).hexdigest()
    assert digest == GOLDEN, f"the findings changed ({digest}): raise REVISIONS['report'], then write the new hash here"


@pytest.mark.parametrize(
    ("language", "tag", "said"), [("eus_Latn", "eu", "Erantzunak"), ("spa_Latn", "es", "Respuestas")]
)
def test_the_page_speaks_the_language_that_it_is_told_to(tmp_path: Path, language: str, tag: str, said: str) -> None:
    settings = PLAIN.model_copy(update={"language": language, "browse": False, "parquet": False})
    list(report(settings, whole(), workspace=tmp_path))
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert f'<html lang="{tag}">' in text
    assert f"{said}</h2>" in text


@pytest.mark.parametrize("language", ["eus_Latn", "spa_Latn"])
def test_a_catalogue_has_every_fixed_sentence_and_no_other_gaps(language: str) -> None:
    catalogue = yaml.safe_load((CATALOGUES / f"{language}.yaml").read_text(encoding="utf-8"))
    wanted = {
        match
        for path in (SOURCES / "templates").glob("*.j2")
        for match in re.findall(r'\b_\("((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))
    }
    wanted |= {
        match
        for path in SOURCES.rglob("*.py")
        for match in re.findall(r'\bsaid\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))
    }
    assert not wanted - catalogue.keys()
    for english, own in catalogue.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", own)), english


def test_scores_and_measurements_that_are_no_numbers_do_not_stop_it(tmp_path: Path) -> None:
    material = whole()
    nan = float("nan")
    broken = replace(
        material,
        measurements=[
            msgspec.structs.replace(m, value=nan, low=nan, high=nan) if m.model.endswith("sampled.s33") else m
            for m in material.measurements
        ],
        scores=[msgspec.structs.replace(s, value=nan) if s.model == BACKBONE else s for s in material.scores],
    )
    list(report(ReportSettings(replicas=200), broken, workspace=tmp_path))
    assert "came out as not a number" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_model_without_items_is_a_row_without_numbers(tmp_path: Path) -> None:
    material = whole()
    without = replace(
        material,
        measurements=[m for m in material.measurements if m.model != material.models[2].name],
        scores=[s for s in material.scores if s.model != material.models[2].name],
    )
    list(report(PLAIN, without, workspace=tmp_path))
    assert_whole((tmp_path / "index.html").read_text(encoding="utf-8"))


def test_the_page_is_never_wider_than_the_window_of_a_phone_a_tablet_or_a_desk(made: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        page = launched(playwright).new_page()
        page.goto((made / "index.html").as_uri())
        for width in (320, 375, 600, 740, 800, 830, 840, 900, 1024, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
