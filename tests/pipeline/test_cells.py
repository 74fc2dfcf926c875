from pathlib import Path

import pytest

from mintza.errors import StudyError
from mintza.pipeline.cells import cells, resolve
from mintza.study import load

STUDIES = Path(__file__).parents[2] / "studies"


def basque(tmp_path: Path, old: str = "", new: str = "") -> Path:
    text = (STUDIES / "basque.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "basque.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_reference_study_has_17_trained_cells_of_8b_4_equal_by_definition_and_one_of_70b() -> None:
    found = cells(load(STUDIES / "basque.yaml").settings)
    small = [cell for cell in found if cell.table == "eight-billion"]
    assert len(small) == 21
    assert sum(1 for cell in small if cell.same_as is None) == 17
    assert [cell.name for cell in found if cell.table == "seventy-billion"] == [
        "llama-3.1-70b-instruct.corpus+sampled.s33"
    ]


def test_cells_that_equal_another_come_to_an_untouched_backbone() -> None:
    found = cells(load(STUDIES / "basque.yaml").settings)
    ends = {cell.name: resolve(cell.name, found) for cell in found if cell.same_as is not None}
    assert ends == {
        "llama-3.1-8b.sampled.s33": "llama-3.1-8b-instruct",
        "llama-3.1-8b-instruct.sampled.s33": "llama-3.1-8b-instruct",
        "llama-3.1-8b.corpus.s33": "latxa-3.1-8b",
        "latxa-3.1-8b.corpus.s33": "latxa-3.1-8b",
    }


def test_a_cell_may_equal_another_cell_of_the_same_seed(tmp_path: Path) -> None:
    path = basque(
        tmp_path, "llama-3.1-8b.sampled: llama-3.1-8b-instruct", "llama-3.1-8b.sampled: llama-3.1-8b.translated"
    )
    found = cells(load(path).settings)
    assert resolve("llama-3.1-8b.sampled.s33", found) == "llama-3.1-8b.translated.s33"


def test_a_circle_of_equal_cells_is_refused(tmp_path: Path) -> None:
    path = basque(
        tmp_path,
        "llama-3.1-8b.sampled: llama-3.1-8b-instruct",
        "llama-3.1-8b.sampled: llama-3.1-8b.translated\n      llama-3.1-8b.translated: llama-3.1-8b.sampled",
    )
    with pytest.raises(StudyError, match="same as itself"):
        cells(load(path).settings)


def test_a_cell_that_is_left_out_is_not_there(tmp_path: Path) -> None:
    path = basque(
        tmp_path,
        "    seeds: [33]\n    # The instructed",
        "    seeds: [33, 34]\n    without: [llama-3.1-8b.translated]\n    # The",
    )
    names = [cell.name for cell in cells(load(path).settings)]
    assert not [name for name in names if name.startswith("llama-3.1-8b.translated.")]
    assert "llama-3.1-8b-instruct.translated.s34" in names
