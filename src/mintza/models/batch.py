"""Batch files in the OpenAI format: requests that wait are written to a file, and answers from a file go into the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from mintza.errors import BadInput
from mintza.models.backbones import template_of
from mintza.models.journal import Journal
from mintza.models.places import Places
from mintza.models.providers.server import server_ref
from mintza.models.requests import body_of, key_of, same_of
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Receipt, Sampling
from mintza.models.settings import ServerSettings
from mintza.models.templates import ChatTemplate
from mintza.models.wire import Malformed, OutOfSchema, Wire, WireRequest, failed, read_completion
from mintza.records import Backbone, ModelRef

_FAILED = b'{"failed":"'
BATCH = "batch"
"""Whom an answer out of a file is said to come from."""


class RoundOver(Exception):
    """What the stage would ask next depends on answers that are not there yet."""


@dataclass
class Round:
    """What a stage asks before it needs an answer: calls of one kind, sampled alike. waiting: requests that lack one."""

    waiting: int = 0
    _asked: tuple[str, str, Sampling] | None = None

    def begins(self, model: str, kind: str, sampling: Sampling) -> None:
        """A call begins. Raises RoundOver when it is of another kind than one that lacks answers."""
        asked = (model, kind, sampling)
        if self.waiting and asked != self._asked:
            raise RoundOver
        self._asked = asked


class BatchModel:
    """A TextModel that answers from the journal, and writes down what is missing instead of asking it.

    write: takes a line of a batch file; custom_id is the request's key. What is missing is answered with an error. What failed
    as often as the model's `tries` is not written down again: a model that is asked greedily would fail for ever.
    """

    def __init__(
        self,
        settings: ServerSettings,
        *,
        name: str,
        backbone: Backbone | None,
        journal: Journal,
        round: Round,
        write: Callable[[dict[str, Any]], None],
    ) -> None:
        self._ref = server_ref(settings, name, backbone)
        self._template = None if backbone is None else template_of(backbone)
        self._wire = Wire(settings, backbone, self._template)
        self._journal = journal
        self._round = round
        self._write = write
        self._written = Places()
        self._tries = settings.execution.tries
        self._failures = _failures(journal.folder)

    @property
    def ref(self) -> ModelRef:
        """As of the model that will be asked."""
        return self._ref

    @property
    def template(self) -> ChatTemplate | None:
        """As of the model that will be asked."""
        return self._template

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """From the journal, else an error."""
        return self._answers(
            prompts, sampling, None, "complete", lambda prompt: self._wire.completion(prompt, sampling)
        )

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """From the journal, else an error."""
        return self._answers(
            prompts, sampling, schema, "chat", lambda prompt: self._wire.chat(prompt, sampling, schema)
        )

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Batch files have none. Raises BadInput."""
        raise BadInput("a batch file cannot ask for likelihoods", remedy="use `provider: local` for exams")

    def close(self) -> None:
        """Nothing is open."""

    def _answers(
        self,
        prompts: Iterable[Any],
        sampling: Sampling,
        schema: JsonSchema | None,
        kind: str,
        wired: Callable[[Any], WireRequest],
    ) -> Iterator[Completion]:
        self._round.begins(self._ref.name, kind, sampling)
        same = same_of(self._ref, sampling, schema)
        asked: list[tuple[int, str]] = []
        # All are written down before one is answered: an exam stops at the first that has no answer.
        for prompt in prompts:
            request = {**same, **body_of(prompt)}
            key = key_of(request)
            asked.append((prompt.draw, key))
            if key not in self._journal and (self._failures.get(key) or 0) < self._tries:
                self._wait_for(key, request, wired(prompt))
        for draw, key in asked:
            yield self._journal.get(key) or failed(draw, "its answer will come in a batch file")

    def _wait_for(self, key: str, request: Mapping[str, Any], wired: WireRequest) -> None:
        self._round.waiting += 1
        if key in self._written:
            return
        self._written.put(key, 1)
        self._journal.export(key, request)
        self._write({"custom_id": key, "method": "POST", "url": f"/v1{wired.path}", "body": wired.body})


