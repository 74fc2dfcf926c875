"""Categories, several exchanges, the judge, and topping up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ENGLISH, FakeIdentifier, FakeModel, Said, conversation, split
from mintza import languages
from mintza.errors import StudyError
from mintza.instruct.filters.balance import cap_of
from mintza.instruct.judging import Judge, labels, schema
from mintza.instruct.settings import (
    BalanceFilterSettings,
    CodeOnlyFilterSettings,
    Filter,
    FilterSettings,
    JudgedFilterSettings,
    JudgeSettings,
    LengthFilterSettings,
    NearDuplicateFilterSettings,
    SampleExecution,
    SampleSettings,
)
from mintza.instruct.stage import filter_, judge, sample, survivors_of
from mintza.models.seam import ChatPrompt, Completion, Prompt, Sampling
from mintza.progress import silent
from mintza.records import Category, Conversation, FinishReason, Judgement, SamplePrompts, Verdict

PROMPTS = SamplePrompts(
    turn_system_prompt="In English, about English things.",
    follow_up_system_prompt="The person goes on.",
    categories=(
        Category(name="code", weight=3, turn_system_prompt="About programs."),
        Category(name="advice", weight=1, turn_system_prompt="About decisions."),
    ),
)
IDENTIFIER = FakeIdentifier(ENGLISH.code)


def run(
    model: FakeModel,
    *,
    filters: tuple[Filter, ...] = (),
    judging: Callable[[Iterable[Conversation]], Iterator[Judgement | Verdict]] | None = None,
    **chosen: object,
) -> list[Conversation | Verdict]:
    survivors = survivors_of(FilterSettings(filters=filters), language=ENGLISH, identifier=IDENTIFIER, judged=judging)
    return list(
        sample(
            SampleSettings.model_validate(chosen),
            model=model,
            language=ENGLISH,
            component="english",
            license="Apache-2.0",
            progress=silent,
            prompts=PROMPTS,
            survivors=survivors,
        )
    )


def test_each_draw_is_of_a_category_by_weight_under_its_own_prompt() -> None:
    model = FakeModel()
    made, _ = split(run(model, conversations=400, turn_under="categories"))
    counts = Counter(one.category for one in made)
    assert 260 < counts["code"] < 340
    heads = {prompt.text for prompt, _ in model.completed}
    assert heads == {
        "<|im_start|>system\nAbout programs.<|im_end|>\n<|im_start|>user\n",
        "<|im_start|>system\nAbout decisions.<|im_end|>\n<|im_start|>user\n",
    }
    for one, (prompt, _) in zip(made, model.completed, strict=True):
        assert ("programs" in prompt.text) == (one.category == "code")


def test_the_study_may_weigh_the_categories_anew_and_leave_one_out() -> None:
    made, _ = split(run(FakeModel(), conversations=20, turn_under="categories", category_weights={"code": 0.0}))
    assert {one.category for one in made} == {"advice"}
    with pytest.raises(StudyError, match="no category 'cheese'"):
        run(FakeModel(), conversations=1, turn_under="categories", category_weights={"cheese": 1.0})
    with pytest.raises(StudyError, match="no category is left"):
        run(FakeModel(), turn_under="categories", category_weights={"code": 0.0, "advice": 0.0})


def test_the_languages_own_prompt_stands_in_the_head_when_the_study_says_so() -> None:
    model = FakeModel()
    run(model, conversations=1, turn_under="language")
    assert "In English, about English things." in model.completed[0][0].text


@pytest.mark.parametrize("code", ["eng_Latn", "eus_Latn", "spa_Latn"])
def test_the_prompts_of_a_language_are_there_and_name_it_twice(code: str) -> None:
    prompts = languages.load_sample_prompts(code)
    name = {"eng_Latn": "English", "eus_Latn": "euskara", "spa_Latn": "español"}[code]
    told = [prompts.turn_system_prompt, *(category.turn_system_prompt for category in prompts.categories)]
    assert len(prompts.categories) == 9
    assert all(text.count(name) >= 2 for text in told), told


def test_a_language_without_prompts_says_what_to_write() -> None:
    with pytest.raises(StudyError, match="has no instruct"):
        languages.load_sample_prompts("mlt_Latn")


def test_a_further_exchange_is_drawn_after_the_talk_so_far_and_answered_with_it() -> None:
    model = FakeModel(lambda draw: "Why is that?", lambda prompt: f"Because of {len(prompt.messages)}.")
    made, _ = split(run(model, conversations=1, exchanges=3))
    assert [m.content for m in made[0].messages] == [
        *("Why is that?", "Because of 2.", "Why is that?", "Because of 4.", "Why is that?", "Because of 6.")
    ]
    assert model.completed[1][0].text == (
        "<|im_start|>system\nThe person goes on.<|im_end|>\n<|im_start|>user\nWhy is that?<|im_end|>\n"
        "<|im_start|>assistant\nBecause of 2.<|im_end|>\n<|im_start|>user\n"
    )


def test_a_talk_ends_at_its_last_whole_exchange() -> None:
    asked: Counter[int] = Counter()

    def turn(draw: int) -> Said:
        asked[draw] += 1
        return "# no" if (draw, asked[draw]) == (1, 2) else "And why?"

    def answer(prompt: ChatPrompt) -> Said:
        return "" if (prompt.draw, len(prompt.messages)) == (2, 6) else "So."

    made, dropped = split(run(FakeModel(turn, answer), conversations=3, exchanges=3))
    assert not dropped
    assert [len(one.messages) for one in made] == [6, 2, 4]


def judging(quality: Callable[[str], str], model: list[FakeModel] | None = None) -> Judge:
    """A judge whose word on the quality depends on the conversation's text."""

    def answer(prompt: ChatPrompt) -> Said:
        text = prompt.messages[-1].content
        return json.dumps({"quality": quality(text), "difficulty": "easy", "category": "code"})

    fake = FakeModel(answer=answer)
    if model is not None:
        model.append(fake)
    return Judge(JudgeSettings(), model=fake, language=ENGLISH)


