"""Stages asked through batch files: what they would ask now goes to a file, and answers come back into the journals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from mintza.errors import BadInput, ModelError, StudyError
from mintza.models.batch import BatchModel, Round, RoundOver, Taken, take_back
from mintza.models.journal import Journal
from mintza.models.providers.server import server_ref
from mintza.models.seam import TextModel
from mintza.models.settings import ServerSettings
from mintza.pipeline.plan import Node, Plan
from mintza.pipeline.run import refuse_missing, select, states
from mintza.pipeline.stages import Make
from mintza.pipeline.work import Work
from mintza.progress import silent
from mintza.settings import Settings
from mintza.store import Store

ASKING = ("sample", "judge", "gate", "translate", "answer")


@dataclass
class Exported:
    """What an export came to. files: requests in each file.  nodes: requests of each node.  waiting: nodes whose parents lack."""

    files: dict[Path, int] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)


@dataclass
class _BatchWork(Work):
    """Work whose models write down what they are asked. sink: where the lines of a model go."""

    round: Round = field(default_factory=Round)
    sink: Callable[[str], Callable[[dict[str, Any]], None]] = lambda name: lambda line: None

    def model(self, name: str) -> TextModel:
        provider = self.parts.provider(name)
        if not isinstance(provider, ServerSettings):
            raise StudyError(
                f"model {name!r} is run here ({provider.provider}), and only models behind `provider: server` can be "
                "asked through batch files",
                place=str(self.study.path),
                remedy="name it under `models:` with `provider: server`",
            )
        backbone = self.backbone(provider.backbone) if provider.backbone else None
        ref = server_ref(provider, name, backbone)
        journal = Journal(self.store.journal_folder(ref), ref)
        self.opened.callback(journal.close)
        return BatchModel(
            provider, name=name, backbone=backbone, journal=journal, round=self.round, write=self.sink(name)
        )


class _Files:
    """One file a model: the first has the name that was given, others the model's name in it."""

    def __init__(self, out: Path, exported: Exported) -> None:
        self._out = out
        self._exported = exported
        self._open: dict[str, IO[bytes]] = {}

    def sink(self, name: str) -> Callable[[dict[str, Any]], None]:
        def write(line: dict[str, Any]) -> None:
            path = self._out if name in list(self._open)[:1] or not self._open else self._named(name)
            if name not in self._open:
                try:
                    self._open[name] = path.open("xb")
                except OSError as error:
                    raise BadInput(
                        f"the batch file cannot be written: {error.strerror}",
                        place=str(path),
                        remedy="name a new file with --out",
                    ) from error
            self._open[name].write(msgspec.json.encode(line) + b"\n")
            self._exported.files[path] = self._exported.files.get(path, 0) + 1

        return write

    def close(self) -> None:
        for file in self._open.values():
            file.close()

    def _named(self, name: str) -> Path:
        return self._out.with_name(f"{self._out.stem}.{name}{self._out.suffix}")


def export(plan: Plan, store: Store, out: Path, only: str | None) -> Exported:
    """Write what the stages that can run would ask next to `out`, a round of each. Nothing is asked and nothing is made.

    Raises StudyError when a model is not behind a server; BadInput when the file is there already.
    """
    exported = Exported()
    files = _Files(out, exported)
    store.prepare()
    with store.lock_whole(shared=True):
        now = states(plan, store)
        nodes = [node for node in select(plan, only) if node.stage.name in ASKING and not now[node.id].complete]
        wanted = [node for node in nodes if only is None or only in (node.id, node.stage.name)]
        try:
            for node in wanted:
                if all(now[parent].complete for parent in node.parents):
                    refuse_missing([node])
                    done = {name: state.artifact for name, state in now.items() if state.complete and state.artifact}
                    exported.nodes[node.id] = _round_of(node, plan, store, done, now[node.id].key, files)
                else:
                    exported.waiting.append(node.id)
        finally:
            files.close()
    return exported


def _round_of(node: Node, plan: Plan, store: Store, done: dict[str, Any], key: str, files: _Files) -> int:
    work = _BatchWork(
        study=plan.study,
        store=store,
        parts=plan.parts,
        stage=node.stage.name,
        key=key,
        done=done,
        wanted=node.parents,
        component_nodes=plan.component_nodes,
        progress=silent,
        say=lambda line: None,
        sink=files.sink,
    )
    with work.opened:
        try:
            for _ in _in_one_wave(node.make)(work):
                pass
        except RoundOver:
            pass
        except ModelError:
            if not work.round.waiting:
                raise
    return work.round.waiting


def import_(plan: Plan, store: Store, paths: tuple[Path, ...]) -> dict[Path, Taken]:
    """Take answers back into the journals of the study's models. Raises StudyError when none of them is behind a server."""
    store.prepare()
    refs = []
    for name, settings in plan.study.settings.models.items():
        if isinstance(settings, ServerSettings):
            backbone = plan.parts.backbone(settings.backbone) if settings.backbone else None
            refs.append(server_ref(settings, name, backbone if not hasattr(backbone, "remedy") else None))
    if not refs:
        raise StudyError("no model of the study is behind a server", place=str(plan.study.path))
    journals = [Journal(store.journal_folder(ref), ref) for ref in refs]
    try:
        return {path: take_back(path, journals) for path in paths}
    finally:
        for journal in journals:
            journal.close()


def _in_one_wave(make: Make) -> Make:
    """The same, with everything that can be asked at once in one wave: the result is the same for any."""
    if not isinstance(make, partial):
        return make
    keywords = {
        name: _widened(value) if isinstance(value, Settings) else value for name, value in make.keywords.items()
    }
    return partial(make.func, *make.args, **keywords)


def _widened(settings: Settings) -> Settings:
    inner = {name: getattr(settings, name) for name in type(settings).model_fields}
    changed: dict[str, Any] = {name: _widened(value) for name, value in inner.items() if isinstance(value, Settings)}
    if isinstance(inner.get("wave"), int):
        changed["wave"] = 1 << 30
    return settings.model_copy(update=changed) if changed else settings