def _failures(folder: Path) -> Places:
    """How often each request failed that did."""
    counts = Places()
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                if line.startswith(_FAILED) and line.endswith(b"}\n"):
                    key = line[len(_FAILED) :][:64].decode("ascii", "replace")
                    counts.put(key, (counts.get(key) or 0) + 1)
    return counts


def _failed_in(failures: Callable[[], Places], key: str) -> bool:
    return key in failures()


@dataclass
class Taken:
    """What came of a file of answers. causes: why lines were no answers, with counts."""

    answers: int = 0
    failures: int = 0
    duplicates: int = 0
    foreign: int = 0
    causes: dict[str, int] = field(default_factory=dict)

    def cause(self, why: str) -> None:
        """Count one."""
        self.failures += 1
        short = why.partition(":")[0][:80]
        self.causes[short] = self.causes.get(short, 0) + 1


def take_back(path: Path, journals: Iterable[Journal]) -> Taken:
    """Put the answers of a file into the journal that wrote their requests down, in any order.

    A request that has an answer keeps it; lines of other requests are counted and left. What failed is journalled as failed,
    and will be exported again. Raises BadInput when the file cannot be read.
    """
    taken = Taken()
    listed = list(journals)
    # What failed before this file came; read only where it matters.
    before = {journal.folder: cache(partial(_failures, journal.folder)) for journal in listed}
    try:
        with path.open("rb") as lines:
            for line in lines:
                if line.strip():
                    _take_line(line, listed, before, taken)
    except OSError as error:
        raise BadInput(f"the file cannot be read: {error.strerror}", place=str(path)) from error
    for journal in listed:
        journal.sync()
    return taken


def _take_line(line: bytes, journals: list[Journal], before: Mapping[Path, Callable[[], Places]], taken: Taken) -> None:
    try:
        result = msgspec.json.decode(line)
        key = str(result["custom_id"])
        known = len(key) == 64 and int(key, 16) >= 0
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        taken.foreign += 1
        return
    for journal in journals if known else ():
        if key in journal:
            taken.duplicates += 1
            return
        request = journal.exported(key)
        if request is not None:
            completion = _completion(result, request, partial(_failed_in, before[journal.folder], key))
            journal.put(key, request, completion)
            if completion.finish_reason == "error":
                taken.cause(completion.why)
            else:
                taken.answers += 1
            return
    taken.foreign += 1


def _completion(result: Mapping[str, Any], request: Mapping[str, Any], failed_before: Callable[[], bool]) -> Completion:
    """What a line of results says. vLLM puts the body where others put status and body.

    Words that leave their schema a second time are an answer, and the stage says what is wrong with them: a greedy model would
    say the same for ever.
    """
    draw = int(request["draw"])
    response = result.get("response")
    if not isinstance(response, dict):
        return failed(draw, _why(result.get("error")))
    status = response.get("status_code", 200)
    if status != 200 or result.get("error"):
        return failed(draw, f"status {status}: {_why(result.get('error') or response.get('body'))}")
    body = msgspec.json.encode(response.get("body", response))
    try:
        try:
            completion = read_completion(body, draw, request.get("schema"))
        except OutOfSchema:
            if not failed_before():
                raise
            completion = read_completion(body, draw)
    except (Malformed, OutOfSchema) as error:
        return failed(draw, str(error))
    receipt = Receipt(response=body.decode(), seconds=0.0, endpoint=BATCH)
    return msgspec.structs.replace(completion, receipt=receipt)


def _why(error: Any) -> str:
    if isinstance(error, dict):
        inner = error.get("error", error)
        return str(inner.get("message") or inner.get("code") or inner) if isinstance(inner, dict) else str(inner)
    return str(error or "no answer and no reason")
