"""Finding backbones: where an open-weight model lies on this machine, and what brings it when it is not there."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from importlib import metadata
from pathlib import Path

from mintza.errors import BadInput, MissingPart, StudyError
from mintza.models.headers import fingerprint, read_header
from mintza.models.settings import (
    BackboneSettings,
    FolderBackbone,
    GgufBackbone,
    HubBackbone,
    PackageBackbone,
    VariantBackbone,
)
from mintza.models.templates import ChatTemplate
from mintza.records import Backbone


def find(settings: BackboneSettings, *, name: str, base: Path) -> Backbone:
    """Find a backbone's files without opening its weights. Paths in the settings are taken from `base`.

    Raises MissingPart with the command that brings it; BadInput when what is there is no model; StudyError for a variant,
    which is a checkpoint of this study and found by whoever trained it.
    """
    if isinstance(settings, VariantBackbone):
        raise StudyError(
            f"backbone {name!r} is the variant {settings.variant!r}, which has no files of its own before it is trained"
        )
    if isinstance(settings, PackageBackbone):
        location, more = _in_package(settings, name)
    elif isinstance(settings, HubBackbone):
        location, more = _in_cache(settings, name)
    else:
        location, more = _at_path(settings, name, base), ""
    template = None if settings.template is None else base / settings.template
    if template is not None:
        more += _template_digest(template)
    header = read_header(location)
    if settings.instructed and template is None and header.template is None:
        raise BadInput(
            f"backbone {name!r} is said to follow instructions, and its files hold no chat template",
            place=str(location),
            remedy="say `instructed: false`, or give a `template:` file",
        )
    return Backbone(
        name=name,
        kind=settings.kind,
        location=str(location),
        revision=fingerprint(location, more),
        license=settings.license,
        instructed=settings.instructed,
        template=None if template is None else str(template.resolve()),
    )


def has_template(backbone: Backbone) -> bool:
    """Whether it can be spoken to in turns. Reads headers only."""
    return backbone.template is not None or read_header(Path(backbone.location)).template is not None


def template_of(backbone: Backbone) -> ChatTemplate | None:
    """Its chat template: the study's file, else the model's own, else None. Raises TemplateError when it is no template."""
    header = read_header(Path(backbone.location))
    source = header.template if backbone.template is None else Path(backbone.template).read_text(encoding="utf-8")
    return None if source is None else ChatTemplate(source, header.special)


def _template_digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(
            f"the chat template cannot be read: {error.strerror}", place=str(path), remedy="correct `template:`"
        ) from error


def _in_package(settings: PackageBackbone, name: str) -> tuple[Path, str]:
    top = settings.package.split(".")[0]
    # Only the spec is looked up: importing the package could bring its own engine with it.
    spec = importlib.util.find_spec(top) if re.fullmatch(r"\w+", top) else None
    if spec is None or not spec.submodule_search_locations:
        raise MissingPart(f"backbone {name!r} needs the package {settings.package}", remedy=f"run: {settings.install}")
    folder = Path(next(iter(spec.submodule_search_locations))).joinpath(*settings.package.split(".")[1:])
    path = folder / settings.file
    if not path.exists():
        raise MissingPart(
            f"backbone {name!r}: the package {settings.package} is installed, and holds no {settings.file}",
            place=str(folder),
            remedy=f"install the version that holds it: {settings.install}",
        )
    return path, _version(top)


def _version(top: str) -> str:
    """Version of the distribution that holds a package, "" when nobody says."""
    try:
        return metadata.version(top.replace("_", "-"))
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(top, [])
        return metadata.version(names[0]) if names else ""


def _at_path(settings: FolderBackbone | GgufBackbone, name: str, base: Path) -> Path:
    path = (base / Path(settings.path).expanduser()).resolve()
    if isinstance(settings, GgufBackbone) and not path.is_file():
        raise MissingPart(f"backbone {name!r}: there is no GGUF file", place=str(path), remedy="put the file there")
    if isinstance(settings, FolderBackbone) and not (path / "config.json").is_file():
        raise MissingPart(
            f"backbone {name!r}: there is no Hugging Face folder with a config.json",
            place=str(path),
            remedy="put the folder there, or mend `path:`",
        )
    return path


def _in_cache(settings: HubBackbone, name: str) -> tuple[Path, str]:
    """Where the hub's own client keeps a snapshot; the revision is resolved as that client wrote it down."""
    folder = _hub_cache() / f"models--{settings.repo.replace('/', '--')}"
    commit = settings.revision
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        written = folder / "refs" / commit
        commit = written.read_text(encoding="utf-8").strip() if written.is_file() else commit
    path = folder / "snapshots" / commit
    wanted = path / (settings.file or "config.json")
    if not wanted.is_file():
        chosen = f" {settings.file}" if settings.file else ""
        raise MissingPart(
            f"backbone {name!r}: {settings.repo} at {settings.revision} is not on this machine",
            place=str(path),
            remedy=f"run: hf download {settings.repo}{chosen} --revision {settings.revision}",
        )
    return wanted if settings.file else path, commit


def _hub_cache() -> Path:
    if "HF_HUB_CACHE" in os.environ:
        return Path(os.environ["HF_HUB_CACHE"])
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def convert(backbone: Backbone, workspace: Path) -> Path:
    """Write the backbone's weights, dequantised to float32, as the Hugging Face folder `workspace/model`; gives that folder.

    Training and examination start from the same folder, and it opens in a second. The revision stays the backbone's.
    Raises BadInput when the model cannot be read, MissingPart without transformers.
    """
    from mintza.models.hugging_face import write_folder

    own = None if backbone.template is None else Path(backbone.template).read_text(encoding="utf-8")
    folder = workspace / "model"
    write_folder(Path(backbone.location), folder, own)
    return folder
