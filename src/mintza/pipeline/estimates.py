"""What a node will take, before it runs: tokens and seconds, from what the same stage took here, else from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State
from mintza.records import Backbone
from mintza.store import Store
from mintza.train.estimate import estimate as estimate_training

# Seconds on two laptop cores with a 135M model, one run each; other sizes in proportion to their parameters.
MODEL_OF_TABLE = 135e6
TRAINED_TOKENS_A_SECOND = 190.0
WRITTEN_TOKENS_A_SECOND = 170.0
SECONDS_OF_WEIGHTS = 20.0
SECONDS_A_CHOICE = 0.055
SECONDS_A_TEXT = 0.5
TOKENS_A_WORD = 3.2
WORDS_A_DOCUMENT = 115
TOKENS_A_CONVERSATION = 150


class Estimate(NamedTuple):
    """tokens: read or written by a model.  seconds: on this machine.  basis: where the rates come from."""

    tokens: int
    seconds: float
    basis: str


NOTHING = Estimate(0, 0.0, "")
TABLE = "rates of two laptop cores"


def estimate(plan: Plan, state: State, store: Store) -> Estimate:
    """The size of one node that is not complete."""
    if state.complete:
        return NOTHING
    sizes = _Sizes(plan, store)
    match state.node.stage.name:
        case "sample":
            return sizes.sample()
        case "translate":
            return sizes.translate()
        case "weights":
            return Estimate(0, SECONDS_OF_WEIGHTS * sizes.scale(state.node.cell or ""), TABLE)
        case "train":
            return sizes.train(state)
        case "answer":
            return sizes.answer(state.node.cell or "")
        case _:
            return Estimate(0, 1.0, TABLE)


@dataclass
class _Sizes:
    plan: Plan
    store: Store

    def scale(self, backbone: str) -> float:
        """Parameters over those of the table's model, from the size of the files; 1 when they are not here."""
        if backbone not in self.plan.study.settings.backbones:
            return 1.0
        found = self.plan.parts.backbone(self.plan.parts.root(backbone))
        return parameters(found) / MODEL_OF_TABLE if isinstance(found, Backbone) else 1.0

    def sample(self) -> Estimate:
        settings = self.plan.study.settings.instruct.sample
        tokens = settings.conversations * (settings.turn.max_tokens + settings.answer.max_tokens)
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def translate(self) -> Estimate:
        settings = self.plan.study.settings.translate.translate
        conversations = settings.limit or self.plan.study.settings.instruct.sample.conversations
        tokens = conversations * TOKENS_A_CONVERSATION * settings.tries
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def train(self, state: State) -> Estimate:
        study = self.plan.study.settings
        cell = next(cell for cell in self.plan.cells if cell.name == state.node.cell)
        settings = study.tables[cell.table].train or study.train
        weights = study.prepare.weights
        tokens = sum(self.component_tokens(name) * weights.get(name, 1.0) for name in cell.variant.mixture)
        guess = estimate_training(
            settings,
            tokens=int(tokens),
            sequence_length=study.prepare.sequence_length,
            parameters=int(MODEL_OF_TABLE * self.scale(cell.variant.backbone)),
        )
        seconds = guess.tokens / TRAINED_TOKENS_A_SECOND * self.scale(cell.variant.backbone)
        return Estimate(guess.tokens, seconds, TABLE)

    def component_tokens(self, name: str) -> float:
        """Tokens of a component in one epoch: by what is made of it already, else by what the study asks for."""
        component = self.plan.study.settings.components[name]
        if component.kind == "sampled":
            return self.plan.study.settings.instruct.sample.conversations * TOKENS_A_CONVERSATION / 3
        if component.kind == "translated":
            return (self.plan.study.settings.translate.translate.limit or 0) * TOKENS_A_CONVERSATION
        if component.kind == "written":
            return (component.data.limit or 100) * TOKENS_A_CONVERSATION
        return 120 * WORDS_A_DOCUMENT * TOKENS_A_WORD

    def answer(self, model: str) -> Estimate:
        settings = self.plan.study.settings
        languages = len(self.plan.study.languages)
        items = sum(take.items or 1000 for take in settings.exams.take.values()) * languages
        measure = settings.benchmark.bits_per_byte
        texts = (measure.documents * len(settings.corpus.sources)) if measure else 0
        chats = settings.benchmark.right_language
        written = (chats.items or 16) * chats.max_tokens if chats else 0
        seconds = items * 4 * SECONDS_A_CHOICE + texts * SECONDS_A_TEXT + written / WRITTEN_TOKENS_A_SECOND
        backbone = next((c.variant.backbone for c in self.plan.cells if c.name == model), model)
        return Estimate(written, seconds * self.scale(backbone), TABLE)


def parameters(backbone: Backbone) -> float:
    """Roughly how many parameters a model has, from the bytes of its files (4.5 bits a weight in GGUF, 16 in a folder)."""
    from pathlib import Path

    location = Path(backbone.location)
    if location.is_file():
        return location.stat().st_size * 8 / 5.8
    return sum(path.stat().st_size for path in location.glob("*.safetensors")) / 2
