"""The parts that a study names and this machine has, or has not: backbones, models, and the command that brings them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from mintza.errors import MintzaError, MissingPart, StudyError
from mintza.models.backbones import find, template_of
from mintza.models.settings import (
    BackboneSettings,
    EmbeddedSettings,
    LocalSettings,
    ProviderSettings,
    ScriptedSettings,
    VariantBackbone,
)
from mintza.pipeline.cells import cells, resolve
from mintza.records import Backbone, Language, Variant
from mintza.study import Study, is_gap
from mintza.text.identify import knows

FIELDS = Language.__struct_fields__
# What of a language is said of its texts; all else is said to models.
NAMES = frozenset({"name", "endonym"})
# The first stages that tell a model something in a language: what they say must have been filled in. Texts ask nobody.
TOLD_IN_A_LANGUAGE = frozenset({"sample", "gate", "translate", "answer"})


@dataclass(frozen=True)
class Need:
    """Something that is missing. who: the stages that need it.  remedy: the command or step that brings it."""

    what: str
    remedy: str
    who: tuple[str, ...] = ()

    def of(self, who: str) -> Need:
        """The same need with one more that needs it."""
        return self if who in self.who else replace(self, who=(*self.who, who))


def gaps_of(languages: Iterable[Language], fields: Collection[str] = FIELDS) -> list[Need]:
    """What is still to be filled in of the folders of languages. fields: those that are looked at."""
    return [need for language in languages if (need := _gaps(language, fields)) is not None]


def _gaps(language: Language, fields: Collection[str]) -> Need | None:
    texts = msgspec.structs.asdict(language)
    gaps = [
        field
        for field, value in texts.items()
        if field in fields
        and any(isinstance(text, str) and is_gap(text) for text in (value if isinstance(value, tuple) else (value,)))
    ]
    if not gaps:
        return None
    place = f"languages/{language.code}/language.yaml"
    return Need(f"{place} has gaps: {', '.join(gaps)}", f"replace every FILL IN in {place}")


def unidentified(study: Study) -> list[Need]:
    """The languages that no identifier knows, while the corpus's language filter asks one."""
    if study.settings.corpus.filters.language is None:
        return []
    named = {one.language: one.name for one in reversed(study.settings.corpus.sources)}
    return [
        Need(
            f"no identifier knows {language.code if is_gap(language.name) else f'{language.name} ({language.code})'}",
            f"learn one: `mintza corpus identifier {study.typed} --source {named.get(language.code, 'NAME')}`, or write"
            " `language: null` under corpus: filters, so that its texts are taken on the word of their source",
        )
        for language in study.languages
        if not knows(language)
    ]


