"""A study's votes: they bear on the report alone, by their content, and a file that is not there is a need."""

from pathlib import Path

import pytest

from mintza.pipeline.material import report_needs
from mintza.pipeline.plan import Plan, make_plan
from mintza.report.settings import ReportSettings
from mintza.study.load import load

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"


def plan(folder: Path, more: str = "") -> Plan:
    (folder / "study.yaml").write_text(DEMO.read_text(encoding="utf-8") + more, encoding="utf-8")
    return make_plan(load(folder / "study.yaml"))


def test_votes_bear_on_the_report_alone_and_by_their_content(tmp_path: Path) -> None:
    without = plan(tmp_path)
    (tmp_path / "votes.jsonl").write_text("{}\n", encoding="utf-8")
    first = plan(tmp_path, "votes: votes.jsonl\n")
    (tmp_path / "votes.jsonl").write_text("{}\n{}\n", encoding="utf-8")
    second = plan(tmp_path, "votes: votes.jsonl\n")
    assert first.nodes["report"].settings["votes"] != second.nodes["report"].settings["votes"]
    for name, node in without.nodes.items():
        if name != "report":
            assert node.settings == first.nodes[name].settings


def test_a_file_of_votes_that_is_not_there_is_a_need_with_a_remedy(tmp_path: Path) -> None:
    (need, *_) = plan(tmp_path, "votes: absent.jsonl\n").nodes["report"].needs
    assert "absent.jsonl" in need.what
    assert "votes:" in need.remedy


@pytest.mark.parametrize("asked", [True, False])
def test_nothing_is_needed_for_what_is_not_asked_for(asked: bool) -> None:
    assert report_needs(ReportSettings(figures=asked, parquet=asked)) == []