def test_what_is_asked_allowed_and_taken_is_the_same_list() -> None:
    chosen = JudgeSettings()
    lists = labels(chosen)
    assert {name: tuple(one["enum"]) for name, one in schema(lists)["properties"].items()} == lists
    seen: list[FakeModel] = []
    for name, listed in lists.items():
        for label in listed:
            said = {other: others[0] for other, others in lists.items()} | {name: label}
            model = FakeModel(answer=lambda prompt, said=said: json.dumps(said))  # type: ignore[misc]
            (one,) = Judge(chosen, model=model, language=ENGLISH).run([conversation("Why?", "So.")], silent)
            assert isinstance(one, Judgement), label
            assert label in model.chatted[0][0].messages[0].content
            seen.append(model)
    assert seen[0].chatted[0][2] == schema(lists)


@pytest.mark.parametrize(
    "said", ["no", "[]", '{"quality": "good"}', '{"quality": "superb", "difficulty": "easy", "category": "code"}']
)
def test_what_is_no_judgement_is_asked_again_and_then_a_verdict(said: str) -> None:
    model = FakeModel(answer=lambda prompt: said)
    (one,) = Judge(JudgeSettings(tries=2), model=model, language=ENGLISH).run([conversation("Why?", "So.")], silent)
    assert isinstance(one, Verdict)
    assert one.reason == "the judge's answer is no judgement"
    assert [prompt.draw for prompt, _, _ in model.chatted] == [0, 1]