class Parts:
    """Finds the backbones and models of a study, each once; remembers what is missing."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._cells = cells(study.settings)
        self._found: dict[str, Backbone | Need] = {}

    def settings(self, name: str) -> BackboneSettings:
        """The study's settings of a backbone."""
        return self._study.settings.backbones[name]

    def backbone(self, name: str) -> Backbone | Need:
        """A backbone that is here, or what it needs. A backbone of kind `variant` is here once its cell is trained."""
        if name not in self._found:
            try:
                self._found[name] = find(self.settings(name), name=name, base=self._study.base)
            except (MissingPart, MintzaError) as error:
                named = error.message if name in error.message else f"backbone '{name}': {error.message}"
                self._found[name] = Need(what=f"{error.place}: {named}" if error.place else named, remedy=error.remedy)
        return self._found[name]

    def identity(self, name: str) -> dict[str, str]:
        """What of a backbone enters a key: its revision, or, while it is missing, what the study says of it."""
        found = self.backbone(name)
        if isinstance(found, Backbone):
            return {"revision": found.revision}
        return {"missing": self.settings(name).model_dump_json()}

    def rows_identity(self, name: str) -> str:
        """What of a backbone its packed rows depend on: tokenizer and chat template, so that backbones that share both share rows."""
        found = self.backbone(name)
        tokenizer = _tokenizer_file(found)
        if tokenizer is None or isinstance(found, Need):
            return self.tokenizer_identity(name)
        template = template_of(found)
        digest = hashlib.sha256(tokenizer.read_bytes())
        digest.update((template.digest if template else "").encode())
        return digest.hexdigest()

    def tokenizer_identity(self, name: str) -> str:
        """What of a backbone the number of a text's tokens depends on: its tokenizer, or the whole of a file that holds one."""
        found = self.backbone(name)
        if isinstance(found, Need):
            return hashlib.sha256(self.settings(name).model_dump_json().encode()).hexdigest()
        tokenizer = _tokenizer_file(found)
        return found.revision if tokenizer is None else hashlib.sha256(tokenizer.read_bytes()).hexdigest()

    def provider(self, name: str) -> ProviderSettings:
        """How a model is asked: as the study's `models` say, else a backbone by the engine that suits its file."""
        models = self._study.settings.models
        if name in models:
            return models[name]
        found = self.backbone(name)
        if isinstance(found, Backbone) and not found.location.endswith(".gguf"):
            return LocalSettings(backbone=name)
        return EmbeddedSettings(backbone=name)

    def asked(self, name: str) -> dict[str, object]:
        """What of a model that is asked enters a key: provider, its settings, and the backbone's identity."""
        provider = self.provider(name)
        backbone = getattr(provider, "backbone", None)
        identity = self.identity(backbone) if backbone else {}
        if isinstance(provider, ScriptedSettings):
            replies = self._study.base / provider.replies
            identity["replies"] = hashlib.sha256(replies.read_bytes()).hexdigest() if replies.is_file() else "missing"
        return {"name": name, **provider.bearing(), **identity}

    def need_to_ask(self, name: str) -> Need | None:
        """What is missing to ask a model, if anything."""
        provider = self.provider(name)
        if isinstance(provider, ScriptedSettings) and not (self._study.base / provider.replies).is_file():
            return Need(
                f"model '{name}': there is no file {provider.replies}", "correct `replies`, from the study's folder"
            )
        backbone = getattr(provider, "backbone", None)
        found = self.backbone(backbone) if backbone else None
        return found if isinstance(found, Need) else None

    def instructed(self, name: str) -> bool:
        """Whether a backbone follows instructions; one that is another cell's checkpoint does when that cell learned to."""
        settings = self.settings(name)
        if not isinstance(settings, VariantBackbone):
            return settings.instructed
        cell = self._cell(settings.variant)
        return self.instructed(cell.backbone) or self.conversational(cell)

    def license(self, name: str) -> str:
        """The licence of a backbone, or of what it was trained from."""
        settings = self.settings(name)
        return (
            self.license(self._cell(settings.variant).backbone)
            if isinstance(settings, VariantBackbone)
            else settings.license
        )

    def license_of_asked(self, name: str) -> str:
        """The licence that a model's words travel under: that of the backbone behind it, else the endpoint's terms."""
        backbone = name if name in self._study.settings.backbones else getattr(self.provider(name), "backbone", None)
        return self.license(backbone) if backbone else "as the endpoint's terms say"

    def conversational(self, variant: Variant) -> bool:
        """Whether a mixture holds conversations."""
        return any(self._study.settings.components[name].kind != "corpus" for name in variant.mixture)

    def root(self, name: str) -> str:
        """The backbone that a chain of `variant` backbones starts from."""
        settings = self.settings(name)
        return self.root(self._cell(settings.variant).backbone) if isinstance(settings, VariantBackbone) else name

    def _cell(self, name: str) -> Variant:
        trained = resolve(name, self._cells)
        return next(cell.variant for cell in self._cells if cell.name == trained)

    def default_instructed(self, candidates: tuple[str, ...]) -> str:
        """The first instructed backbone: who samples and translates when the study names nobody."""
        everyone = (*candidates, *self._study.settings.backbones)
        for name in everyone:
            if self.settings(name).kind != "variant" and self.instructed(name):
                return name
        raise StudyError(
            "no backbone is instructed, so nobody can sample or translate",
            place=str(self._study.path),
            remedy="name a model: `instruct: {sample: {model: NAME}}`, and the same under translate",
        )


def _tokenizer_file(found: Backbone | Need) -> Path | None:
    path = Path(found.location) / "tokenizer.json" if isinstance(found, Backbone) else None
    return path if path is not None and path.is_file() else None
