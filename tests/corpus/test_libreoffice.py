"""The help of LibreOffice, from a package or what was unpacked from it: pages, and pairs with English."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mintza.corpus.source_settings import LibreOfficeHelpSource
from mintza.corpus.sources.debian import apt_download
from mintza.corpus.sources.libreoffice_help import LibreOfficeHelp
from mintza.corpus.sources.libreoffice_pages import Paragraph, paragraphs
from mintza.errors import BadInput
from mintza.records import Document, ParallelSegment, Verdict

PAGE = """<!DOCTYPE html><html lang="{0}"><head><title>x</title><script>var p = 1;</script></head><body>
<header><p>LibreOffice 7.4</p></header><div id="DisplayArea">{1}</div></body></html>"""
HELP = {
    "eu": {
        "swriter/a.html": '<h1 id="hd_1">Taulak</h1><p id="par_2">Egin <span>klik</span>\n hemen.</p><p id="par_3">Insert</p>'
        '<p id="par_4">→ 1</p><p>Ohar bat.</p>',
        "swriter/b.html": '<p id="par_1">Same in both</p>',
        "scalc/c.html": '<p id="par_2">Bi aldiz</p><p id="par_2">Bi aldiz</p><p id="par_5">Taulak</p>',
    },
    "en-US": {
        "swriter/a.html": '<h1 id="hd_1">Tables</h1><p id="par_2">Click <span>here</span>.</p><p id="par_3">Insert</p>',
        "swriter/b.html": '<p id="par_1">Same in both</p>',
        "scalc/c.html": '<p id="par_2">Twice</p><p id="par_2">Twice</p><p id="par_5">Tables</p>',
    },
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".gz": gzip.compress,
    "": bytes,
}


def package(code: str, suffix: str = ".xz") -> bytes:
    """A package of Debian (an `ar` of three members), made here without what reads it."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, body in HELP[code].items():
            content = PAGE.format(code, body).encode()
            member = tarfile.TarInfo(f"./usr/share/libreoffice/help/{code}/text/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    out = b"!<arch>\n"
    parts = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", b"odd"),
        (f"data.tar{suffix}", PACKERS[suffix](tar.getvalue())),
    ]
    for name, content in parts:
        out += (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
            + content
            + b"\n" * (len(content) % 2)
        )
    return out


