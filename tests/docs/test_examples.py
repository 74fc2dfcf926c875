"""What the pages show of a study file is what a study file may say."""

from __future__ import annotations

import json

import pytest
import yaml
from pydantic import ValidationError

from docs.shell import PAGES, ROOT, Block, blocks
from mintza.study import StudySettings


def studies() -> list[tuple[str, Block]]:
    """Every block of YAML on a page whose keys are those of a study."""
    found = []
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8")):
            plain = yaml.safe_load("\n".join(block.lines)) if block.language == "yaml" else None
            if not isinstance(plain, dict) or isinstance(plain.get("models"), list):  # a list is of identifiers
                continue
            if set(plain) <= set(StudySettings.model_fields):
                found.append((page.relative_to(ROOT).as_posix(), block))
    return found


SHOWN = studies()


@pytest.mark.parametrize(("page", "block"), SHOWN, ids=[f"{page}:{block.line}" for page, block in SHOWN])
def test_a_piece_of_a_study_on_a_page_is_understood(page: str, block: Block) -> None:
    plain = yaml.safe_load("\n".join(block.lines))
    try:
        StudySettings.model_validate_json(json.dumps(plain))
    except ValidationError as error:
        wrong = [f"{detail['loc']}: {detail['msg']}" for detail in error.errors() if detail["type"] != "missing"]
        assert not wrong, (page, wrong)


def test_pieces_are_found_on_many_pages() -> None:
    assert len({page for page, _ in SHOWN}) > 8
