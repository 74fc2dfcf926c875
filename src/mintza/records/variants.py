"""Models of the study: backbones, variants, checkpoints, and what training says as it goes."""

from __future__ import annotations

from typing import Literal

from mintza.records.base import Record

BackboneKind = Literal["package", "folder", "gguf", "hub", "variant"]
ProviderName = Literal["server", "embedded", "local", "scripted"]


class Backbone(Record, frozen=True, kw_only=True):
    """An open-weight model that a study starts from.

    location: absolute path of a GGUF file or a Hugging Face folder.  revision: fingerprint of its content.
    license: SPDX id or name of the terms.  instructed: whether it already follows instructions (it then has a chat template).
    template: absolute path of a Jinja file that stands in for the model's own chat template, None for its own.
    """

    name: str
    kind: BackboneKind
    location: str
    revision: str
    license: str
    instructed: bool
    template: str | None = None


class Variant(Record, frozen=True, kw_only=True):
    """A cell of the table: a backbone trained on a mixture with a seed. mixture: names of components, in the study's order."""

    backbone: str
    mixture: tuple[str, ...]
    seed: int

    @property
    def name(self) -> str:
        """`llama-3.1-8b-instruct.corpus+sampled.s33`."""
        return f"{self.backbone}.{'+'.join(self.mixture)}.s{self.seed}"


class ModelRef(Record, frozen=True, kw_only=True):
    """A model that can be asked. location: path or URL.  revision: what its answers are journalled under."""

    name: str
    provider: ProviderName
    location: str
    revision: str


class Checkpoint(Record, frozen=True, kw_only=True):
    """A trained variant. model: how to open it.  variant: its name.  final_loss: mean of the last tenth, nats a supervised token."""

    model: ModelRef
    variant: str
    steps: int
    tokens_seen: int
    final_loss: float


class TrainingStep(Record, frozen=True, kw_only=True):
    """One optimiser step.

    tokens_seen: since the first step, padding not counted.  supervised_tokens: of this step.  loss: nats a supervised token of it.
    gradient_norm: before clipping.  held_out_loss: on held-out rows when measured at this step.
    held_out_losses: (component, nats a supervised token) of each that is held out, where there are several.
    """

    step: int
    tokens_seen: int
    supervised_tokens: int
    loss: float
    learning_rate: float
    gradient_norm: float
    held_out_loss: float | None = None
    held_out_losses: tuple[tuple[str, float], ...] = ()


class ComponentCount(Record, frozen=True, kw_only=True):
    """What one component brought to a prepared mixture.

    documents, conversations: that are in it.  tokens: in one epoch.  supervised_tokens: those that bear loss.
    split: documents and conversations that lie in parts, being longer than a row or cut to fill one.  parts: so many.
    held_out: of the component's documents or conversations, set apart to measure loss on.
    """

    component: str
    documents: int
    conversations: int
    tokens: int
    supervised_tokens: int
    split: int = 0
    parts: int = 0
    held_out: int = 0
