"""Reviews that are closed when their test is over."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mintza.review.desk import Candidate
from review.served import Served


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Opens a review over candidates; its file is in the test's own folder."""
    opened: list[Served] = []

    def _serve(candidates: list[Candidate], **more: Any) -> Served:
        opened.append(Served(tmp_path / "reviews.jsonl", candidates, **more))
        return opened[-1]

    yield _serve
    for served in opened:
        served.close()
