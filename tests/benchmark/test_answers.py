"""A model is asked exams, held-out texts and prompts; a fake stands behind the seam."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from io import StringIO
from math import log
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import language
from mintza.benchmark.harness import adapter
from mintza.benchmark.measures.bits_per_byte import beginning, chosen
from mintza.benchmark.prompts import UserPrompt
from mintza.benchmark.settings import BenchmarkSettings, BitsPerByteSettings, FilePrompts, RightLanguageSettings
from mintza.benchmark.stage import REVISIONS, answer
from mintza.errors import ModelError
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.templates import ChatTemplate
from mintza.progress import silent
from mintza.records import Answer, Document, Item, Message, ModelRef, Provenance

GOLDEN = "e9c2b61f"

CHATML = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


class FakeModel:
    """Log-likelihoods that hang on the texts only; replies in turn. uniform: every byte costs log(256) nats."""

    def __init__(
        self, *, template: bool = False, replies: tuple[str, ...] = ("Bai.",), uniform: bool = False, nats: float = 0.0
    ) -> None:
        self.ref = ModelRef(name="fake", provider="scripted", location="", revision="1")
        self.template = ChatTemplate(CHATML, {}) if template else None
        self.replies = replies
        self.uniform = uniform
        self.nats = nats
        self.batches: list[list[Pair]] = []
        self.chats: list[ChatPrompt] = []
        self.sampling: Sampling | None = None

    def worth(self, pair: Pair) -> float:
        """Nats of a continuation after its context."""
        if self.nats:
            return self.nats
        if self.uniform:
            return -log(256) * len(pair.continuation.encode())
        seen = hashlib.sha256(f"{pair.context}\x00{pair.continuation}".encode()).digest()
        return -1.0 - int.from_bytes(seen[:4], "big") / 2**28

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        batch = list(pairs)
        self.batches.append(batch)
        for pair in batch:
            yield Likelihood(log_likelihood=self.worth(pair), tokens=len(pair.continuation.split()), greedy=False)

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        self.sampling = sampling
        for prompt in prompts:
            self.chats.append(prompt)
            text = self.replies[prompt.draw % len(self.replies)]
            yield Completion(
                draw=prompt.draw, text=text, finish_reason="stop", prompt_tokens=9, completion_tokens=len(text)
            )

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        raise AssertionError("benchmarks do not continue raw text")

    def close(self) -> None:
        pass


BASQUE = language("eus_Latn", "eu", name="Basque", chat_system_prompt="Erantzun euskaraz.")


def quiz(language: str = "eus_Latn", count: int = 5, shots: int = 0, exam: str = "quiz") -> list[Item]:
    """Items of an exam, examples first; choices of unequal length, one with a space before it in no case."""
    return [
        Item(
            exam=exam,
            id=f"q{number}",
            language=language,
            category="knowledge",
            question=f"Zein da {number}?",
            choices=("bat", f"bi eta erdi {number}", "hiru")[: 2 + number % 2],
            answer=number % 2,
            license="CC0-1.0",
            prompt=f"Galdera: {number}?\nErantzuna:",
            shots=shots,
            example=number < shots,
            shown=tuple(f"q{k}" for k in range(shots)) if number >= shots else (),
        )
        for number in range(count + shots)
    ]


def document(name: str, text: str, language: str = "eus_Latn", source: str = "news") -> Document:
    """A held-out document."""
    return Document(
        id=f"{source}/{name}",
        text=text,
        language=language,
        language_score=1.0,
        language_backend="fake",
        split="held-out",
        cluster=name,
        provenance=Provenance(source=source, license="CC0-1.0"),
    )


TALK = RightLanguageSettings(prompts=FilePrompts(kind="file", path="prompts.jsonl"))
EXAMS_ONLY = BenchmarkSettings(bits_per_byte=None)


def asked(
    model: FakeModel,
    settings: BenchmarkSettings = EXAMS_ONLY,
    *,
    items: Iterable[Item] = (),
    held_out: Iterable[Document] = (),
    prompts: tuple[UserPrompt, ...] = (),
    progress: Any = silent,
) -> list[Answer]:
    return list(
        answer(
            settings,
            model=model,
            items=items,
            held_out=held_out,
            prompts=prompts,
            target=BASQUE,
            workspace=None,
            progress=progress,
        )
    )


def test_the_same_model_and_items_give_the_same_bytes() -> None:
    settings = BenchmarkSettings(right_language=TALK)
    found = asked(
        FakeModel(template=True, uniform=True),
        settings,
        items=quiz(shots=1),
        held_out=[document("a", "Kaixo, mundua!")],
        prompts=(UserPrompt(id="p", prompt="Zer moduz?"),),
    )

    digest = hashlib.sha256(b"".join(msgspec.json.encode(one) + b"\n" for one in found)).hexdigest()
    assert digest[:8] == GOLDEN, f"the bytes of answers changed: raise REVISIONS['answer'] (now {REVISIONS}) and GOLDEN"


def test_lm_eval_gives_the_likelihoods_of_a_loop_written_by_hand() -> None:
    model = FakeModel()
    items = [*quiz("eus_Latn"), *quiz("eng_Latn"), *quiz("eus_Latn", exam="another")]

    found = asked(model, items=items)

    assert [(a.exam, a.language, a.item_id) for a in found] == [(i.exam, i.language, i.id) for i in items]
    for one, item in zip(found, items, strict=True):
        by_hand = tuple(model.worth(Pair(context=item.prompt, continuation=f" {c}")) for c in item.choices)
        assert one.log_likelihoods == by_hand
        assert one.prompt == item.prompt
        assert one.utf8_bytes == tuple(len(choice.encode()) for choice in item.choices)
        assert (one.protocol, one.template, one.model) == ("likelihood", None, "fake")


def test_all_exams_are_asked_in_lots_of_256_choices() -> None:
    model = FakeModel()

    asked(model, items=[*quiz("eus_Latn", count=50), *quiz("eng_Latn", count=70)])

    assert [len(batch) for batch in model.batches] == [256, 50 * 5 // 2 + 70 * 5 // 2 - 256]


def test_one_example_stands_before_each_question_with_its_answer() -> None:
    model = FakeModel()

    found = asked(model, items=quiz(shots=1))

    example = "Galdera: 0?\nErantzuna: bat\n\n"
    assert [one.item_id for one in found] == ["q1", "q2", "q3", "q4", "q5"]
    assert all(one.prompt == f"{example}Galdera: {one.item_id[1:]}?\nErantzuna:" for one in found)


def test_an_instructed_model_is_asked_the_bare_question_under_its_template_and_examples_are_turns() -> None:
    model = FakeModel(template=True)
    assert model.template is not None

    found = asked(model, items=quiz(shots=1))

    turns = [
        Message(role="user", content="Zein da 0?"),
        Message(role="assistant", content="bat"),
        Message(role="user", content="Zein da 1?"),
    ]
    assert found[0].prompt == model.template.render(turns, add_generation_prompt=True)
    assert found[0].template == model.template.digest
    assert [pair.continuation for pair in model.batches[0][:3]] == ["bat", "bi eta erdi 1", "hiru"]


def test_a_template_can_be_left_out() -> None:
    found = asked(FakeModel(template=True), BenchmarkSettings(bits_per_byte=None, chat_template=False), items=quiz())

    assert found[0].template is None
    assert found[0].prompt == "Galdera: 0?\nErantzuna:"


@pytest.mark.parametrize("question", ["{{ 7 * 7 }}", "42", "[1, 2]", "{% raw %}"])
def test_a_question_is_data_and_never_a_template(question: str) -> None:
    item = msgspec.structs.replace(quiz(count=1)[0], prompt=question, choices=("7", "{{ 1 }}"))
    model = FakeModel()

    (one,) = asked(model, items=[item])

    assert one.prompt == question
    assert [pair.continuation for pair in model.batches[0]] == [" 7", " {{ 1 }}"]


def test_nothing_of_lm_eval_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    asked(FakeModel(), items=quiz(shots=2))

    assert capfd.readouterr() == ("", "")


def test_what_the_progress_says_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    def loud(done: int, total: int | None, note: str = "") -> None:
        print(f"{done}/{total} {note}", file=sys.stderr)

    asked(FakeModel(), items=quiz(count=1), progress=loud)

    assert capfd.readouterr().err == "1/2 choices of the exams\n2/2 choices of the exams\n"


@pytest.mark.parametrize("nats", [float("nan"), float("-inf")])
def test_a_log_likelihood_that_is_not_a_number_stops_the_examination(nats: float) -> None:
    with pytest.raises(ModelError, match="finite"):
        asked(FakeModel(nats=nats), items=quiz())


class Request:
    """An lm-eval Instance as far as an adapter looks at it."""

    def __init__(self, *args: Any) -> None:
        self.args = args


def test_the_adapter_scores_whole_texts_and_has_a_template_only_if_the_model_has() -> None:
    model = FakeModel()
    asker = adapter(model, None, silent, StringIO())

    assert asker.loglikelihood_rolling([Request("Kaixo")]) == [model.worth(Pair(context="", continuation="Kaixo"))]
    with pytest.raises(ModelError, match="no chat template"):
        asker.apply_chat_template([{"role": "user", "content": "Kaixo"}])


def test_held_out_texts_are_scored_from_nothing_in_one_batch() -> None:
    model = FakeModel(uniform=True)
    texts = [document("b", "Bi hitz."), document("a", "Ñabardura."), document("c", "One.", "eng_Latn")]

    found = asked(model, BenchmarkSettings(), held_out=texts)

    assert [one.item_id for one in found] == ["news/c", "news/a", "news/b"]
    assert model.batches[-1] == [Pair(context="", continuation=text) for text in ("One.", "Ñabardura.", "Bi hitz.")]
    assert found[1].utf8_bytes == (11,)
    assert found[1].log_likelihoods == (-log(256) * 11,)
    assert {(one.exam, one.protocol) for one in found} == {("bits_per_byte.news", "likelihood")}


@given(st.permutations(range(12)), st.integers(1, 15))
def test_the_draw_of_documents_does_not_hang_on_their_order(order: list[int], count: int) -> None:
    settings = BitsPerByteSettings(documents=count)
    every = [document(f"{n:02}", f"Testua {n}.", source="news" if n % 2 else "help") for n in range(12)]

    drawn = chosen(settings, [every[n] for n in order])

    assert drawn == chosen(settings, every)
    assert len(drawn) == 2 * min(count, 6)


def test_another_seed_draws_other_documents() -> None:
    every = [document(f"{n:02}", "Testua.") for n in range(40)]

    one, other = (chosen(BitsPerByteSettings(documents=10, seed=seed), every) for seed in (1, 2))

    assert one != other


@given(st.text(alphabet="ab \n", max_size=300), st.integers(20, 120))
def test_a_beginning_is_one_and_no_longer_than_asked(text: str, characters: int) -> None:
    cut = beginning(text, characters)

    assert len(cut) <= characters
    assert text.strip().startswith(cut)
    assert bool(cut) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("hogei karaktere baino gehiago", "hogei karaktere"),
        ("hogei karaktere bait", "hogei karaktere bait"),
        ("hamar hitza\n\neta beste paragrafo bat", "hamar hitza"),
        ("bi\n\neta beste paragrafo luze bat", "bi\n\neta beste"),
        ("a" * 30, "a" * 20),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_paragraph_or_word(text: str, cut: str) -> None:
    assert beginning(text, 20) == cut


def test_prompts_are_put_under_the_languages_own_system_prompt() -> None:
    model = FakeModel(template=True, replies=("Bai.", "Ez."))
    prompts = (UserPrompt(id="p1", prompt="Euria?"), UserPrompt(id="p2", prompt="Elurra?"))

    found = asked(model, BenchmarkSettings(bits_per_byte=None, right_language=TALK), prompts=prompts)

    assert [(one.exam, one.item_id, one.text, one.protocol) for one in found] == [
        ("right_language", "p1", "Bai.", "generation"),
        ("right_language", "p2", "Ez.", "generation"),
    ]
    assert [message.content for message in model.chats[0].messages] == ["Erantzun euskaraz.", "Euria?"]
    assert model.sampling == Sampling(temperature=0.0, max_tokens=96)
    assert found[0].prompt.endswith("<|user|>Euria?<|end|>\n<|assistant|>")


def test_prompts_can_be_put_without_a_system_prompt() -> None:
    model = FakeModel(template=True)
    talk = TALK.model_copy(update={"system_prompt": False})

    asked(
        model,
        BenchmarkSettings(bits_per_byte=None, right_language=talk),
        prompts=(UserPrompt(id="p", prompt="Euria?"),),
    )

    assert [message.role for message in model.chats[0].messages] == ["user"]


def test_a_model_without_a_template_is_not_asked_prompts_and_that_is_said() -> None:
    said: list[str] = []

    found = asked(
        FakeModel(),
        BenchmarkSettings(bits_per_byte=None, right_language=TALK),
        prompts=(UserPrompt(id="p", prompt="Euria?"),),
        progress=lambda done, total, note="": said.append(note),
    )

    assert found == []
    assert said == ["fake has no chat template: prompts are not asked"]
