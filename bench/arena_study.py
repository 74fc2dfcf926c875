"""A made-up study as large as the reference's, for the report: models x exams x votes, with effects planted in them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from mintza import languages
from mintza.records import Answer, Battle, Item, Measurement, Message, Reply, Score, Vote
from mintza.report.material import Answered, Arena, ComponentFacts, ExaminedModel, Material, Voter
from mintza.stats import wilson

BACKBONES = {"toy-8b": False, "toy-8b-instruct": True, "toy-8b-basque": False}
MIXTURES = (
    ("corpus",),
    ("english",),
    ("translated",),
    ("corpus", "english"),
    ("corpus", "translated"),
    ("english", "translated"),
    ("corpus", "english", "translated"),
)
WORTH = {"corpus": 0.35, "english": 0.45, "translated": 0.2, "toy-8b-instruct": 0.5, "toy-8b-basque": 0.15}
EXAMS: dict[str, tuple[str, ...]] = {
    "eus_Latn": (
        *("arc_eu_easy", "piqa_eu", "belebele_eus_Latn", "mgsm_native_cot_eu", "xstorycloze_eu", "mmlu_eu"),
        *(f"made_up_{k}" for k in range(9)),
    ),
    "eng_Latn": (
        *("arc_easy", "piqa", "belebele_eng_Latn", "mgsm_native_cot_en", "xstorycloze_en", "mmlu_en"),
        *(f"invented_{k}" for k in range(4)),
    ),
    "spa_Latn": ("belebele_spa_Latn", "mgsm_native_cot_es", "xstorycloze_es", "mmlu_es", "openbookqa_es"),
}
GAIN = {"eus_Latn": 0.09, "eng_Latn": -0.02, "spa_Latn": 0.01}
WORDS = (
    *("itsaso", "mendi", "haize", "etxe", "kale", "liburu", "eguzki", "ilargi"),
    *("zuhaitz", "ibai", "hitz", "mundu", "hiri", "bide", "lore"),
)


def models(count: int) -> list[ExaminedModel]:
    """Untouched backbones, their variants, and references up to `count` in all."""
    made = [ExaminedModel(name, "untouched", name, instructed) for name, instructed in BACKBONES.items()]
    for mixture in MIXTURES:
        for backbone, instructed in BACKBONES.items():
            name = f"{backbone}.{'+'.join(mixture)}.s33"
            made.append(ExaminedModel(name, "variant", backbone, instructed, mixture, 33, table="main"))
    made = made[: count - 1]
    return [*made, ExaminedModel("famous", "reference", "famous", True)]


def strength(model: ExaminedModel) -> float:
    return (
        sum(WORTH[name] for name in model.mixture) + WORTH.get(model.backbone, 0.0) + 1.2 * (model.role == "reference")
    )


def examined(model: ExaminedModel, items: int) -> tuple[list[Score], list[Measurement]]:
    """Right and wrong answers of a model; items are as hard for everybody."""
    scores: list[Score] = []
    measurements = []
    for code, exams in EXAMS.items():
        for exam in exams:
            hard = np.random.default_rng(len(exam) + sum(map(ord, exam))).random(items)
            luck = np.random.default_rng(sum(map(ord, model.name + exam)))
            share = 0.35 + GAIN[code] * strength(model) * 1.5 + 0.1 * (model.role == "reference")
            right = (0.8 * hard + 0.2 * luck.random(items)) < share
            scores += [
                Score(
                    exam=exam, item_id=f"{k}", model=model.name, metric="acc", value=float(v), weight=1.0, language=code
                )
                for k, v in enumerate(right)
            ]
            found = wilson(int(right.sum()), items)
            measurements.append(
                Measurement(
                    exam=exam, language=code, category="knowledge", model=model.name, metric="acc", value=found.value,
                    low=found.low, high=found.high, items=items, shots=5, protocol="likelihood",
                    template="0123456789ab" if model.instructed or model.mixture else None,
                )
            )  # fmt: skip
    return scores, measurements


def arena(every: Sequence[ExaminedModel], votes: int, voters: int) -> Arena:
    """Battles of two turns a side, judged by voters of whom few judge much."""
    luck = random.Random(1)
    busy = [luck.lognormvariate(0, 1.5) for _ in range(voters)]
    battles: dict[str, Battle] = {}
    cast: list[Vote] = []
    who = {
        f"v{k}": Voter(f"v{k}", luck.choice(("B2", "C1", "C2", "")), luck.choice(("university", "secondary")))
        for k in range(voters)
    }
    for number in range(votes):
        left, right = luck.sample(list(every), 2)
        name, voter = f"b{number:06}", f"v{luck.choices(range(voters), busy)[0]}"
        day = f"2026-0{luck.randint(1, 9)}-1{luck.randint(0, 9)}T10:00:00Z"
        battles[name] = Battle(
            id=name, language="eus_Latn", a=_reply(left, luck), b=_reply(right, luck), started_at=day
        )
        chance = 1 / (1 + np.exp(strength(right) - strength(left) - 0.03))
        content, language = (_winner(chance, luck) for _ in range(2))
        for criterion, winner in (("content", content), ("language", language)):
            cast.append(Vote(battle_id=name, voter=voter, criterion=criterion, winner=winner, cast_at=day))  # type: ignore[arg-type]
        if {content, language} == {"a", "b"}:
            cast.append(
                Vote(battle_id=name, voter=voter, criterion="overall", winner=_winner(chance, luck), cast_at=day)
            )  # type: ignore[arg-type]
    return Arena(battles, cast, who, (), "f" * 64)


def study(*, count: int = 24, items: int = 500, votes: int = 12_890, voters: int = 1_285) -> Material:
    """The whole material; numbers are made up and say so."""
    every = models(count)
    scores: list[Score] = []
    measurements: list[Measurement] = []
    for model in every:
        one, other = examined(model, items)
        scores += one
        measurements += other
    found = [languages.load(code, search=()) for code in EXAMS]
    return Material(
        study="made-up",
        title="A made-up study of the size of the reference's",
        target=found[0],
        also=tuple(found[1:]),
        models=every,
        components=(
            ComponentFacts("corpus", "corpus", "eus_Latn", 4_000_000),
            ComponentFacts("english", "sampled", "eng_Latn", 1_000_000),
            ComponentFacts("translated", "translated", "eus_Latn", 1_000_000),
        ),
        measurements=measurements,
        scores=scores,
        curves={},
        mixtures={},
        stages=(),
        artifacts={f"measure/{model.name}": f"{k:02x}" * 32 for k, model in enumerate(every)} | {"votes": "f" * 64},
        notes=("Every number of this page is made up.",),
        arena=arena(every, votes, voters),
        answered=Answered(items=lambda: _items(items), answers=lambda: _answers(every, scores)),
    )


def _items(items: int) -> Iterator[Item]:
    for code, exams in EXAMS.items():
        for exam in exams:
            for k in range(items):
                luck = random.Random(f"{exam}{k}")
                said = " ".join(luck.choices(WORDS, k=14))
                yield Item(
                    exam=exam, id=f"{k}", language=code, category="knowledge", question=f"{said}?",
                    choices=tuple(luck.sample(WORDS, 4)), answer=luck.randrange(4), license="CC0-1.0", shots=5,
                )  # fmt: skip


def _answers(every: Sequence[ExaminedModel], scores: Sequence[Score]) -> Iterator[Answer]:
    for score in scores:
        k = int(score.item_id)
        answer = random.Random(f"{score.exam}{k}")
        answer.choices(WORDS, k=14)
        answer.sample(WORDS, 4)
        place = answer.randrange(4)
        taken = place if score.value else (place + 1) % 4
        yield Answer(
            exam=score.exam, item_id=score.item_id, model=score.model, language=score.language, protocol="likelihood",
            log_likelihoods=tuple(-1.0 if k == taken else -2.0 for k in range(4)), utf8_bytes=(5, 5, 5, 5),
        )  # fmt: skip


def _reply(model: ExaminedModel, luck: random.Random) -> Reply:
    turns = []
    for _ in range(2):
        turns.append(Message(role="user", content=" ".join(luck.choices(WORDS, k=12)) + "?"))
        turns.append(Message(role="assistant", content=" ".join(luck.choices(WORDS, k=80)) + "."))
    return Reply(
        model=model.name, messages=tuple(turns), system_prompt="", temperature=0.7, top_p=0.95, max_tokens=2048
    )


def _winner(chance: float, luck: random.Random) -> str:
    if luck.random() < 0.25:
        return "tie"
    return "a" if luck.random() < chance else "b"
