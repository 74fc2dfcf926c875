"""serve: which file or folder it is, the key, and what is said when it is up."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console

from mintza.errors import BadInput, StudyError
from mintza.models.door import LOOPBACK
from mintza.models.gguf_export import write_gguf
from mintza.models.gguf_folder import write_folder_as_gguf
from mintza.models.gguf_vocabulary import PROBE, ids_of
from mintza.models.relay import run_relay
from mintza.models.serving import engine_of, exportable, run_door, vllm
from mintza.models.settings import ServerSettings
from mintza.pipeline.parts import Need
from mintza.pipeline.plan import make_plan
from mintza.pipeline.serving import Served as ServedByOwn
from mintza.pipeline.serving import announcements_of, served_only, serving_lock, serving_of
from mintza.records import Backbone
from mintza.store import Store
from mintza.store.serving import Announced
from mintza.study import load
from mintza.terminal.asking_served import starter_of
from mintza.terminal.chatting import folder_of

EVERYWHERE = "0.0.0.0"  # noqa: S104 - behind a key of its own
KEY_VARIABLE = "MINTZA_SERVE_KEY"
console = Console(highlight=False)


class Served(NamedTuple):
    """What an engine is to load. location: file or folder.  template: stands in for its own.  tokens: a text and the ids
    into which it must be cut, where the file was written here."""

    location: Path
    name: str
    template: str = ""
    tokens: tuple[str, list[int]] | None = None


def serve(
    what: Path, name: str | None, *, host: str, port: int, key_file: Path | None, slots: int, context: int
) -> None:
    """Serve until SIGTERM or ctrl-C."""
    key = _key(key_file)
    if host not in LOOPBACK and not key:
        raise _no_key(host)
    if name is not None and _served_by_own(what, name, host, port, key):
        return
    with TemporaryDirectory() as aside:
        found = found_model(what, name, Path(aside))
        _serve(found, Door(host, port, key, slots, context))
    console.print("stopped")


def _served_by_own(study: Path, name: str, host: str, port: int, key: str | None) -> bool:
    """One address before the processes that serve a model of the study, until SIGTERM; False for a name of something else."""
    if study.suffix not in {".yaml", ".yml"}:
        return False
    plan = make_plan(load(study))
    serving = serving_of(plan.study, plan.parts, name)
    if serving is None:
        return False
    store = Store(plan.study.store)
    store.prepare()

    def ready(url: str) -> None:
        console.print(f"{name} at {url}, whichever process serves it", markup=False, soft_wrap=True)

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    with starter_of(plan, store, for_long=True, say=say) as starter:
        run_relay(ServedByOwn(serving, store, starter, say), host=host, port=port, key=key, ready=ready)
    console.print("stopped")
    return True


def serve_number(study: Path, name: str, number: int) -> None:
    """Serve a model as the study's `serve` says, as number `number` of its processes, until nobody asks it for so long."""
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    store.prepare()
    serving = served_only(serving_of(plan.study, plan.parts, name), name, study)
    provider = plan.study.settings.models[name]
    assert isinstance(provider, ServerSettings)
    job = os.environ.get("SLURM_JOB_ID")
    host, key = serving.settings.host, secrets.token_hex(16)
    listens = host or (EVERYWHERE if job else "127.0.0.1")
    announced: list[Announced] = []

    def announce(url: str) -> None:
        at = url if host or not job else url.replace(EVERYWHERE, socket.gethostname())
        called = f"job {job}" if job else f"process {os.getpid()}"
        announced.append(Announced(number=number, url=at, key=key, job=called))
        announcements_of(store, serving).put(announced[0])
        console.print(f"announced: {at}", markup=False, soft_wrap=True)

    def withdraw() -> None:
        for one in announced:
            announcements_of(store, serving).withdraw(one)

    with serving_lock(store, serving, number, waiting=console.print), TemporaryDirectory() as aside:
        found = found_model(study, provider.backbone, Path(aside))._replace(name=provider.model)
        said = serving.settings
        door = Door(listens, 0, key, said.slots, said.context, said.idle_s, said.threads)
        _serve(found, door, announce, withdraw)
    console.print("stopped")


class Door(NamedTuple):
    """How a model is served: where, with which key, how much at a time, and for how long without a request."""

    host: str
    port: int
    key: str | None
    slots: int
    context: int
    idle_s: float | None = None
    threads: int | None = None


