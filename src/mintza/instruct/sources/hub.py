"""Conversations in a data set of the Hugging Face hub, at one revision. The only file here that names `datasets`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from mintza.errors import MissingPart
from mintza.instruct.settings import HubSource
from mintza.instruct.sources.rows import Row


class HubRows:
    """The rows of one split; the hub's own client brings them when they are not in its cache yet."""

    def __init__(self, settings: HubSource) -> None:
        self._settings = settings

    @property
    def name(self) -> str:
        """`repo@revision`."""
        return f"{self._settings.repo}@{self._settings.revision}"

    def present(self) -> None:
        """Nothing: only the hub's client knows what of a data set is in its cache."""

    def fingerprint(self) -> str:
        """sha256 of repository, revision, configuration and split: the content is the revision's, and nothing is asked."""
        named = [self._settings.repo, self._settings.revision, self._settings.config, self._settings.split]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()

    def __iter__(self) -> Iterator[Row]:
        """The rows in the split's order. Raises MissingPart when the data set cannot be had here."""
        settings = self._settings
        try:
            from datasets import load_dataset
        except ImportError as error:
            raise MissingPart(
                "the library `datasets` is not installed", place=self.name, remedy="pip install 'mintza[local]'"
            ) from error
        try:
            rows = load_dataset(settings.repo, settings.config, split=settings.split, revision=settings.revision)
        except Exception as error:
            raise MissingPart(
                f"the data set cannot be had here ({type(error).__name__}: {_first_line(error)})",
                place=self.name,
                remedy=f"with a network: hf download --repo-type dataset {settings.repo} --revision {settings.revision}; "
                "or look at its name, revision, config and split",
            ) from error
        for number, value in enumerate(rows):
            yield Row(f"{self.name}#{number}", value)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no words"])[0][:200]
