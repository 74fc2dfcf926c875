"""Rows of a dataset of the hub; without network it says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mintza.corpus.source_settings import HubSource
from mintza.corpus.sources.hub import Hub, Rows
from mintza.errors import BadInput
from mintza.records import Document, Verdict

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def settings(**more: Any) -> HubSource:
    plain = {"kind": "hub", "name": "hub", "repository": "nor/zer", "revision": COMMIT}
    return HubSource.model_validate({**plain, "language": "eus_Latn", "license": "CC-BY-4.0", **more})


def giving(*rows: Mapping[str, Any] | Exception) -> Callable[[HubSource], Rows]:
    """A stand-in for the library: gives rows, and fails where an exception stands."""

    def give(_: HubSource) -> Iterator[Mapping[str, Any]]:
        for row in rows:
            if isinstance(row, Exception):
                raise row
            yield row

    return give


def test_a_row_is_a_document() -> None:
    rows = giving({"text": "bat", "key": "a"}, {"text": "bi", "key": "b"}, {"text": None, "key": "c"})
    one, two, bad = Hub(settings(id_field="key"), rows=rows).documents("skip")
    assert isinstance(one, Document)
    assert isinstance(two, Document)
    assert isinstance(bad, Verdict)
    assert (one.id, one.text, two.id) == ("hub/train:a", "bat", "hub/train:b")
    assert bad.reason == "has no text under 'text'"
    (first, *_) = Hub(settings(), rows=rows).documents("skip")
    assert isinstance(first, Document)
    assert first.id == "hub/train:1"


def test_without_the_hub_the_dataset_is_named_with_a_remedy() -> None:
    source = Hub(settings(), rows=giving(ConnectionError("no route to the hub")))
    with pytest.raises(BadInput, match="nor/zer at 0123456789ab is not in this machine's cache") as raised:
        list(source.documents("skip"))
    assert "ConnectionError: no route" in raised.value.message
    assert "network" in raised.value.remedy
    (verdict,) = Hub(settings(optional=True), rows=giving(ConnectionError("no"))).documents("refuse")
    assert isinstance(verdict, Verdict)
    assert verdict.reason == "optional source is not there"


def test_a_connection_that_goes_half_way_is_named_with_its_row() -> None:
    source = Hub(settings(), rows=giving({"text": "bat"}, TimeoutError("gone")))
    records = list(source.documents("skip"))
    assert [type(record) for record in records] == [Document, Verdict]
    with pytest.raises(BadInput, match="cut short"):
        list(source.documents("refuse"))


def test_the_fingerprint_is_of_the_commit_and_asks_nobody() -> None:
    def asked(_: HubSource) -> Rows:
        raise AssertionError("the hub was asked")

    first = Hub(settings(), rows=asked).fingerprint()
    assert first == Hub(settings(), rows=asked).fingerprint()
    assert first != Hub(settings(subset="eu"), rows=asked).fingerprint()


def test_only_a_commit_pins_a_dataset() -> None:
    with pytest.raises(ValueError, match="pattern"):
        settings(revision="main")


@pytest.mark.slow
def test_the_library_itself_offline_says_what_is_missing(tmp_path: Path) -> None:
    code = (
        "from mintza.corpus.source_settings import HubSource as S\nfrom mintza.corpus.sources.hub import Hub\n"
        f"s = S(kind='hub', name='h', repository='nor/zer', revision='{COMMIT}', language='eus_Latn', license='MIT')\n"
        "list(Hub(s).documents('refuse'))"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (
        "BadInput: corpus source 'h': the dataset nor/zer at 0123456789ab is not in this machine's cache" in done.stderr
    )
