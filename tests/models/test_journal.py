from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.errors import StoreError
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.scripted import ScriptedModel
from mintza.models.requests import request_body, request_key
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.settings import ScriptedExecution, ScriptedSettings
from mintza.models.templates import ChatTemplate
from mintza.records import FinishReason, Message, ModelRef

REF = ModelRef(name="m", provider="scripted", location="", revision="r1")


class FakeModel:
    """Answers each raw prompt with its text in capitals, the last asked first in every three; counts what it is asked."""

    def __init__(self, failing: frozenset[int] = frozenset()) -> None:
        self.asked: list[int] = []
        self.failing = failing
        self.closed_early = False

    ref = REF
    template: ChatTemplate | None = None

    def _answer(self, prompt: Prompt) -> Completion:
        finish: FinishReason = "error" if prompt.draw in self.failing else "stop"
        return Completion(
            draw=prompt.draw, text=prompt.text.upper(), finish_reason=finish, prompt_tokens=1, completion_tokens=1
        )

    def complete_as_they_come(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        under_way: list[tuple[int, Prompt]] = []
        try:
            for number, prompt in enumerate(prompts):
                self.asked.append(prompt.draw)
                under_way.append((number, prompt))
                while len(under_way) >= 3:
                    last, asked = under_way.pop()
                    yield last, self._answer(asked)
                    under_way.reverse()
            for last, asked in under_way:
                yield last, self._answer(asked)
        except GeneratorExit:
            self.closed_early = True
            raise

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        yield from (answer for _, answer in sorted(self.complete_as_they_come(prompts, sampling)))

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]:
        raise NotImplementedError

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        raise NotImplementedError

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        return (Likelihood(log_likelihood=-1.0, tokens=1, greedy=True) for _ in pairs)

    def close(self) -> None:
        pass


def prompts(*draws: int) -> list[Prompt]:
    return [Prompt(text=f"text {draw}", draw=draw) for draw in draws]


def done(text: str = "said", finish: FinishReason = "stop") -> Completion:
    return Completion(draw=0, text=text, finish_reason=finish, prompt_tokens=2, completion_tokens=1)


def write(folder: Path, *draws: int) -> list[str]:
    """Journal an answer to each draw; their keys."""
    journal = Journal(folder, REF)
    keys = []
    for prompt in prompts(*draws):
        keys.append(request_key(REF, Sampling(), prompt))
        journal.put(keys[-1], request_body(REF, Sampling(), prompt), done(f"answer {prompt.draw}"))
    journal.close()
    return keys


def test_another_draw_model_sampling_or_schema_is_another_request() -> None:
    prompt = Prompt(text="a", draw=1)
    chat = ChatPrompt(messages=(Message(role="user", content="a"),), draw=1)
    keys = [
        request_key(REF, Sampling(), prompt),
        request_key(REF, Sampling(), Prompt(text="a", draw=2)),
        request_key(REF, Sampling(temperature=1.0), prompt),
        request_key(ModelRef(name="m", provider="scripted", location="", revision="r2"), Sampling(), prompt),
        request_key(REF, Sampling(), chat),
        request_key(REF, Sampling(), chat, {"type": "object"}),
    ]
    assert len(set(keys)) == len(keys)


def test_the_name_of_a_model_and_its_place_are_not_in_the_key() -> None:
    elsewhere = ModelRef(name="other", provider="scripted", location="elsewhere", revision="r1")
    prompt = Prompt(text="a", draw=1)
    assert request_key(REF, Sampling(), prompt) == request_key(elsewhere, Sampling(), prompt)


def test_an_answer_is_found_again_by_whoever_opens_the_journal_next(tmp_path: Path) -> None:
    first, second = write(tmp_path, 1, 2)
    journal = Journal(tmp_path, REF)
    assert journal.get(first) == done("answer 1")
    assert journal.get(second) == done("answer 2")
    assert journal.get("0" * 64) is None
    assert len(journal) == 2


def test_the_files_of_all_writers_are_read_together(tmp_path: Path) -> None:
    keys = write(tmp_path, 1) + write(tmp_path, 2) + write(tmp_path, 3)
    assert len(list(tmp_path.glob("*.jsonl"))) == 3
    assert all(key in Journal(tmp_path, REF) for key in keys)


def test_a_journal_that_is_only_read_leaves_no_file(tmp_path: Path) -> None:
    Journal(tmp_path, REF).close()
    assert not list(tmp_path.iterdir())


def test_a_torn_last_line_is_not_there_and_the_rest_is(tmp_path: Path) -> None:
    kept, torn = write(tmp_path, 1, 2)
    [path] = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        journal = Journal(tmp_path, REF)
        assert journal.get(kept) is not None
        assert journal.get(torn) is None
        assert journal.unreadable == 0
        journal.close()


def test_a_spoiled_line_in_the_middle_is_counted_and_not_used(tmp_path: Path) -> None:
    first, second, third = write(tmp_path, 1, 2, 3)
    [path] = tmp_path.glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        lines[0] + lines[1] + lines[2].replace(b'"completion":{', b'"completion":[') + b"\0\0\n" + lines[3]
    )
    journal = Journal(tmp_path, REF)
    assert (journal.get(first), journal.get(second), journal.get(third)) == (done("answer 1"), None, done("answer 3"))
    assert journal.unreadable == 2


