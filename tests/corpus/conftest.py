from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes import language
from mintza.corpus.filters.budget import Counts
from mintza.corpus.forgetting import Request
from mintza.corpus.settings import CorpusSettings, FolderSource
from mintza.corpus.stage import build
from mintza.progress import silent
from mintza.records import Document, Item, Verdict

Built = tuple[dict[str, Document], list[Verdict]]

BASQUE = [
    "Goizean goiz jaiki ginen eta amonak prestatutako gosaria hartu ondoren errekara jaitsi ginen arrainak ikustera.",
    "Herriko plazan azoka handia egiten da larunbatero, eta inguruko baserritarrek barazki freskoak saltzen dituzte.",
    "Liburutegiak arratsaldeko zortziak arte irekita egongo dira azterketa garaian, ikasleek lasai ikas dezaten.",
    "Euria hasi zuenean, umeak etxera sartu ziren korrika, baina txakurra kanpoan geratu zen pozik lokatzetan jolasten.",
    "Bizikletaren gurpila zulatzen bazaizu, kendu lehenik kamera eta bilatu zuloa ura duen ontzi batean sartuta.",
    "Itsasargiko zaindariak hogei urte eman zituen bakarrik uhartean, eta gauero idazten zuen bere egunkarian.",
    "Sukaldeko mahaian gutun bat zegoen, inork ireki gabea, eta bertan amaren letra txiki eta garbia ezagutu nuen.",
    "Ilargia planeten arteko gorputz txikia da, eta haren grabitateak itsasoko mareak sortzen ditu egunean bitan.",
]
SPANISH = "Ayer por la tarde fuimos al monte con los amigos y volvimos a casa muy cansados pero contentos."


LANGUAGES = [language("eus_Latn", "eu"), language("spa_Latn", "es"), language("eng_Latn", "en")]


def folder_source(path: str, name: str = "texts", **more: Any) -> FolderSource:
    plain = {"kind": "folder", "name": name, "path": path, "language": "eus_Latn", "license": "CC0-1.0"}
    return FolderSource.model_validate({**plain, **more})


@pytest.fixture(scope="session")
def source() -> Callable[..., FolderSource]:
    """Settings of a folder source in Basque, with whatever else is given."""
    return folder_source


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Path]:
    """Writes files below a folder `texts` and gives the folder above it."""

    def write(files: dict[str, str | bytes]) -> Path:
        (tmp_path / "texts").mkdir(exist_ok=True)
        for name, content in files.items():
            path = tmp_path / "texts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Built]:
    """Runs the stage: documents by id, and verdicts in order."""

    def run(
        base: Path,
        *,
        sources: tuple[FolderSource, ...] = (),
        seed: int = 1,
        exam_items: Iterable[Item] = (),
        requests: Sequence[Request] = (),
        counts: Mapping[str, Counts] | None = None,
        **settings: Any,
    ) -> Built:
        records = list(
            build(
                CorpusSettings(sources=sources or (folder_source("texts"),), **settings),
                base=base,
                languages=LANGUAGES,
                target=LANGUAGES[0],
                workspace=tmp_path_factory.mktemp("workspace"),
                seed=seed,
                progress=silent,
                exam_items=exam_items,
                requests=requests,
                counts=counts,
            )
        )
        documents = [record for record in records if isinstance(record, Document)]
        assert [document.id for document in documents] == sorted(document.id for document in documents)
        verdicts = [record for record in records if isinstance(record, Verdict)]
        return {document.id: document for document in documents}, verdicts

    return run


@pytest.fixture(scope="session")
def basque() -> list[str]:
    """Sentences of which no two are alike."""
    return BASQUE


@pytest.fixture(scope="session")
def spanish() -> str:
    return SPANISH
