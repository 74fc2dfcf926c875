"""Several processes share the requests of a stage: each is asked once, by one of them, and all of them see every answer."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from fakes import ENGLISH, FakeModel
from mintza.errors import Held
from mintza.instruct import stage as instruct
from mintza.instruct.settings import SampleExecution, SampleSettings
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.seam import ChatPrompt, Completion, Prompt, Sampling
from mintza.models.sharing import NotShared, Shared, Sharing
from mintza.progress import silent

SAMPLING = Sampling(max_tokens=4)


class Locks:
    """Locks of shares that behave as those of the store, for the threads of a test."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def take(self, share: int) -> AbstractContextManager[object]:
        with self._guard:
            if share in self._held:
                raise Held("somebody asks it")
            self._held.add(share)
        return self._given_back(share)

    @contextmanager
    def _given_back(self, share: int) -> Iterator[None]:
        try:
            yield
        finally:
            with self._guard:
                self._held.discard(share)


def shared(
    model: FakeModel, folder: Path, locks: Locks, own: int, shares: int, absent_s: float = 0.1, patience_s: float = 60.0
) -> Shared:
    journal = Journal(folder, model.ref)
    sharing = Sharing(own=own, shares=shares, take=locks.take, pause_s=0.01, absent_s=absent_s, patience_s=patience_s)
    return Shared(Journalled(model, journal), journal, sharing)


def together(folder: Path, shares: int, there: list[int], model: FakeModel, draws: int) -> list[list[Completion]]:
    """What each process that is there sees."""
    locks = Locks()

    def one(own: int) -> list[Completion]:
        with locks.take(own):
            asked = shared(model, folder, locks, own, shares, absent_s=60.0 if len(there) == shares else 0.1)
            found = list(asked.complete((Prompt(text="Say", draw=draw) for draw in range(draws)), SAMPLING))
            asked.close()
            return found

    with ThreadPoolExecutor(len(there)) as pool:
        return list(pool.map(one, there))


def draws_of(model: FakeModel) -> Counter[int]:
    return Counter(prompt.draw for prompt, _ in model.completed)


def test_each_request_is_asked_once_and_all_see_every_answer_in_order(tmp_path: Path) -> None:
    model = FakeModel()
    seen = together(tmp_path, 3, [0, 1, 2], model, 60)
    assert draws_of(model) == dict.fromkeys(range(60), 1)
    assert [answer.draw for answer in seen[0]] == list(range(60))
    assert seen[0] == seen[1] == seen[2]


def test_shares_are_about_equal() -> None:
    sharing = Sharing(own=0, shares=4, take=Locks().take)
    counts = Counter(sharing.share_of(f"{number * 2654435761 % 2**48:012x}" + "0" * 52) for number in range(4000))
    assert set(counts) == {0, 1, 2, 3}
    assert min(counts.values()) > 800


def test_the_share_of_one_that_never_came_is_asked_by_those_who_are_there(tmp_path: Path) -> None:
    model = FakeModel()
    seen = together(tmp_path, 4, [1, 3], model, 40)
    assert draws_of(model) == dict.fromkeys(range(40), 1)
    assert seen[0] == seen[1]


def test_a_request_that_failed_is_failed_for_all_and_nobody_waits_for_it(tmp_path: Path) -> None:
    model = FakeModel(turn=lambda draw: ("", "error") if draw == 7 else "Yes")
    seen = together(tmp_path, 2, [0, 1], model, 20)
    assert [answer.finish_reason for answer in seen[0]].count("error") == 1
    assert seen[0] == seen[1]


def test_what_failed_before_a_process_came_is_not_waited_for(tmp_path: Path) -> None:
    failing = FakeModel(turn=lambda draw: ("", "error"))
    before = Journal(tmp_path, failing.ref)
    assert list(Journalled(failing, before).complete([Prompt(text="Say", draw=d) for d in range(8)], SAMPLING))
    before.close()
    locks = Locks()
    with locks.take(0), locks.take(1):
        late = shared(FakeModel(), tmp_path, locks, 0, 2)
        reasons = [a.finish_reason for a in late.complete((Prompt(text="Say", draw=d) for d in range(8)), SAMPLING)]
    assert set(reasons) == {"stop", "error"}


def test_one_that_holds_its_share_and_gives_no_answer_is_named_in_the_end(tmp_path: Path) -> None:
    locks = Locks()
    with locks.take(0), locks.take(1), pytest.raises(Held, match="requests are others' to ask"):
        list(
            shared(FakeModel(), tmp_path, locks, 0, 2, patience_s=0.3).complete(
                (Prompt(text="Say", draw=draw) for draw in range(20)), SAMPLING
            )
        )


def test_likelihoods_are_not_shared(tmp_path: Path) -> None:
    with pytest.raises(NotShared):
        shared(FakeModel(), tmp_path, Locks(), 0, 2).likelihood([])


def test_magpie_of_three_processes_asks_what_that_of_one_asks(tmp_path: Path) -> None:
    """Two rounds (the user's turn, then its answer), turns that are drawn again, waves: the stage knows nothing of shares."""
    settings = SampleSettings(conversations=20, execution=SampleExecution(wave=8))

    def scripted() -> FakeModel:
        return FakeModel(turn=lambda draw: "# A heading" if draw % 5 == 0 else f"How tall is hill {draw}?")

    def sampled(model: Shared | FakeModel) -> list[object]:
        return list(
            instruct.sample(settings, model=model, language=ENGLISH, component="c", license="CC0-1.0", progress=silent)
        )

    alone = scripted()
    expected = sampled(alone)
    locks, model = Locks(), scripted()

    def one(own: int) -> list[object]:
        with locks.take(own):
            return sampled(shared(model, tmp_path, locks, own, 3, absent_s=60.0))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(one, range(3))) == [expected] * 3
    assert draws_of(model) == draws_of(alone)

    def chats(asked: FakeModel) -> Counter[ChatPrompt]:
        return Counter(prompt for prompt, _, _ in asked.chatted)

    assert chats(model) == chats(alone)
