"""One model behind one or several OpenAI-compatible addresses."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from mintza.errors import MissingPart, ModelError, StudyError
from mintza.models.backbones import template_of
from mintza.models.fleet import Fleet
from mintza.models.providers.asking import Asking
from mintza.models.providers.endpoints import Endpoint
from mintza.models.providers.http import Answer, Client, NoAnswer
from mintza.models.providers.outcomes import Answered, Busy, Failed, Outcome, Refused, Unusable
from mintza.models.providers.provider import ManyAtOnce
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Receipt, Sampling
from mintza.models.settings import EndpointSettings, ServerSettings
from mintza.models.wire import Malformed, OutOfSchema, Wire, WireRequest, failed, is_too_long, read_completion
from mintza.records import Backbone, ModelRef

_SHOWN = 300


class ServerModel(ManyAtOnce):
    """A TextModel behind addresses. With a backbone, chats are rendered by its template and sent as raw text, as everywhere;
    without one, the server renders them. Its revision is what the study says is served there.

    An answer whose finish_reason is `error` is what becomes of a prompt that is too long, of one that the server refuses
    (4xx), of one that came to nothing in all its tries while others were answered, and of one that ended otherwise than by
    itself or at its limit (a content filter). When every address is given up: ModelError.
    Raises MissingPart when a variable that holds a key is not set.
    fleet: finds and keeps up the processes that serve it, where the settings say `serve`.
    """

    def __init__(
        self, settings: ServerSettings, *, name: str, backbone: Backbone | None, fleet: Fleet | None = None
    ) -> None:
        addresses = settings.execution.addresses
        template = None if backbone is None else template_of(backbone)
        super().__init__(server_ref(settings, name, backbone), template)
        self._execution = settings.execution
        self._keys = [_key(address, name) for address in addresses]
        self._wire = Wire(settings, backbone, template)
        # Luck spreads waits over time and bears on no answer.
        self._luck = random.Random(os.getpid()).random
        self._now: list[Endpoint] = []
        self._fleet = fleet
        if settings.execution.serve is not None and fleet is None:
            raise StudyError(
                f"model {name!r} is served by processes that nobody starts here",
                remedy="ask it by `mintza run` or `mintza submit`; or name the `url` of one that runs",
            )

    def complete_as_they_come(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        return self._asked(self._wire.completion(prompt, sampling) for prompt in prompts)

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """With a schema, an answer that leaves it is asked once more, then taken as it is."""
        return self._asked(self._wire.chat(prompt, sampling, schema) for prompt in prompts)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Servers give none that can be relied on. Raises ModelError."""
        raise ModelError(
            f"model {self._ref.name!r}: a server gives no likelihoods", remedy="use `provider: local` for exams"
        )

    def pace(self) -> str:
        """Of each address: answers and tokens a second, requests on their way; "" while nothing is asked."""
        return "; ".join(endpoint.pace(time.monotonic()) for endpoint in self._now)

    def _asked(self, requests: Iterator[WireRequest]) -> Iterator[tuple[int, Completion]]:
        self._check_open()
        execution = self._execution
        clients: dict[str, Client] = {}
        endpoints = []
        for address, key in zip(execution.addresses, self._keys, strict=True):
            name = _place(address.url, clients)
            clients[name] = Client(address.url, key=key, timeout_s=execution.timeout_s, suspects=True)
            before = next((one for one in self._now if one.name == name), None)
            endpoints.append(before.anew() if before else self._endpoint(name, address.concurrency))

        async def ask(endpoint: Endpoint, request: WireRequest) -> Outcome[Completion]:
            return await _ask(clients[endpoint.name], endpoint.name, request)

        async def close() -> None:
            for client in clients.values():
                await client.close()

        def tend(known: Sequence[Endpoint]) -> list[Endpoint]:
            assert self._fleet is not None
            came = []
            for place in self._fleet.tended(known):
                clients[place.name] = Client(place.url, key=place.key, timeout_s=execution.timeout_s, suspects=True)
                came.append(self._endpoint(place.name, place.slots))
            self._now = [*(one for one in known if not one.given_up), *came]
            return came

        asking: Asking[WireRequest, Completion] = Asking(
            endpoints,
            ask,
            failed=lambda request, why: failed(request.draw, why),
            close=close,
            name=self._ref.name,
            tries=execution.tries,
            luck=self._luck,
            tend=None if self._fleet is None else tend,
        )
        self._now = endpoints
        return asking.answers(requests)

    def _endpoint(self, name: str, most: int) -> Endpoint:
        execution = self._execution
        return Endpoint(name, most=most, patience_s=execution.patience_s, tries=execution.tries, luck=self._luck)


def server_ref(settings: ServerSettings, name: str, backbone: Backbone | None) -> ModelRef:
    """Who answers: what the server calls it, at the revision that the study says, under the backbone's template."""
    revision = f"{settings.model}@{settings.revision}"
    if backbone is not None:
        revision = f"{revision}+{backbone.revision}"
    location = " ".join(address.url for address in settings.execution.addresses)
    return ModelRef(name=name, provider="server", location=location, revision=revision)


async def _ask(client: Client, name: str, request: WireRequest) -> Outcome[Completion]:
    began = time.monotonic()
    try:
        answer = await client.post(request.path, request.body)
    except NoAnswer as error:
        return Failed(str(error))
    if answer.status != 200:
        return _no_answer(answer, request)
    outcome: type[Answered[Completion]] | type[Unusable[Completion]] = Answered
    try:
        try:
            completion = read_completion(answer.body, request.draw, request.schema)
        except OutOfSchema:
            outcome, completion = Unusable, read_completion(answer.body, request.draw)
    except Malformed as error:
        return Failed(str(error))
    receipt = Receipt(
        response=answer.body.decode("utf-8", "replace"), seconds=round(time.monotonic() - began, 3), endpoint=name
    )
    return outcome(msgspec.structs.replace(completion, receipt=receipt), completion.completion_tokens)


def _no_answer(answer: Answer, request: WireRequest) -> Outcome[Completion]:
    content = answer.body.decode("utf-8", "replace")
    if answer.status == 429:
        return Busy(answer.after_s)
    problem = f"status {answer.status}: {content[:_SHOWN]}"
    if answer.status >= 500:
        return Failed(problem, answer.after_s)
    if is_too_long(content):
        return Answered(failed(request.draw, "the prompt is too long for the server's context"))
    return Refused(answer.status, content[:_SHOWN], failed(request.draw, problem))


def _place(url: str, taken: dict[str, Client]) -> str:
    """Host and port; numbered when the study names it twice."""
    place = urlsplit(url).netloc.rpartition("@")[2] or url
    return place if place not in taken else f"{place}#{len(taken) + 1}"


def _key(address: EndpointSettings, name: str) -> str | None:
    if address.key_env is None:
        return None
    key = os.environ.get(address.key_env)
    if not key:
        raise MissingPart(
            f"model {name!r} needs a key, and the environment variable {address.key_env} is not set",
            remedy=f"run: export {address.key_env}=...",
        )
    return key
