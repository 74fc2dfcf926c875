"""Serving an arena: of a study that says `arena:`, or of a file that says nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from rich.console import Console

from mintza.arena.app import open_arena
from mintza.arena.settings import ArenaSettings
from mintza.arena.web import serve as serve_arena
from mintza.errors import MissingPart, StudyError
from mintza.records import Language
from mintza.settings import Settings
from mintza.study import load
from mintza.study.load import load_language
from mintza.study.yaml_lines import Lines, read_yaml

console = Console(highlight=False)
S = TypeVar("S", bound=Settings)
ALSO = "eng_Latn"
UNADAPTED = (
    "People are shown the packaged consent, or one without a contact. Before anybody takes part: adapt it (`consent: {text: ...}`), say "
    "`contact:`, and see the template for an ethics committee in docs/guide/arena.md."
)


def serve(file: Path, host: str, port: int) -> None:
    """Serve until stopped. Raises StudyError, BadInput, MissingPart, StoreError, each with its remedy."""
    settings, language = read_settings(file)
    base = file.resolve().parent
    also = [load_language(ALSO, base)] if language.code != ALSO else []
    try:
        opened = open_arena(settings, language, base, also=also)
    except ModuleNotFoundError as error:
        remedy = "pip install 'mintza[arena]'"
        raise MissingPart(f"the arena needs the package {error.name}", remedy=remedy) from None

    def ready(address: str) -> None:
        console.print(f"{opened.title}: {settings.execution.address or address}", markup=False, soft_wrap=True)
        if not settings.consent.text or not settings.contact:
            console.print(UNADAPTED, markup=False, soft_wrap=True)

    serve_arena(opened, host, port, ready)


def read_settings(file: Path) -> tuple[ArenaSettings, Language]:
    """The settings of an arena, with the title and the language of its study where it has one."""
    lines = read_yaml(file)
    if isinstance(lines.value, dict) and "models" in lines.value and "backbones" not in lines.value:
        settings = read_as(ArenaSettings, lines, "docs/guide/arena.md lists what an arena may say")
        if settings.language is None:
            raise StudyError("the key 'language' is missing", place=lines.place(), remedy="write language: eus_Latn")
        return settings, load_language(settings.language, file.resolve().parent)
    study = load(file)
    arena = study.settings.arena
    if arena is None:
        raise StudyError("the study has no arena", place=str(file), remedy="add `arena:`; see docs/guide/arena.md")
    settings = arena.model_copy(update={"title": arena.title or study.settings.title})
    return settings, load_language(arena.language or study.settings.language, study.base)


def read_as(kind: type[S], lines: Lines, remedy: str) -> S:
    """What a file says, as settings of a kind. Raises StudyError with the line of the first complaint, and the remedy."""
    try:
        return kind.model_validate_json(json.dumps(lines.value))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise StudyError(first["msg"], place=lines.place(first["loc"]), remedy=remedy) from None