def settings(**more: Any) -> LibreOfficeHelpSource:
    plain = {"kind": "libreoffice-help", "name": "help", "code": "eu", "path": "lo", "language": "eus_Latn"}
    return LibreOfficeHelpSource.model_validate({**plain, **more})


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with a folder `lo` in which both packages lie."""
    (tmp_path / "lo").mkdir()
    (tmp_path / "lo" / "libreoffice-help-eu_1_all.deb").write_bytes(package("eu"))
    (tmp_path / "lo" / "libreoffice-help-en-us_1_all.deb").write_bytes(package("en-US"))
    return tmp_path


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    for code, pages in HELP.items():
        for name, body in pages.items():
            path = tmp_path / "lo" / "usr" / "share" / "libreoffice" / "help" / code / "text" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PAGE.format(code, body))
    return tmp_path


def texts(base: Path, **more: Any) -> tuple[dict[str, str], dict[str, str]]:
    records = list(LibreOfficeHelp(settings(**more), base=base).documents("skip"))
    reasons = {record.record_id: record.reason for record in records if isinstance(record, Verdict)}
    return {record.id: record.text for record in records if isinstance(record, Document)}, reasons


def pairs(base: Path) -> list[tuple[str, str, str]]:
    found = list(LibreOfficeHelp(settings(), base=base).pairs())
    assert all(isinstance(pair, ParallelSegment) and pair.target_language == "eus_Latn" for pair in found)
    return sorted((pair.id, pair.source, pair.target) for pair in found)


@pytest.mark.parametrize("where", ["packages", "unpacked"])
def test_a_page_is_a_document_without_what_is_still_in_english(where: str, request: pytest.FixtureRequest) -> None:
    documents, verdicts = texts(request.getfixturevalue(where))
    assert documents == {
        "help/swriter/a.html": "Taulak\n\nEgin klik hemen.\n\nOhar bat.",
        "help/scalc/c.html": "Bi aldiz\n\nBi aldiz\n\nTaulak",
    }
    assert verdicts == {
        "help/swriter/a.html#3": "still in English",
        "help/swriter/b.html#1": "still in English",
        "help/swriter/b.html": "empty",
    }


@pytest.mark.parametrize("where", ["packages", "unpacked"])
def test_a_pair_stands_under_one_id_in_both_languages_and_is_given_once(
    where: str, request: pytest.FixtureRequest
) -> None:
    found = pairs(request.getfixturevalue(where))
    assert {(source, target) for _, source, target in found} == {
        ("Tables", "Taulak"),
        ("Click here.", "Egin klik hemen."),
    }
    assert len(found) == 2
    assert "help/swriter/a.html#par_2" in [pair_id for pair_id, _, _ in found]


def test_what_the_builder_says_of_quotations_that_it_did_not_find_is_no_text() -> None:
    lost = "[text/scalc/01/func_x.xhp#x_head not found]."
    body = (
        f"<p>{lost}</p><p id='a'>D'oh! You found a bug (text/shared/01/03010000.xhp#zoom_text not found).</p>"
        f"<p id='b'>{lost}, SUMIF, [text/a.xhp#b not found].</p><p id='c'>File not found [1]</p>"
    )
    assert paragraphs(PAGE.format("km", body).encode()) == [
        Paragraph("b", "SUMIF,"),
        Paragraph("c", "File not found [1]"),
    ]


def test_of_wordings_for_several_systems_the_default_one_stays() -> None:
    switch = (
        '<span class="switchinline"><span hidden="true" id="MAC1" class="MAC">Command</span>'
        '<span hidden="true" id="default1">Ctrl</span></span>'
    )
    page = PAGE.format("en-US", f'<p id="par_1">Press {switch}+V.<br>Then wait.</p>')
    assert paragraphs(page.encode()) == [Paragraph("par_1", "Press Ctrl+V. Then wait.")]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_package_is_read_however_it_was_packed_and_without_english(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "lo").mkdir()
    (tmp_path / "lo" / "libreoffice-help-eu_1_all.deb").write_bytes(package("eu", suffix))
    documents, verdicts = texts(tmp_path)
    assert documents["help/swriter/b.html"] == "Same in both"
    assert verdicts == {}
    with pytest.raises(BadInput, match="libreoffice-help-en-us is not in"):
        pairs(tmp_path)


@pytest.mark.parametrize(("cut", "reason"), [(40, "damaged"), (-30, "cut short"), (0, "not a package of Debian")])
def test_a_package_that_is_broken_is_named(packages: Path, cut: int, reason: str) -> None:
    path = packages / "lo" / "libreoffice-help-eu_1_all.deb"
    path.write_bytes(path.read_bytes()[:cut])
    assert reason in texts(packages)[1].values()
    with pytest.raises(BadInput, match=reason):
        list(LibreOfficeHelp(settings(), base=packages).documents("refuse"))


def test_the_fingerprint_follows_the_packages(packages: Path) -> None:
    first = LibreOfficeHelp(settings(), base=packages).fingerprint()
    assert first == LibreOfficeHelp(settings(), base=packages).fingerprint()
    (packages / "lo" / "libreoffice-help-en-us_1_all.deb").unlink()
    assert first != LibreOfficeHelp(settings(), base=packages).fingerprint()


def test_what_is_missing_is_said_with_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="libreoffice-help-eu is not in") as raised:
        LibreOfficeHelp(settings(), base=tmp_path).present()
    assert "apt-get download libreoffice-help-eu" in raised.value.remedy
    absent = LibreOfficeHelp(settings(optional=True), base=tmp_path)
    assert not absent.present()
    assert absent.fingerprint() == "absent"
    assert texts(tmp_path, optional=True)[1] == {"help": "optional source is not there"}


def test_two_packages_of_one_language_are_refused(packages: Path) -> None:
    (packages / "lo" / "libreoffice-help-eu_2_all.deb").write_bytes(package("eu"))
    with pytest.raises(BadInput, match="holds 2 packages"):
        texts(packages)


def test_packages_are_fetched_once_and_only_when_the_contents_are_asked_for(tmp_path: Path) -> None:
    fetched = []

    def fetch(name: str, folder: Path) -> None:
        fetched.append(name)
        folder.mkdir(exist_ok=True)
        code = {"libreoffice-help-eu": "eu", "libreoffice-help-en-us": "en-US"}[name]
        (folder / f"{name}_1_all.deb").write_bytes(package(code))

    source = LibreOfficeHelp(settings(download=True), base=tmp_path, fetch=fetch)
    assert source.present()
    assert fetched == []
    source.fingerprint()
    assert len(list(source.documents("refuse"))) == 5
    assert fetched == ["libreoffice-help-eu", "libreoffice-help-en-us"]


def apt(folder: Path, script: str) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / "apt-get").chmod(0o755)


def test_apt_brings_the_package_into_the_folder_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(tmp_path, 'echo "$@" > "$2_1_all.deb"; : > partial')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    apt_download("libreoffice-help-eu", tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["libreoffice-help-eu_1_all.deb"]
    assert (tmp_path / "cache" / "libreoffice-help-eu_1_all.deb").read_text() == "download libreoffice-help-eu\n"


def test_apt_that_fails_or_is_missing_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(BadInput, match="apt-get is not on this machine"):
        apt_download("libreoffice-help-eu", tmp_path / "cache")
    apt(tmp_path, 'echo "E: Unable to locate package $2" >&2; exit 100')
    with pytest.raises(BadInput, match="Unable to locate package libreoffice-help-xx"):
        apt_download("libreoffice-help-xx", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
