"""Prompts that are put to a model as a person would: read from lines, checked once."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import msgspec

from mintza.benchmark.settings import PackagePrompts, Prompts, RightLanguageSettings
from mintza.errors import BadInput, MissingPart
from mintza.records import Record

SHAPE = '{"id": "001", "prompt": "..."}'


class UserPrompt(Record, frozen=True, kw_only=True):
    """One prompt. prompt: what a person says."""

    id: str
    prompt: str


def content(source: Prompts, base: Path) -> tuple[str, bytes]:
    """Name and bytes of a file of prompts. Raises MissingPart for a package that is not installed, BadInput for a missing file."""
    name = f"{source.package}:{source.path}" if isinstance(source, PackagePrompts) else str(base / source.path)
    try:
        if isinstance(source, PackagePrompts):
            return name, (resources.files(source.package) / source.path).read_bytes()
        return name, (base / source.path).read_bytes()
    except ModuleNotFoundError as error:
        raise MissingPart(
            f"the package {error.name} is not installed", place=name, remedy=f"pip install {error.name}"
        ) from None
    except OSError as error:
        raise BadInput(
            f"the prompts cannot be read: {error.strerror}",
            place=name,
            remedy="correct benchmark.right_language.prompts in the study",
        ) from None


def read(settings: RightLanguageSettings, base: Path) -> list[UserPrompt]:
    """The prompts that a study asks, in the order of their file. Raises BadInput naming the line that is broken."""
    name, raw = content(settings.prompts, base)
    prompts: dict[str, UserPrompt] = {}
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            prompt = msgspec.json.decode(line, type=UserPrompt)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"it is not a prompt: {error}", place=place, remedy=f"a line looks like {SHAPE}") from None
        if not prompt.prompt.strip() or prompt.id in prompts:
            wrong = (
                "it says nothing" if prompt.id not in prompts else f"the id '{prompt.id}' stands on an earlier line too"
            )
            raise BadInput(wrong, place=place, remedy="correct the line")
        prompts[prompt.id] = prompt
    if len(prompts) < (settings.items or 1):
        raise BadInput(
            f"it holds {len(prompts)} prompts, and {settings.items or 'some'} are asked for",
            place=name,
            remedy=f"one line a prompt: {SHAPE}",
        )
    return list(prompts.values())[: settings.items]


def digest(settings: RightLanguageSettings, base: Path) -> str:
    """sha256 of the file of prompts."""
    return hashlib.sha256(content(settings.prompts, base)[1]).hexdigest()
