"""Exams that the corpus must not hold are made before it, apart from the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintza.errors import StudyError
from mintza.pipeline.plan import make_plan
from mintza.study import load

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"


def study(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = DEMO.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_exams_to_keep_out_the_corpus_rests_on_its_sources_alone(tmp_path: Path) -> None:
    nodes = make_plan(load(study(tmp_path))).nodes
    assert nodes["corpus"].parents == ()
    assert "exams/kept-out" not in nodes


def test_an_exam_to_keep_out_is_a_parent_of_the_corpus_and_one_added_later_is_not(tmp_path: Path) -> None:
    named = ("corpus:\n  sources:", "corpus:\n  decontaminate_against: [mintza_general]\n  sources:")
    added = ("    mintza_general: {items: 32}", "    mintza_general: {items: 32}\n    arc_easy: {}")
    plans = [make_plan(load(study(tmp_path, *changes))).nodes for changes in ([named], [named, added])]
    for nodes in plans:
        assert nodes["corpus"].parents == ("exams/kept-out",)
        assert list(nodes).index("exams/kept-out") < list(nodes).index("corpus")
    assert plans[0]["exams/kept-out"].settings == plans[1]["exams/kept-out"].settings
    assert plans[0]["exams"].settings != plans[1]["exams"].settings


def test_an_exam_to_keep_out_must_be_one_of_the_study(tmp_path: Path) -> None:
    path = study(tmp_path, ("corpus:\n  sources:", "corpus:\n  decontaminate_against: [mintza_genral]\n  sources:"))
    with pytest.raises(StudyError, match="there is no exam 'mintza_genral'"):
        load(path)
