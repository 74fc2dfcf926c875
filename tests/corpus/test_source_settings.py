"""What a study may say of a source can be said in its file: lists as lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mintza.corpus.settings import CorpusSettings

ALL = {"name": "one", "language": "eus_Latn", "license": "CC0-1.0"}
KINDS: dict[str, dict[str, Any]] = {
    "folder": {"path": "x"},
    "package": {"package": "x"},
    "warc": {"path": "x"},
    "wikipedia": {"path": "x", "disambiguation": ["argipen", "dab"], "shown_templates": {"lang": 2}},
    "hub": {"repository": "a/b", "revision": "a" * 40},
    "libreoffice-help": {"code": "eu", "path": "x"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_source_is_read_from_a_file(kind: str) -> None:
    def read(source: dict[str, Any]) -> Any:
        return CorpusSettings.model_validate_json(json.dumps({"sources": [source]})).sources[0]

    first = read({"kind": kind, **ALL, **KINDS[kind]})
    whole = first.model_dump(mode="json")
    assert read(whole) == first
    for key, value in KINDS[kind].items():
        assert whole[key] == value