def _serve(
    found: Served,
    door: Door,
    announce: Callable[[str], None] = lambda url: None,
    closing: Callable[[], None] = lambda: None,
) -> None:
    called = found.name
    console.print(f"loading {called}: {found.location}", markup=False, soft_wrap=True)
    with engine_of(
        *(found.location, called),
        slots=door.slots,
        context=door.context,
        template=found.template,
        threads=door.threads,
    ) as engine:

        def ready(url: str) -> None:
            asked = "with the key" if door.key else "without a key"
            health = url.removesuffix("/v1")
            console.print(f"{called} at {url}, {asked}; {health}/health says whether it is well", soft_wrap=True)
            announce(url)

        run_door(
            engine,
            host=door.host,
            port=door.port,
            key=door.key,
            ready=ready,
            tokens=found.tokens,
            idle_s=door.idle_s,
            closing=closing,
        )


def _no_key(host: str) -> BadInput:
    """Said before anything is loaded."""
    return BadInput(
        f"{host} can be reached by others, and there is no key",
        remedy=f"give --key-file FILE or set {KEY_VARIABLE}; or leave --host out",
    )


def _key(key_file: Path | None) -> str | None:
    if key_file is None:
        return os.environ.get(KEY_VARIABLE) or None
    try:
        key = key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadInput(f"the key file cannot be read: {error.strerror}", place=str(key_file)) from error
    if not key:
        raise BadInput("the key file is empty", place=str(key_file))
    return key


def found_model(what: Path, name: str | None, aside: Path, *, file_only: bool = False) -> Served:
    """What `mintza serve WHAT NAME` serves; a variant, or a folder where vLLM is not installed, is first made a GGUF file.

    aside: a folder for what is written and kept in no store.  file_only: a GGUF file also where vLLM is installed.
    Raises BadInput for what is not there or cannot be exported.
    """
    if what.suffix not in {".yaml", ".yml"}:
        if not what.exists():
            raise BadInput(
                "there is no such file or folder", place=str(what), remedy="give a study, a model file or a folder"
            )
        return _as_it_can_be(what.resolve(), name or what.resolve().stem, aside / "model.gguf", file_only=file_only)
    if name is None:
        raise StudyError("which backbone or variant?", place=str(what), remedy=f"mintza serve {what} NAME")
    plan = make_plan(load(what))
    backbones = plan.study.settings.backbones
    said = backbones.get(name)
    name = said.variant if said is not None and said.kind == "variant" else name
    own = plan.parts.backbone(name) if name in backbones else None
    if isinstance(own, Backbone) and Path(own.location).is_file():
        template = Path(own.template).read_text(encoding="utf-8") if own.template else ""
        return Served(Path(own.location), name, template)
    folder = folder_of(plan, name)
    template = Path(folder.template).read_text(encoding="utf-8") if folder.template else ""
    target = Store(plan.study.store).served_file(folder.revision)
    source = _source(plan.parts.backbone(plan.parts.root(_backbone(plan.cells, name))))
    if source is None:
        found = _as_it_can_be(Path(folder.location), name, target, file_only=file_only)
        return found._replace(template=template)
    if not target.exists():
        _write(target, lambda part: write_gguf(Path(folder.location), source, part))
    return Served(target, name, template)


def _as_it_can_be(location: Path, name: str, target: Path, *, file_only: bool) -> Served:
    """A file as it is, a folder by vLLM where there is one, else as a GGUF file at `target`."""
    if location.is_file() or (vllm() and not file_only):
        return Served(location, name)
    if not target.exists():
        _write(target, lambda part: write_folder_as_gguf(location, part))
    return Served(target, name, tokens=(PROBE, ids_of(location, PROBE)))


def _write(target: Path, write: Callable[[Path], None]) -> None:
    console.print(f"writing {target}", markup=False, soft_wrap=True)
    part = target.with_suffix(".part")
    try:
        write(part)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.rename(target)


def _backbone(cells: tuple[object, ...], name: str) -> str:
    for cell in cells:
        variant = getattr(cell, "variant", None)
        if variant is not None and getattr(cell, "name", "") == name:
            return str(variant.backbone)
    return name


def _source(backbone: Backbone | Need) -> Path | None:
    """The GGUF file that a checkpoint can be exported after."""
    if isinstance(backbone, Need) or not exportable(Path(backbone.location)):
        return None
    return Path(backbone.location)
