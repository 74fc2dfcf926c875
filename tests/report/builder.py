"""A synthetic study: plainly made-up numbers with effects planted in them, as the pipeline would hand them over."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fakes import language
from mintza.records import (
    ComponentCount,
    Conversation,
    Document,
    Measurement,
    Message,
    Provenance,
    Score,
    TrainingStep,
    Verdict,
    VerdictCount,
)
from mintza.report.material import ComponentFacts, ExaminedModel, Material, StageFacts
from mintza.stats import bootstrap_mean

BACKBONE = "toy-1m-instruct"
MADE_UP = Provenance(source="made-up", license="CC0-1.0")
MIXTURES = (
    ("corpus",),
    ("sampled",),
    ("corpus", "sampled"),
    ("corpus", "sampled", "written"),
)


BASQUE = language("eus_Latn", None, bcp47="eu", name="Basque", endonym="euskara")
ENGLISH = language("eng_Latn", None, bcp47="en", name="English", endonym="English")
SPANISH = language("spa_Latn", None, bcp47="es", name="Spanish", endonym="español")


@dataclass(frozen=True)
class Planted:
    """What adding a component does: bits per byte in the target and in the others, accuracy, right language (as shares)."""

    target_bits: float = 0.0
    other_bits: float = 0.0
    accuracy: float = 0.0
    right_language: float = 0.0


EFFECTS: Mapping[str, Planted] = {
    "corpus": Planted(target_bits=-0.5, other_bits=0.08),
    "sampled": Planted(other_bits=-0.01),
    "written": Planted(target_bits=-0.02, right_language=0.6, accuracy=0.3),
}


@dataclass
class Study:
    """Collects measurements and scores of models as they would have come out."""

    effects: Mapping[str, Planted]
    noise: float = 0.02
    texts: int = 30
    items: int = 60
    between: float = 0.0
    scores: list[Score] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    def examine(self, model: str, mixture: Sequence[str]) -> None:
        luck = random.Random(f"luck of {model}").gauss(0, self.between) if mixture else 0.0
        planted = [self.effects.get(name, Planted()) for name in mixture]
        planted.append(Planted(luck, luck, luck, luck))
        self._bits(model, "made-up-eus", BASQUE.code, 2.0 + sum(p.target_bits for p in planted))
        self._bits(model, "made-up-eng", ENGLISH.code, 1.0 + sum(p.other_bits for p in planted))
        self._bits(model, "made-up-spa", SPANISH.code, 1.4 + sum(p.other_bits for p in planted))
        for code in (BASQUE.code, ENGLISH.code, SPANISH.code):
            self._shares(model, "pretend", code, "acc", 0.3 + sum(p.accuracy for p in planted), self.items)
        rate = 0.2 + sum(p.right_language for p in planted)
        self._shares(model, "right_language", BASQUE.code, "right_language", rate, 24)

    def _bits(self, model: str, source: str, code: str, mean: float) -> None:
        draws = random.Random(f"{source}")
        luck = random.Random(f"{model}{source}")
        exam = f"bits_per_byte.{source}"
        rows = []
        for place in range(self.texts):
            level = mean + draws.gauss(0, 0.2) + luck.gauss(0, self.noise)
            rows.append((f"text-{place}", level, float(draws.randint(300, 900))))
        self._add(model, exam, code, "bits_per_byte", rows)

    def _shares(self, model: str, exam: str, code: str, metric: str, share: float, count: int) -> None:
        draws = random.Random(f"{exam}{code}")
        marks = [draws.random() for _ in range(count)]
        rows = [(f"item-{place}", float(mark < share), 1.0) for place, mark in enumerate(marks)]
        self._add(model, exam, code, metric, rows)

    def _add(self, model: str, exam: str, code: str, metric: str, rows: list[tuple[str, float, float]]) -> None:
        self.scores += [
            Score(exam=exam, item_id=item, model=model, metric=metric, value=value, weight=weight, language=code)
            for item, value, weight in rows
        ]
        mean = bootstrap_mean([row[1] for row in rows], [row[2] for row in rows], seed=1, replicas=200)
        self.measurements.append(
            Measurement(
                exam=exam,
                language=code,
                category="knowledge" if metric == "acc" else "intrinsic",
                model=model,
                metric=metric,
                value=mean.value,
                low=mean.low,
                high=mean.high,
                items=len(rows),
                shots=0,
                protocol="generation" if metric == "right_language" else "likelihood",
                template=None if metric == "bits_per_byte" else "0123456789ab",
            )
        )


def study(
    effects: Mapping[str, Planted] = EFFECTS,
    *,
    mixtures: Sequence[tuple[str, ...]] = MIXTURES,
    backbones: Mapping[str, bool] | None = None,
    noise: float = 0.02,
    seeds: Sequence[int] = (33,),
    between: float = 0.0,
) -> Material:
    """A whole study with the effects planted. backbones: name -> instructed.  between: standard deviation between seeds."""
    made = Study(effects, noise, between=between)
    models = []
    for backbone, instructed in (backbones or {BACKBONE: True}).items():
        models.append(ExaminedModel(backbone, "untouched", backbone, instructed))
        for mixture in mixtures:
            for seed in seeds:
                name = f"{backbone}.{'+'.join(mixture)}.s{seed}"
                models.append(ExaminedModel(name, "variant", backbone, instructed, mixture, seed))
    for model in models:
        made.examine(model.name, model.mixture)
    variants = [model for model in models if model.role == "variant"]
    return Material(
        study="made-up",
        title="A made-up study of nothing",
        target=BASQUE,
        also=(ENGLISH, SPANISH),
        models=models,
        components=(
            ComponentFacts("corpus", "corpus", BASQUE.code, 120),
            ComponentFacts("sampled", "sampled", ENGLISH.code, 31),
            ComponentFacts("translated", "translated", BASQUE.code, 0),
            ComponentFacts("written", "written", BASQUE.code, 80),
        ),
        measurements=made.measurements,
        scores=made.scores,
        curves={model.name: curve(model.name) for model in variants},
        mixtures={model.name: counts(model.mixture) for model in variants},
        stages=stages(),
        artifacts={
            "corpus": "c0" * 32,
            **{f"measure/{model.name}": f"{place:02x}" * 32 for place, model in enumerate(models)},
        },
        notes=("Every number of this page is made up.",),
    )


def nothing() -> Material:
    """A study of which nothing is there yet."""
    empty = replace(study(), models=(), components=(), measurements=(), scores=(), curves={}, mixtures={})
    return replace(empty, stages=(), artifacts={}, notes=())


def curve(name: str, steps: int = 60) -> list[TrainingStep]:
    luck = random.Random(name)
    start = 4.2 if "corpus" in name else 2.4
    return [
        TrainingStep(
            step=step,
            tokens_seen=1024 * step,
            supervised_tokens=900,
            loss=start - 1.4 * step / (step + 20) + luck.gauss(0, 0.12),
            learning_rate=1e-4,
            gradient_norm=1.0,
            held_out_loss=start - 1.1 * step / (step + 20) if step % 15 == 0 else None,
        )
        for step in range(1, steps + 1)
    ]


def counts(mixture: Sequence[str]) -> list[ComponentCount]:
    return [
        ComponentCount(
            component=name,
            documents=60 if name == "corpus" else 0,
            conversations=0 if name == "corpus" else 31,
            tokens=30720,
            supervised_tokens=30720 if name == "corpus" else 12000,
            split=1,
        )
        for name in mixture
    ]


def conversation(said: str, answer: str, place: int = 0) -> Conversation:
    return Conversation(
        id=f"sampled-{place}",
        language=ENGLISH.code,
        component="sampled",
        messages=(Message(role="user", content=said), Message(role="assistant", content=answer)),
        provenance=MADE_UP,
    )


def dropped(step: str, reason: str, count: int, unit: str = "conversation") -> VerdictCount:
    return VerdictCount(step=step, unit=unit, kept=False, reason=reason, count=count)


def stages() -> tuple[StageFacts, ...]:
    document = Document(
        id="made-up-eus/001.txt",
        text="Itsasoa urdina da.\n\nMendia berdea da, eta haizea hotza.",
        language=BASQUE.code,
        language_score=1.0,
        language_backend="pycld2",
        split="train",
        cluster="1",
        provenance=MADE_UP,
    )
    lost = [
        Verdict(
            record_id=f"translated-{place}",
            unit="conversation",
            step="language",
            kept=False,
            reason="not in the target language",
            value=0.1 * place,
            threshold=0.8,
            excerpt="The answer is the answer is the answer",
        )
        for place in range(4)
    ]
    return (
        StageFacts(
            "corpus", None, "c0" * 32, "Corpus", "document", 212, 196,
            (
                dropped("language", "paragraph in another language", 7, "paragraph"),
                dropped("length", "too few words", 3, "document"),
                dropped("exact", "copy of another document", 8, "document"),
                dropped("near", "near copy of another document", 5, "document"),
            ),
            kept=(document,),
        ),
        StageFacts(
            "filter", "sampled", "f1" * 32, "Sampled instructions: filtered", "conversation", 48, 31,
            (dropped("finished", "answer was cut", 9), dropped("repetition", "goes round in circles", 8)),
            kept=(conversation("What is a lighthouse?", "A tower with a light."),),
        ),
        StageFacts(
            "translate", "translated", "a1" * 32, "Translation: as the model gave it", "conversation", 16, 14,
            (dropped("translate", "no valid JSON", 2),),
        ),
        StageFacts(
            "check", "translated", "b1" * 32, "Translation: checked", "conversation", 14, 0,
            (dropped("language", "not in the target language", 11), dropped("length", "far too short", 3)),
            dropped=tuple(lost),
        ),
    )  # fmt: skip
