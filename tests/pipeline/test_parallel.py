"""Parallel text of a study: from the corpus's own sources, or an error that names those that have some."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mintza import languages
from mintza.errors import StudyError
from mintza.pipeline.parallel import pairs_fingerprint, pairs_of
from mintza.study import Study, load
from tiny import SETTINGS

PAGE = '<html><head><title>x</title></head><body><div id="DisplayArea">{}</div></body></html>'


def study(folder: Path, source: str) -> Study:
    """A study whose corpus has a help in two languages, unpacked, of four paragraphs each."""
    said = {
        "eu": ["Egin klik hemen taula bat sortzeko.", "Gorde dokumentua itxi aurretik.", "Hautatu beste kolore bat."],
        "en-US": ["Click here to make a table.", "Save the document before you close it.", "Choose another colour."],
    }
    for code, texts in said.items():
        page = folder / "help" / code / "text" / "swriter" / "a.html"
        page.parent.mkdir(parents=True)
        body = "".join(f'<p id="par_{number}">{text}</p>' for number, text in enumerate(texts))
        page.write_text(PAGE.format(body), encoding="utf-8")
    plain = {
        **SETTINGS,
        "corpus": {
            "sources": [
                *SETTINGS["corpus"]["sources"],
                {"kind": "libreoffice-help", "name": "help", "path": "help", "code": "eu", "language": "eus_Latn"},
            ]
        },
        "translate": {
            "translate": {"examples": 1},
            "pairs": {"kind": "corpus", "source": source},
            "gate": {"segments": 5},
        },
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    return load(path)


def test_the_help_of_libreoffice_gives_examples_and_held_out_segments(tmp_path: Path) -> None:
    made = study(tmp_path, "help")
    found = pairs_of(made, languages.load("eng_Latn"))
    assert (len(found.examples), len(found.held_out)) == (1, 2)
    assert {one.source_language for one in (*found.examples, *found.held_out)} == {"eng_Latn"}
    assert found.examples[0].provenance.license == "MPL-2.0"
    assert list(pairs_fingerprint(made)) == ["help"]


def test_a_source_without_parallel_text_is_named_with_those_that_have_some(tmp_path: Path) -> None:
    made = study(tmp_path, "stories")
    with pytest.raises(StudyError, match="no source 'stories' that brings parallel text") as raised:
        pairs_of(made, languages.load("eng_Latn"))
    assert "known: help" in str(raised.value)
