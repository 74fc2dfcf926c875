"""What a journal comes to says how fast answers came only where its times can tell."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mintza.models.accounts import account

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


def written(folder: Path, provider: str, apart_s: float, answers: int = 12) -> Path:
    """A journal of answers that were filed so many seconds apart."""
    lines = [{"journal": 1, "model": "m", "provider": provider, "revision": "r"}]
    for number in range(answers):
        words = {"finish_reason": "stop", "prompt_tokens": 9, "completion_tokens": 4}
        at = (BEGAN + timedelta(seconds=number * apart_s)).isoformat()
        lines.append({"key": f"{number}", "completion": words, "at": at})
    path = folder / "host.1.0.jsonl"
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_answers_that_came_one_by_one_have_a_pace(tmp_path: Path) -> None:
    found = account(written(tmp_path, "embedded", 2.0))
    assert found.answers == 12
    assert found.answers_a_second == pytest.approx(12 / 22)


def test_a_batch_that_is_filed_at_once_has_none(tmp_path: Path) -> None:
    found = account(written(tmp_path, "local", 0.001))
    assert found.answers == 12
    assert found.answers_a_second is None


def test_nothing_that_was_answered_has_no_pace(tmp_path: Path) -> None:
    assert account(written(tmp_path, "embedded", 1.0, answers=0)).answers_a_second is None