def test_only_what_the_filters_before_the_judge_keep_is_judged() -> None:
    model = FakeModel(answer=lambda prompt: '{"quality": "good", "difficulty": "easy", "category": "code"}')
    records = [conversation("Why is the sky blue?", "So.", id="a-1"), conversation("Hm", "So.", id="a-2")]
    chosen = FilterSettings(filters=(LengthFilterSettings(), JudgedFilterSettings(), NearDuplicateFilterSettings()))
    made = list(
        judge(
            JudgeSettings(),
            chosen.before_judge,
            records,
            model=model,
            language=ENGLISH,
            identifier=IDENTIFIER,
            progress=silent,
        )
    )
    assert [one.record_id for one in made if isinstance(one, Judgement)] == ["a-1"]
    assert len(model.chatted) == 1


def judgement(of: str, quality: str = "good", difficulty: str = "easy", category: str = "code") -> Judgement:
    return Judgement(
        record_id=of, quality=quality, difficulty=difficulty, category=category, model="judge", revision="r"
    )


def test_conversations_are_dropped_by_what_the_judge_said() -> None:
    records = [conversation("Why?", "So.", id=name) for name in ("good", "poor", "hard", "maths", "silent")]
    known = [
        judgement("good"),
        judgement("poor", quality="poor"),
        judgement("hard", difficulty="very hard"),
        judgement("maths", category="mathematics"),
    ]
    chosen = JudgedFilterSettings(difficulties=("easy", "medium"), without_categories=("mathematics",))
    made, dropped = split(
        filter_(FilterSettings(filters=(chosen,)), records, language=ENGLISH, identifier=IDENTIFIER, judgements=known)
    )
    assert [one.id for one in made] == ["good"]
    assert [v.reason for v in dropped] == [
        *("its quality is poor", "its difficulty is very hard", "its category is mathematics"),
        "the judge gave no judgement",
    ]


def test_an_exchange_that_is_nothing_but_code_is_dropped() -> None:
    code = "```py\nprint(1)\n```"
    records = [
        conversation(code, code, id="code"),
        conversation("Write a program that prints one.", code, id="asked"),
        conversation("Hi", "Yes", id="short"),
    ]
    made, dropped = split(
        filter_(FilterSettings(filters=(CodeOnlyFilterSettings(),)), records, language=ENGLISH, identifier=IDENTIFIER)
    )
    assert [one.id for one in made] == ["asked", "short"]
    assert [v.reason for v in dropped] == ["an exchange is nothing but code"]


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 60), min_size=1, max_size=8), st.floats(0.05, 1))
@settings(max_examples=200, deadline=None)
def test_a_balanced_set_is_the_largest_in_which_no_category_has_more_than_its_share(
    counts: dict[str, int], share: float
) -> None:
    def fits(cap: int) -> bool:
        return cap <= share * sum(min(count, cap) for count in counts.values()) + 1e-9

    cap = cap_of(counts, share)
    if len(counts) * share < 1:
        assert cap == min(counts.values())
    else:
        assert cap == max(c for c in range(1, max(counts.values()) + 1) if fits(c))


def test_of_a_category_that_is_too_large_the_first_are_kept() -> None:
    import msgspec

    records = [
        msgspec.structs.replace(conversation(f"Why is it {n}?", "So.", id=f"a-{n}"), category="x" if n < 6 else "y")
        for n in range(8)
    ]
    chosen = FilterSettings(filters=(BalanceFilterSettings(max_share=0.5),))
    made, dropped = split(filter_(chosen, records, language=ENGLISH, identifier=IDENTIFIER))
    assert [one.id for one in made] == ["a-0", "a-1", "a-6", "a-7"]
    assert {v.reason for v in dropped} == {"enough are kept of the category x"}


def third(draw: int) -> Said:
    """Every third turn is long enough for the filter."""
    return f"How high is the hill number {draw * 7919}?" if draw % 3 == 0 else f"Hm {draw}"


LONG = (LengthFilterSettings(),)


def test_sampling_goes_on_until_as_many_survive_as_are_wanted() -> None:
    records = run(FakeModel(third), filters=LONG, conversations=10, top_up=True)
    made, _ = split(records)
    kept, _ = split(filter_(FilterSettings(filters=LONG), made, language=ENGLISH, identifier=IDENTIFIER))
    assert 10 <= len(kept) <= 14
    cut, dropped = split(
        filter_(FilterSettings(filters=LONG), made, language=ENGLISH, identifier=IDENTIFIER, at_most=10)
    )
    assert [one.id for one in cut] == [one.id for one in kept[:10]]
    assert {v.reason for v in dropped if v.step == "top_up"} <= {"enough are kept already"}


