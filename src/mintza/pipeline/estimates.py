"""What a node will take, before it runs: tokens, and seconds by a table of rates; where nobody can say, it says so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from mintza.corpus.sources import open_source
from mintza.errors import MintzaError
from mintza.exams import stage as exams
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State
from mintza.records import Backbone, Checkpoint, Document
from mintza.store import Store
from mintza.train.estimate import Shape, fit, shape_of
from mintza.train.estimate import estimate as estimate_training
from mintza.train.hardware import MODEL_SHARE_OF_PEAK, gpu
from mintza.train.settings import HardwareSettings, TrainSettings

# Seconds on two laptop cores with a 135M model; other sizes in proportion to their parameters.
MODEL_OF_TABLE = 135e6
TRAINED_TOKENS_A_SECOND = 155.0
WRITTEN_TOKENS_A_SECOND = 150.0
SECONDS_OF_WEIGHTS = 20.0
SECONDS_OF_A_TRAINING = 15.0
SECONDS_AN_ITEM = 0.15
SECONDS_A_TEXT = 0.45
ITEMS_OF_AN_EXAM = 1000
"""In a language, where nobody knows."""
# A Basque word is about 7 characters and 3.6 tokens of SmolLM2; other pairs of language and tokenizer differ up to fourfold.
CHARACTERS_A_TOKEN = 2.1
TOKENS_A_CONVERSATION = 120
TOKENS_A_SEGMENT = 40
TOKENS_A_JUDGEMENT = 30
LOOKED_THROUGH = 20_000_000


class Estimate(NamedTuple):
    """tokens: read or written by a model.  seconds: on two laptop cores, or on the hardware that the study plans for.

    basis: where the rates come from, or why there are none.  said: a line of its own, of whether it fits and what it takes.
    """

    tokens: int
    seconds: float
    basis: str
    said: str = ""


NOTHING = Estimate(0, 0.0, "")
TABLE = "rates of two laptop cores and a 135M model, in proportion to size"
NO_CORPUS = "trainings on a corpus that is not here, or larger than 20 MB, are not estimated"
NO_SHAPE = "trainings are planned for GPUs only from a backbone's config.json, which is not here"
MEASURED = "tokens a second of a measured run"
SEEN = "tokens a second of trainings of the same backbone in this store"
OF_PEAK = (
    f"data sheets of GPUs, {MODEL_SHARE_OF_PEAK:.0%} of their peak (as measured by others with FSDP on 128 A100; machines "
    "differ by a quarter and more: measure a few steps and give `hardware: {tokens_a_second: N}`)"
)
NO_SIZE = "models of unknown size are not estimated"


def estimates(plan: Plan, now: dict[str, State], store: Store) -> dict[str, Estimate]:
    """The size of every node that is not complete."""
    sizes = _Sizes(plan, store, now["corpus"], measured_rates(plan, now, store))
    return {name: NOTHING if state.complete else _estimate(sizes, state) for name, state in now.items()}


def measured_rates(plan: Plan, now: dict[str, State], store: Store) -> dict[str, float]:
    """Backbone -> tokens a second of those of the study's trainings of it that are complete."""
    tokens, seconds = dict[str, int](), dict[str, float]()
    for cell in plan.cells:
        state = now.get(f"train/{cell.name}")
        if state is not None and state.artifact is not None and state.artifact.seconds > 0:
            backbone = cell.variant.backbone
            seen = sum(checkpoint.tokens_seen for checkpoint in store.read(state.artifact, Checkpoint))
            tokens[backbone] = tokens.get(backbone, 0) + seen
            seconds[backbone] = seconds.get(backbone, 0.0) + state.artifact.seconds
    return {backbone: seen / seconds[backbone] for backbone, seen in tokens.items() if seen}


def _estimate(sizes: _Sizes, state: State) -> Estimate:
    cell = state.node.cell or ""
    match state.node.stage.name:
        case "sample":
            return sizes.sample()
        case "translate":
            return sizes.translate()
        case "gate":
            return sizes.gate()
        case "judge":
            return sizes.judge()
        case "weights":
            return sizes.scaled(cell, 0, SECONDS_OF_WEIGHTS)
        case "train":
            return sizes.train(cell)
        case "answer":
            return sizes.answer(cell)
        case _:
            return Estimate(0, 1.0, TABLE)


