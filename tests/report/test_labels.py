"""Labels of a paper's figures: folded, so that the numbers keep the greater part of the column."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.report.figures.drawing import draw
from mintza.report.figures.labels import LARGE, LONGEST, ONE_LINE, SMALL, folded, labels, short
from mintza.report.figures.sketches import Heat, Point, Row, Strip

MODEL = "llama-3.1-8b-instruct.corpus+sampled+translated"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("The corpus", "The corpus"),
        ("Written conversations in Basque", "Written conversations\nin Basque"),
        ("toy-1m-instruct.corpus", "toy-1m-instruct.\ncorpus"),
        (MODEL, "llama-3.1-8b-instruct.\ncorpus+sampled+translated"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklm\nnopqrstuvwxyz"),
    ],
)
def test_a_long_label_is_folded_where_its_parts_meet(text: str, lines: str) -> None:
    assert folded(text) == lines


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=80))
def test_folding_loses_nothing_but_the_space_it_breaks_at(text: str) -> None:
    lines = folded(short(text)).split("\n")
    assert len(lines) <= 2
    assert "".join(lines).replace(" ", "") == short(text).replace(" ", "")
    assert len(short(text)) <= LONGEST
    assert len(lines) == 1 or len(text) > ONE_LINE


def test_letters_are_smaller_only_where_a_line_is_still_wide() -> None:
    assert labels(["The corpus", "Written conversations in Basque"]).size == LARGE
    assert labels(["The corpus", MODEL]).size == SMALL
    assert labels(["The corpus"]).row < labels(["Written conversations in Basque"]).row


def width_of_the_axis(svg: Path) -> float:
    """Share of the figure's width between the ends of the longest straight line across it: the axis."""
    text = svg.read_text(encoding="utf-8")
    found = re.search(r'viewBox="0 0 ([\d.]+) ', text)
    assert found
    lines = re.findall(r'd="M ([\d.]+) ([\d.]+) \nL ([\d.]+) \2 \n"', text)
    return max(float(end) - float(start) for start, _, end in lines) / float(found[1])


@pytest.mark.parametrize("count", [3, 24])
def test_the_axis_has_more_than_half_of_the_column_beside_long_names(tmp_path: Path, count: int) -> None:
    rows = tuple(Row(f"{MODEL} {place}", (Point(float(place), 0.0, 30.0),)) for place in range(count))
    strip = Strip("strip", rows, "points")
    draw(tmp_path, [strip])
    assert width_of_the_axis(tmp_path / "strip.svg") > 0.55
    assert strip.height >= count * strip.labels.row


def test_a_table_of_cells_is_as_high_as_its_names_need() -> None:
    few, many = (Heat("won", tuple(f"{MODEL} {n}" for n in range(k)), (), "share", True) for k in (9, 24))
    assert few.height >= 9 * few.labels.row
    assert many.height >= 24 * many.labels.row
    assert many.labels.size == SMALL
