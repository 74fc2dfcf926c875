"""serve: which file or folder it is, the key, and what is said when it is up."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from mintza.errors import BadInput, StudyError
from mintza.models.gguf_export import write_gguf
from mintza.models.serving import LOOPBACK, engine_of, exportable, run_door
from mintza.pipeline.parts import Need
from mintza.pipeline.plan import make_plan
from mintza.records import Backbone
from mintza.store import Store
from mintza.study import load
from mintza.terminal.chatting import folder_of

KEY_VARIABLE = "MINTZA_SERVE_KEY"
console = Console(highlight=False)


def serve(
    what: Path, name: str | None, *, host: str, port: int, key_file: Path | None, slots: int, context: int
) -> None:
    """Serve until SIGTERM or ctrl-C."""
    key = _key(key_file)
    if host not in LOOPBACK and not key:
        raise _no_key(host)
    location, called, template = _found(what, name)
    console.print(f"loading {called}: {location}", markup=False, soft_wrap=True)
    with engine_of(location, called, slots=slots, context=context, template=template) as engine:

        def ready(url: str) -> None:
            asked = "with the key" if key else "without a key"
            health = url.removesuffix("/v1")
            console.print(f"{called} at {url}, {asked}; {health}/health says whether it is well", soft_wrap=True)

        run_door(engine, host=host, port=port, key=key, ready=ready)
    console.print("stopped")


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


def _found(what: Path, name: str | None) -> tuple[Path, str, str]:
    """File or folder, what to call it, and a template that stands in for its own."""
    if what.suffix not in {".yaml", ".yml"}:
        if not what.exists():
            raise BadInput("there is no such file or folder", place=str(what))
        return what.resolve(), name or what.stem, ""
    if name is None:
        raise StudyError("which backbone or variant?", place=str(what), remedy=f"mintza serve {what} NAME")
    plan = make_plan(load(what))
    backbones = plan.study.settings.backbones
    own = plan.parts.backbone(name) if name in backbones and backbones[name].kind != "variant" else None
    if isinstance(own, Backbone) and Path(own.location).is_file():
        template = Path(own.template).read_text(encoding="utf-8") if own.template else ""
        return Path(own.location), name, template
    folder = folder_of(plan, name)
    source = _source(plan.parts.backbone(plan.parts.root(_backbone(plan.cells, name))))
    if source is None:
        return Path(folder.location), name, ""
    target = Store(plan.study.store).served_file(folder.revision)
    if not target.exists():
        console.print(f"writing {target}", markup=False, soft_wrap=True)
        part = target.with_suffix(".part")
        write_gguf(Path(folder.location), source, part)
        part.rename(target)
    return target, name, ""


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