def test_topping_up_ends_when_its_draws_are_spent() -> None:
    model = FakeModel(lambda draw: f"Hm {draw}")
    run(model, filters=LONG, conversations=5, top_up=True, max_draws=37)
    assert len(model.completed) == 37
    model = FakeModel(lambda draw: f"Hm {draw}")
    run(model, filters=LONG, conversations=5, top_up=True)
    assert len(model.completed) == 58


@given(st.lists(st.integers(0, 3), min_size=60, max_size=60), st.integers(1, 7), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_which_rounds_are_drawn_does_not_depend_on_the_size_of_a_wave(kinds: list[int], wave: int, wanted: int) -> None:
    def turn(draw: int) -> Said:
        return ["", "# x", f"Hm {draw}", f"How high is the hill number {draw}?"][kinds[draw]]

    runs = [
        run(
            FakeModel(turn),
            filters=LONG,
            conversations=wanted,
            top_up=True,
            max_draws=60,
            execution=SampleExecution(wave=size),
        )
        for size in (wave, 1024)
    ]
    assert runs[0] == runs[1]


def test_topping_up_counts_what_the_judge_keeps_and_asks_of_each_conversation_once() -> None:
    fakes: list[FakeModel] = []
    judged = judging(lambda text: "good" if "5?" in text or "0?" in text else "poor", fakes)
    filters = (LengthFilterSettings(), JudgedFilterSettings())
    model = FakeModel(lambda draw: f"How high is the hill number {draw}?")
    made, _ = split(
        run(
            model,
            filters=filters,
            judging=lambda new: judged.run(new, silent),
            conversations=6,
            top_up=True,
        )
    )
    good = sum("5?" in one.messages[0].content or "0?" in one.messages[0].content for one in made)
    assert good >= 6
    assert len(fakes[0].chatted) == len(made) == len({p.messages[-1].content for p, _, _ in fakes[0].chatted})


class Tokened(FakeModel):
    """Its first token is `# ` unless that is banned."""

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            self.completed.append((prompt, sampling))
            first = "Why" if (7, -100.0) in sampling.logit_bias else "# T"
            text = " is that?" if prompt.text.endswith("Why") else first
            finish: FinishReason = "length" if sampling.max_tokens == 1 else "stop"
            yield Completion(draw=prompt.draw, text=text, finish_reason=finish, prompt_tokens=1, completion_tokens=1)


def banning(model: FakeModel) -> list[Conversation | Verdict]:
    return list(
        sample(
            SampleSettings(conversations=2, max_draws=2),
            model=model,
            language=ENGLISH,
            component="english",
            license="Apache-2.0",
            progress=silent,
            banned=(7,),
        )
    )


def test_the_first_token_is_drawn_by_itself_where_markdown_is_banned_and_nowhere_else() -> None:
    model = Tokened()
    made, dropped = split(banning(model))
    assert not dropped
    assert [one.messages[0].content for one in made] == ["Why is that?"] * 2
    assert [(s.max_tokens, s.logit_bias) for _, s in model.completed] == [(1, ((7, -100.0),))] * 2 + [(128, ())] * 2
    assert model.completed[2][0].text == "<|im_start|>user\nWhy"


def test_a_first_token_that_is_half_a_character_is_drawn_whole_and_markdown_is_still_dropped() -> None:
    model = FakeModel(lambda draw: "\ufffd" if draw else "# no")
    _, dropped = split(banning(model))
    assert [prompt.text for prompt, _ in model.completed][2:] == ["<|im_start|>user\n# no", "<|im_start|>user\n"]
    assert dropped[0].reason == "the turn begins with markdown"
