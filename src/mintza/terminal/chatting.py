"""Talking to a model of a study in the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from mintza.errors import StudyError
from mintza.models.open import open_model
from mintza.models.seam import ChatPrompt, Sampling, TextModel
from mintza.models.settings import LocalSettings
from mintza.pipeline.cells import resolve
from mintza.pipeline.parts import Need
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import states
from mintza.records import Backbone, Message
from mintza.store import Store
from mintza.study import load

console = Console(highlight=False)
SAMPLING = Sampling(temperature=0.7, top_p=0.95, max_tokens=300)


def chat(study: Path, variant: str) -> None:
    """Read lines, answer them, until an empty line or the end of input."""
    plan = make_plan(load(study))
    model = open_model(
        LocalSettings(backbone=variant), name=variant, backbone=folder_of(plan, variant), base=plan.study.base
    )
    console.print(f"{variant}. An empty line ends it; /new begins anew.", markup=False)
    try:
        _talk(model, plan.study.target.chat_system_prompt)
    finally:
        model.close()


def _talk(model: TextModel, system: str) -> None:
    start: tuple[Message, ...] = (Message(role="system", content=system),)
    turns = start
    draw = 0
    while line := _read():
        if line == "/new":
            turns = start
            continue
        turns = (*turns, Message(role="user", content=line))
        answer = next(iter(model.chat([ChatPrompt(messages=turns, draw=draw)], SAMPLING)))
        draw += 1
        turns = (*turns, Message(role="assistant", content=answer.text))
        console.print(answer.text, markup=False)


def _read() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def folder_of(plan: Plan, name: str) -> Backbone:
    """The folder of a trained variant, or of an untouched backbone."""
    name = resolve(name, plan.cells)
    now = states(plan, Store(plan.study.store))
    node = next((n for n in (f"train/{name}", f"weights/{name}") if n in now), None)
    if node is None:
        found = plan.parts.backbone(name) if name in plan.study.settings.backbones else None
        if isinstance(found, Backbone):
            return found
        known = [cell.name for cell in plan.cells] + list(plan.study.settings.backbones)
        remedy = found.remedy if isinstance(found, Need) else f"known: {', '.join(known)}"
        raise StudyError(f"there is no variant '{name}'", place=str(plan.study.path), remedy=remedy)
    state = now[node]
    if state.artifact is None:
        raise StudyError(
            f"'{name}' is not trained yet",
            place=str(plan.study.path),
            remedy=f"mintza run {plan.study.typed} --only {node}",
        )
    store = Store(plan.study.store)
    return Backbone(
        name=name,
        kind="folder",
        location=str(store.files(state.artifact) / "model"),
        revision=state.artifact.content_sha256,
        license="",
        instructed=True,
    )
