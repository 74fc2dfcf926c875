"""Any OpenAI-compatible address: bounded, patient with 429 and 5xx, and quick to say what a 4xx means."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mintza.errors import MissingPart, ModelError
from mintza.models.backbones import template_of
from mintza.models.headers import read_header
from mintza.models.providers.asking import as_they_come
from mintza.models.providers.provider import ManyAtOnce
from mintza.models.requests import seed_of
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.settings import ServerSettings
from mintza.records import Backbone, FinishReason, ModelRef

if TYPE_CHECKING:
    import httpx

_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error", "maximum context length")
_FIRST_WAIT_S = 1.0


class _Request(NamedTuple):
    path: str
    body: dict[str, Any]
    draw: int


class ServerModel(ManyAtOnce):
    """A TextModel behind an address. With a backbone, chats are rendered by its template and sent as raw text, as everywhere;
    without one, the server renders them. Its revision is what the study says is served there.

    A prompt that is too long ends in an answer whose finish_reason is `error`, and so does an answer that ends otherwise than
    by itself or at its limit (a content filter); all else that fails is a ModelError. Raises MissingPart when the variable
    that holds the key is not set.
    """

    def __init__(self, settings: ServerSettings, *, name: str, backbone: Backbone | None) -> None:
        self._settings = settings
        self._execution = settings.execution
        revision = f"{settings.model}@{settings.revision}"
        if backbone is not None:
            revision = f"{revision}+{backbone.revision}"
        ref = ModelRef(name=name, provider="server", location=settings.execution.url, revision=revision)
        super().__init__(ref, None if backbone is None else template_of(backbone))
        self._bos = "" if backbone is None else _doubled_bos(backbone)
        self._headers = _headers(settings, name)

    def complete_as_they_come(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        return self._asked(self._raw(prompt.text, prompt, sampling) for prompt in prompts)

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """A schema is sent to the server's chat, which alone can keep to it."""
        template = self._template
        if template is None or schema is not None:
            return self._asked(self._turns(prompt, sampling, schema) for prompt in prompts)
        return self._asked(
            self._raw(template.render(prompt.messages, add_generation_prompt=True), prompt, sampling)
            for prompt in prompts
        )

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Servers give none that can be relied on. Raises ModelError."""
        raise ModelError(
            f"model {self._ref.name!r}: a server gives no likelihoods", remedy="use `provider: local` for exams"
        )

    def _raw(self, text: str, prompt: Prompt | ChatPrompt, sampling: Sampling) -> _Request:
        # The server puts a BOS token before raw text: the one that the template printed would be the second.
        text = text.removeprefix(self._bos) if self._bos else text
        return _Request("/completions", {"prompt": text, **self._common(prompt, sampling)}, prompt.draw)

    def _turns(self, prompt: ChatPrompt, sampling: Sampling, schema: JsonSchema | None) -> _Request:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        body: dict[str, Any] = {"messages": messages, **self._common(prompt, sampling)}
        if schema is not None:
            wanted = {"name": "answer", "strict": True, "schema": json.loads(json.dumps(schema))}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return _Request("/chat/completions", body, prompt.draw)

    def _common(self, prompt: Prompt | ChatPrompt, sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed_of(prompt),
        }
        return {**body, "stop": list(sampling.stop)} if sampling.stop else body

    def _asked(self, requests: Iterator[_Request]) -> Iterator[tuple[int, Completion]]:
        self._check_open()
        return as_they_come(requests, self._ask, width=self._execution.concurrency, client=self._client)

    def _client(self) -> httpx.AsyncClient:
        import httpx

        limits = httpx.Limits(max_connections=self._execution.concurrency)
        return httpx.AsyncClient(headers=self._headers, timeout=self._execution.timeout_s, limits=limits)

    async def _ask(self, client: httpx.AsyncClient, request: _Request) -> Completion:
        import httpx

        address = self._execution.url.rstrip("/") + request.path
        problem = ""
        for attempt in range(self._execution.tries):
            if attempt:
                await asyncio.sleep(_FIRST_WAIT_S * 2 ** (attempt - 1) * _jitter(request, attempt))
            try:
                reply = await client.post(address, json=request.body)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__} {error}".strip()
                continue
            if reply.status_code == 429 or reply.status_code >= 500:
                problem = f"status {reply.status_code}: {reply.text[:300]}"
                continue
            if reply.status_code >= 400:
                return self._refused(request, reply.status_code, reply.text)
            return self._completion(request, reply.text)
        raise ModelError(
            f"model {self._ref.name!r}: the server gave no answer in {self._execution.tries} tries: {problem}",
            place=address,
            remedy="look whether it is up and how much it can take; what was answered is in the journal",
        )

    def _refused(self, request: _Request, status: int, text: str) -> Completion:
        if any(sign in text for sign in _TOO_LONG):
            return _error(request, "the prompt is too long for the server's context")
        remedies = {401: "give the right key", 403: "give the right key", 404: "look at `url` and `model`"}
        raise ModelError(
            f"model {self._ref.name!r}: the server refuses with status {status}: {text[:300]}",
            place=self._execution.url + request.path,
            remedy=remedies.get(status, "the server's documentation knows what it takes"),
        )

    def _completion(self, request: _Request, body: str) -> Completion:
        try:
            reply = json.loads(body)
            choice = reply["choices"][0]
            text = choice["message"]["content"] if "message" in choice else choice["text"]
            usage = reply.get("usage") or {}
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ModelError(
                f"model {self._ref.name!r}: the server's answer is not what an OpenAI-compatible one gives: {body[:300]}",
                place=self._execution.url + request.path,
            ) from error
        finish = _FINISH.get(str(choice.get("finish_reason")))
        if finish is None or not isinstance(text, str):
            return _error(request, f"it ended with {choice.get('finish_reason')!r}")
        return Completion(
            draw=request.draw,
            text=text,
            finish_reason=finish,
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            completion_tokens=int(usage.get("completion_tokens") or 0),
        )


def _error(request: _Request, why: str) -> Completion:
    return Completion(draw=request.draw, text="", finish_reason="error", prompt_tokens=0, completion_tokens=0, why=why)


def _jitter(request: _Request, attempt: int) -> float:
    """Between a half and one and a half, from the request's own seed."""
    return 0.5 + random.Random(request.body["seed"] + attempt).random()


def _doubled_bos(backbone: Backbone) -> str:
    header = read_header(Path(backbone.location))
    return header.special.get("bos_token", "") if header.adds_bos else ""


def _headers(settings: ServerSettings, name: str) -> Mapping[str, str]:
    variable = settings.execution.key_env
    if variable is None:
        return {}
    key = os.environ.get(variable)
    if not key:
        raise MissingPart(
            f"model {name!r} needs a key, and the environment variable {variable} is not set",
            remedy=f"run: export {variable}=...",
        )
    return {"Authorization": f"Bearer {key}"}