def test_a_failed_answer_is_kept_for_people_and_not_given_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, REF)
    journal.put("a" * 64, {"why": "not"}, done(finish="error"))
    journal.close()
    assert "a" * 64 in next(tmp_path.glob("*.jsonl")).read_text()
    assert Journal(tmp_path, REF).get("a" * 64) is None


def test_an_answer_longer_than_a_read_comes_back_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path, REF)
    long = done("ñandú " * 20_000)
    journal.put("b" * 64, {}, long)
    assert journal.get("b" * 64) == long
    journal.close()


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="journal"):
        Journal(tmp_path / "file" / "journal", REF)


def test_only_what_the_journal_lacks_is_asked(tmp_path: Path) -> None:
    first = FakeModel()
    list(Journalled(first, Journal(tmp_path, REF)).complete(prompts(1, 3, 5), Sampling()))
    second = FakeModel()
    answers = list(Journalled(second, Journal(tmp_path, REF)).complete(prompts(*range(1, 8)), Sampling()))
    assert sorted(second.asked) == [2, 4, 6, 7]
    assert [answer.text for answer in answers] == [f"TEXT {draw}" for draw in range(1, 8)]


@given(st.lists(st.integers(0, 12), max_size=20), st.lists(st.integers(0, 12), max_size=20))
def test_answers_come_in_the_order_of_the_requests_whatever_is_known(
    tmp_path_factory: pytest.TempPathFactory, known: list[int], asked: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    list(Journalled(FakeModel(), Journal(folder, REF)).complete(prompts(*known), Sampling()))
    model = FakeModel()
    answers = list(Journalled(model, Journal(folder, REF)).complete(prompts(*asked), Sampling()))
    assert [answer.draw for answer in answers] == asked
    assert sorted(model.asked) == sorted(set(asked) - set(known))


def test_an_answer_is_on_disk_before_it_is_given(tmp_path: Path) -> None:
    answers = Journalled(FakeModel(), Journal(tmp_path, REF)).complete(prompts(*range(9)), Sampling())
    for given_ in answers:
        assert request_key(REF, Sampling(), Prompt(text=f"text {given_.draw}", draw=given_.draw)) in Journal(
            tmp_path, REF
        )


def test_a_failed_answer_is_given_and_asked_again_next_time(tmp_path: Path) -> None:
    answers = list(Journalled(FakeModel(frozenset({2})), Journal(tmp_path, REF)).complete(prompts(1, 2, 3), Sampling()))
    assert [answer.finish_reason for answer in answers] == ["stop", "error", "stop"]
    again = FakeModel()
    list(Journalled(again, Journal(tmp_path, REF)).complete(prompts(1, 2, 3), Sampling()))
    assert again.asked == [2]


def test_a_reader_that_stops_early_stops_the_model(tmp_path: Path) -> None:
    model = FakeModel()
    answers = Journalled(model, Journal(tmp_path, REF)).complete((p for p in prompts(*range(50_000))), Sampling())
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert model.closed_early
    assert len(model.asked) < 20_000


def test_a_scripted_model_is_journalled_too(tmp_path: Path) -> None:
    (tmp_path / "replies.yaml").write_text('rules: [{reply: "{draw}: {user}"}]', encoding="utf-8")
    settings = ScriptedSettings(replies="replies.yaml", execution=ScriptedExecution(log="log"))
    for _ in range(2):
        model = ScriptedModel(settings, name="s", base=tmp_path)
        journalled = Journalled(model, Journal(tmp_path / "journal", model.ref))
        turns = [ChatPrompt(messages=(Message(role="user", content="Hi"),), draw=draw) for draw in range(5)]
        assert [answer.text for answer in journalled.chat(turns, Sampling())] == [f"{draw}: Hi" for draw in range(5)]
        journalled.close()
    assert len((tmp_path / "log").read_text().split()) == 5


SAMPLER = """
import sys
from pathlib import Path
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.scripted import ScriptedModel
from mintza.models.seam import Prompt, Sampling
from mintza.models.settings import ScriptedExecution, ScriptedSettings

base = Path(sys.argv[1])
settings = ScriptedSettings(replies="replies.yaml", execution=ScriptedExecution(log="log", delay_s=0.02))
model = ScriptedModel(settings, name="s", base=base)
journalled = Journalled(model, Journal(base / "journal", model.ref))
for answer in journalled.complete((Prompt(text="a", draw=draw) for draw in range(40)), Sampling()):
    print(answer.text, flush=True)
"""


def test_after_kill_9_only_the_request_in_flight_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "replies.yaml").write_text('rules: [{reply: "answer {draw}"}]', encoding="utf-8")
    command = [sys.executable, "-c", SAMPLER, str(tmp_path)]
    for after in (3, 11):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(after):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
    whole = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert whole == [f"answer {draw}" for draw in range(40)]
    asked = (tmp_path / "log").read_text().split()
    assert len(set(asked)) == 40
    assert len(asked) <= 42
