"""Opening a model that a study names, whatever runs it. A provider is loaded when it is opened: `check` and `plan` open none."""

from __future__ import annotations

from pathlib import Path

from mintza.errors import StudyError
from mintza.models.fleet import Fleet
from mintza.models.seam import TextModel
from mintza.models.settings import LocalSettings, ProviderSettings, ScriptedSettings, ServerSettings
from mintza.records import Backbone


def open_model(
    settings: ProviderSettings, *, name: str, backbone: Backbone | None, base: Path, fleet: Fleet | None = None
) -> TextModel:
    """A model ready to be asked; engines start with the first request. base: what paths in the settings are taken from.

    backbone: the one that the settings name, found already.  fleet: of a model that is to be served first.
    Raises StudyError when they name one and it is not given.
    """
    if isinstance(settings, ScriptedSettings):
        from mintza.models.providers.scripted import ScriptedModel

        return ScriptedModel(settings, name=name, base=base)
    if isinstance(settings, ServerSettings):
        from mintza.models.providers.server import ServerModel

        return ServerModel(settings, name=name, backbone=backbone, fleet=fleet)
    if backbone is None:
        raise StudyError(
            f"model {name!r} runs the backbone {settings.backbone!r}, which the study does not have",
            remedy="name one of the study's backbones",
        )
    if isinstance(settings, LocalSettings):
        from mintza.models.providers.local import LocalModel

        return LocalModel(settings, name=name, backbone=backbone)
    from mintza.models.providers.embedded import EmbeddedModel

    return EmbeddedModel(settings, name=name, backbone=backbone)