class _Sizes:
    def __init__(self, plan: Plan, store: Store, corpus_state: State, rates: dict[str, float]) -> None:
        self.plan = plan
        self.store = store
        self.rates = rates
        self.corpus_tokens = self._corpus_tokens(corpus_state)
        self.items = self._items()

    def scaled(self, backbone: str, tokens: int, seconds: float) -> Estimate:
        """Seconds in proportion to a backbone's parameters; none where its size is not known."""
        scale = self.scale(backbone)
        return Estimate(tokens, seconds * scale, TABLE) if scale is not None else Estimate(tokens, 0.0, NO_SIZE)

    def scale(self, backbone: str) -> float | None:
        """Parameters over those of the table's model: from the size of the files, else from a `8b` in the name."""
        if backbone not in self.plan.study.settings.backbones:
            return None
        root = self.plan.parts.root(backbone)
        found = self.plan.parts.backbone(root)
        if isinstance(found, Backbone):
            return parameters(found) / MODEL_OF_TABLE
        named = re.search(r"(?<![0-9.])([0-9]+(?:\.[0-9]+)?)([bm])(?![a-z])", root.lower())
        return float(named[1]) * {"b": 1e9, "m": 1e6}[named[2]] / MODEL_OF_TABLE if named else None

    def sample(self) -> Estimate:
        settings = self.plan.study.settings.instruct.sample
        tokens = settings.conversations * TOKENS_A_CONVERSATION
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def translate(self) -> Estimate:
        settings = self.plan.study.settings.translate.translate
        conversations = settings.limit or self.plan.study.settings.instruct.sample.conversations
        tokens = conversations * TOKENS_A_CONVERSATION * settings.tries
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def gate(self) -> Estimate:
        gate = self.plan.study.settings.translate.gate
        tokens = (gate.segments if gate else 0) * TOKENS_A_SEGMENT
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def judge(self) -> Estimate:
        tokens = self.plan.study.settings.instruct.sample.conversations * TOKENS_A_JUDGEMENT
        return Estimate(tokens, tokens / WRITTEN_TOKENS_A_SECOND, TABLE)

    def train(self, name: str) -> Estimate:
        study = self.plan.study.settings
        cell = next(cell for cell in self.plan.cells if cell.name == name)
        settings = study.tables[cell.table].train or study.train
        tokens = 0.0
        for component in cell.variant.mixture:
            found = self.component_tokens(component)
            if found is None:
                return Estimate(0, 0.0, NO_CORPUS)
            budget = study.prepare.token_budgets.get(component)
            tokens += found * study.prepare.weights.get(component, 1.0) if budget is None else budget
        scale = self.scale(cell.variant.backbone)
        guess = estimate_training(
            settings,
            tokens=int(tokens),
            sequence_length=study.prepare.sequence_length,
            parameters=int(MODEL_OF_TABLE * (scale or 1.0)),
        )
        hardware = settings.execution.hardware
        if hardware is not None:
            return self.on_gpus(name, settings, hardware, guess.tokens)
        rate = self.rates.get(cell.variant.backbone)
        if rate is not None:
            return Estimate(guess.tokens, guess.tokens / rate, SEEN)
        seconds = guess.tokens / TRAINED_TOKENS_A_SECOND + SECONDS_OF_A_TRAINING
        return self.scaled(cell.variant.backbone, guess.tokens, seconds)

    def on_gpus(self, name: str, settings: TrainSettings, hardware: HardwareSettings, tokens: int) -> Estimate:
        """A training on the GPUs that the study plans for: whether it fits one's memory, hours, GPU-hours."""
        cell = next(cell for cell in self.plan.cells if cell.name == name)
        found = self.plan.parts.backbone(self.plan.parts.root(cell.variant.backbone))
        shape = _shape(found) if isinstance(found, Backbone) else None
        if shape is None:
            return Estimate(tokens, 0.0, NO_SHAPE)
        guess = fit(
            settings,
            shape,
            tokens=tokens,
            sequence_length=self.plan.study.settings.prepare.sequence_length,
            gpu_name=hardware.gpu,
            gpus=hardware.count,
            tokens_a_second=hardware.tokens_a_second,
        )
        said = (
            f"train/{name} on {hardware.count} x {hardware.gpu}: {'fits' if guess.fits else 'DOES NOT FIT'}, "
            f"{guess.memory_bytes / 1e9:.1f} of {gpu(hardware.gpu).memory_bytes / 1e9:.0f} GB a GPU; "
            f"{tokens:,} tokens, {guess.hours:.2g} h, {guess.gpu_hours:.3g} GPU-hours"
        )
        return Estimate(tokens, guess.hours * 3600, MEASURED if hardware.tokens_a_second else OF_PEAK, said)

    def component_tokens(self, name: str) -> float | None:
        """Tokens of a component in one epoch, by what the study asks for; None when nobody can say."""
        component = self.plan.study.settings.components[name]
        if component.kind == "sampled":
            return self.plan.study.settings.instruct.sample.conversations * TOKENS_A_CONVERSATION / 2
        if component.kind == "translated":
            return (self.plan.study.settings.translate.translate.limit or 0) * TOKENS_A_CONVERSATION
        if component.kind == "written":
            return (component.data.limit or 100) * TOKENS_A_CONVERSATION
        return self.corpus_tokens

    def _corpus_tokens(self, state: State) -> float | None:
        settings, target = self.plan.study.settings.corpus, self.plan.study.target.code
        if state.artifact is not None:
            texts = self.store.read(state.artifact, Document)
            characters = sum(len(d.text) for d in texts if d.split == "train" and d.language == target)
            return characters / CHARACTERS_A_TOKEN
        characters = 0
        try:
            for source in settings.sources:
                if source.split == "auto" and source.language == target:
                    for record in open_source(source, base=self.plan.study.base).documents("skip"):
                        characters += len(record.text) if isinstance(record, Document) else 0
                        if characters > LOOKED_THROUGH:
                            return None
        except MintzaError:
            return None
        return characters * (1 - settings.held_out_share) / CHARACTERS_A_TOKEN

    def _items(self) -> int:
        """Items of all exams in all languages; of a data set whose size nobody knows yet, a thousand a language."""
        study = self.plan.study
        codes = [language.code for language in study.languages]
        unknown = ITEMS_OF_AN_EXAM * len(codes)
        try:
            counted = exams.counts(study.settings.exams, base=study.base, languages=codes)
        except MintzaError:
            return sum(
                take.items * len(codes) if take.items else unknown for take in study.settings.exams.take.values()
            )
        return sum(unknown if count is None else count for count in counted.values())

    def answer(self, model: str) -> Estimate:
        settings = self.plan.study.settings
        measure = settings.benchmark.bits_per_byte
        texts = (measure.documents * len(settings.corpus.sources)) if measure else 0
        chats = settings.benchmark.right_language
        written = (chats.items or 16) * chats.max_tokens if chats else 0
        seconds = self.items * SECONDS_AN_ITEM + texts * SECONDS_A_TEXT + written / WRITTEN_TOKENS_A_SECOND
        backbone = next((c.variant.backbone for c in self.plan.cells if c.name == model), model)
        return self.scaled(backbone, written, seconds)


def _shape(backbone: Backbone) -> Shape | None:
    try:
        return shape_of(json.loads((Path(backbone.location) / "config.json").read_bytes()))
    except (OSError, ValueError):
        return None


def parameters(backbone: Backbone) -> float:
    """Roughly how many parameters a model has, from the bytes of its files (4.5 bits a weight in GGUF, 16 in a folder)."""
    location = Path(backbone.location)
    if location.is_file():
        return location.stat().st_size * 8 / 5.8
    return sum(path.stat().st_size for path in location.glob("*.safetensors")) / 2
