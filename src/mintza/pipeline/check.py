"""What is wrong or missing before anything runs. Reads headers and looks for files; imports nothing heavy."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mintza.models.settings import HubBackbone, ScriptedSettings, ServerSettings
from mintza.pipeline import given
from mintza.pipeline.budgets import counting, in_tokens, said
from mintza.pipeline.cells import cells, resolve
from mintza.pipeline.parts import Need, Parts, gaps_of, unidentified
from mintza.study import Study, is_gap
from mintza.text.identify import knows

PACKAGES = {
    "text": ("pycld2", "py3langid", "rensa"),
    "local": ("torch", "transformers", "lm_eval"),
}


@dataclass(frozen=True)
class Checked:
    """needs: what is missing, with its remedy.  doubts: what works and may surprise.  facts: what the study comes to."""

    needs: list[Need] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


def check(study: Study) -> Checked:
    """Look a study over. What is wrong in the file itself has been raised when it was loaded."""
    found = Checked()
    parts = Parts(study)
    _cells(study, found)
    _languages(study, found)
    _models(study, parts, found)
    _content(study, found)
    _budgets(study, parts, found)
    _packages(study, parts, found)
    _store(study.store, found)
    return found


def _cells(study: Study, found: Checked) -> None:
    every = cells(study.settings)
    trained = sum(1 for cell in every if cell.same_as is None)
    equal = len(every) - trained
    found.facts.append(f"{len(every)} cells: {trained} trained, {equal} equal by definition")
    for cell in every:
        if cell.same_as is not None:
            found.facts.append(f"{cell.name} = {resolve(cell.name, every)}")


def _languages(study: Study, found: Checked) -> None:
    for language in study.languages:
        identifiers = knows(language)
        name = "" if is_gap(language.name) else f" {language.name}"
        if identifiers:
            found.facts.append(f"{language.code}{name}: identified by {', '.join(identifiers)}")
        elif study.settings.corpus.filters.language is None:
            found.doubts.append(
                f"{language.code}{name}: no identifier knows it, and its texts are taken on the word of their source;"
                " `mintza corpus identifier` learns one"
            )
        found.needs.extend(gaps_of([language]))
    found.needs.extend(unidentified(study))


def _models(study: Study, parts: Parts, found: Checked) -> None:
    for name, settings in study.settings.backbones.items():
        if settings.kind == "variant":
            found.facts.append(f"backbone {name}: the checkpoint of {settings.variant}")
            continue
        backbone = parts.backbone(name)
        if isinstance(backbone, Need):
            found.needs.append(backbone)
        else:
            found.facts.append(f"backbone {name}: {settings.kind}, licence {settings.license}")
        if isinstance(settings, HubBackbone) and not re.fullmatch(r"[0-9a-f]{40}", settings.revision):
            found.doubts.append(
                f"backbone {name}: revision '{settings.revision}' is not pinned; write the commit (40 hex digits)"
            )
    for name, model in study.settings.models.items():
        if isinstance(model, ServerSettings):
            _server(name, model, found)
        elif isinstance(model, ScriptedSettings) and (need := parts.need_to_ask(name)) is not None:
            found.needs.append(need)


def _server(name: str, model: ServerSettings, found: Checked) -> None:
    if model.execution.serve is not None:
        found.facts.append(f"model {name}: {model.model}, served by {model.execution.serve.jobs} processes of its own")
    for address in model.execution.addresses:
        found.facts.append(f"model {name}: {model.model} at {address.url}")
        key = address.key_env
        if key and key not in os.environ:
            found.needs.append(Need(f"model {name}: its key is not set", f"export {key}=..."))


def _content(study: Study, found: Checked) -> None:
    found.needs.extend(Need(f"{error.place}: {error.message}", error.remedy) for error in given.missing(study))


def _budgets(study: Study, parts: Parts, found: Checked) -> None:
    for name, budget in in_tokens(study).items():
        found.facts.append(f"corpus source {name}: at most {budget.tokens:,} tokens by {said(budget)}")
    listed = {need.what for need in found.needs}
    found.needs.extend(need for need in counting(study, parts)[1] if need.what not in listed)


def _packages(study: Study, parts: Parts, found: Checked) -> None:
    for extra, names in PACKAGES.items():
        absent = [name for name in names if importlib.util.find_spec(name) is None]
        if absent:
            found.needs.append(Need(f"packages: {', '.join(absent)}", f'pip install "mintza[{extra}]"'))
    default = next((n for n in study.settings.backbones if study.settings.backbones[n].kind != "variant"), None)
    asked = study.settings.instruct.sample.model or default
    if asked and parts.provider(asked).provider == "embedded" and importlib.util.find_spec("xllamacpp") is None:
        found.needs.append(Need("packages: xllamacpp", 'pip install "mintza[local]"'))


def _store(store: Path, found: Checked) -> None:
    existing = store
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        found.needs.append(
            Need(f"the store {store} cannot be made: {existing} is a file", "give another `execution: {store: FOLDER}`")
        )
    elif not os.access(existing, os.W_OK):
        found.needs.append(
            Need(
                f"the store {store} cannot be written", "give write permission, or another `execution: {store: FOLDER}`"
            )
        )
