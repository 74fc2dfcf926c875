"""A GGUF file run in this process: llama.cpp by the xllamacpp wheel, whose server listens on the loopback only."""

from __future__ import annotations

import json
import secrets
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput, MissingPart, ModelError
from mintza.models.backbones import template_of
from mintza.models.cores import threads_beside_others
from mintza.models.headers import read_header
from mintza.models.providers.asking import as_they_come
from mintza.models.providers.http import Client, NoAnswer
from mintza.models.providers.provider import ManyAtOnce
from mintza.models.requests import seed_of
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.settings import EmbeddedExecution, EmbeddedSettings
from mintza.models.templates import CONTROL, Span, prompt_spans
from mintza.records import Backbone, ModelRef

_FIELDS = ("content", "stop_type", "tokens_evaluated", "tokens_predicted")


class _Request(NamedTuple):
    """What is sent: pieces to encode, and the draw's luck."""

    pieces: list[Span]
    draw: int
    seed: int
    plain: bool


class EmbeddedModel(ManyAtOnce):
    """A TextModel over a GGUF file. The engine starts with the first request and is gone after `close`, or with the process.

    Its revision and template are the backbone's. Chats are rendered by that template and sent as token ids, so that what
    somebody typed never becomes a control token.
    A prompt that is too long for a slot ends in an answer whose finish_reason is `error`; all else that fails is a ModelError.
    Raises BadInput when the backbone is no GGUF file.
    """

    def __init__(self, settings: EmbeddedSettings, *, name: str, backbone: Backbone) -> None:
        location = Path(backbone.location)
        if not location.is_file():
            raise BadInput(
                f"model {name!r}: the embedded engine runs GGUF files, and this is a folder",
                place=backbone.location,
                remedy="use `provider: local` for it",
            )
        self._header = read_header(location)
        self._execution = settings.execution
        ref = ModelRef(name=name, provider="embedded", location=backbone.location, revision=backbone.revision)
        super().__init__(ref, template_of(backbone))
        self._engine: _Engine | None = None
        self._markup: dict[str, list[int]] = {}

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """The engine gives none. Raises ModelError."""
        raise ModelError(
            f"model {self._ref.name!r}: the embedded engine gives no likelihoods",
            remedy="use `provider: local` for exams",
        )

    def complete_as_they_come(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """Control tokens in a raw text are control tokens. A BOS token is added where the model wants one."""
        requests = (
            _Request([Span(prompt.text, False, False)], prompt.draw, seed_of(prompt), plain=True) for prompt in prompts
        )
        return self._asked(requests, sampling, None)

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """With a schema, an answer that finishes is JSON of that schema."""
        template = self._needed_template()
        requests = (
            _Request(prompt_spans(template, prompt.messages), prompt.draw, seed_of(prompt), plain=False)
            for prompt in prompts
        )
        return self._asked(requests, sampling, schema)

    def close(self) -> None:
        """Stop the engine."""
        super().close()
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    def _asked(
        self, requests: Iterator[_Request], sampling: Sampling, schema: JsonSchema | None
    ) -> Iterator[tuple[int, Completion]]:
        self._check_open()
        if self._engine is None:
            self._engine = _Engine(self._ref, self._execution, self._header.context)
        engine = self._engine
        wanted = _parameters(sampling, schema)

        client = engine.client()

        async def ask(request: _Request) -> Completion:
            ids = await self._encoded(client, request)
            status, reply = await engine.post(client, "/completion", {**wanted, "prompt": ids, "seed": request.seed})
            return self._completion(request, status, reply, schema)

        return as_they_come(requests, ask, width=self._execution.slots, close=client.close)

    async def _encoded(self, client: Client, request: _Request) -> list[int]:
        ids: list[int] = []
        for piece in request.pieces:
            ids += await self._ids(client, piece.text, content=piece.content)
        bos = self._header.special.get("bos_token")
        if request.plain and self._header.adds_bos and bos:
            first = await self._ids(client, bos, content=False)
            ids = ids if ids[: len(first)] == first else first + ids
        return ids

    async def _ids(self, client: Client, text: str, *, content: bool) -> list[int]:
        if not content and text in self._markup:
            return self._markup[text]
        engine = self._engine
        if engine is None:
            raise ModelError(f"model {self._ref.name!r} was closed while it was asked")
        body = {"content": text, "add_special": False, "parse_special": not content}
        status, reply = await engine.post(client, "/tokenize", body)
        if status != 200:
            raise self._refused(reply)
        ids = [int(number) for number in reply["tokens"]]
        if not content and len(self._markup) < 4096:
            self._markup[text] = ids
        return ids

    def _completion(
        self, request: _Request, status: int, reply: Mapping[str, Any], schema: JsonSchema | None
    ) -> Completion:
        if status != 200:
            error = reply.get("error", {})
            if error.get("type") != "exceed_context_size_error":
                raise self._refused(reply)
            tokens = int(error.get("n_prompt_tokens", 0))
            why = f"the prompt has {tokens} tokens, and a slot holds {error.get('n_ctx')}"
            return Completion(
                draw=request.draw, text="", finish_reason="error", prompt_tokens=tokens, completion_tokens=0, why=why
            )
        text, stopped = str(reply["content"]), reply["stop_type"]
        if stopped == "eos":
            text = _without_end(text, self._header.special)
        if schema is not None and stopped != "limit" and not _is_json(text):
            raise ModelError(
                f"model {self._ref.name!r}: the engine did not keep to the JSON schema, so it does not understand it",
                remedy="use only types, properties, required, items, enum, minItems, maxItems, maxLength",
            )
        return Completion(
            draw=request.draw,
            text=text,
            finish_reason="length" if stopped == "limit" else "stop",
            prompt_tokens=int(reply["tokens_evaluated"]),
            completion_tokens=int(reply["tokens_predicted"]),
        )

    def _refused(self, reply: Mapping[str, Any]) -> ModelError:
        message = reply.get("error", {}).get("message", "no reason given")
        return ModelError(f"model {self._ref.name!r}: the engine refused: {message}", place=self._ref.location)


def _parameters(sampling: Sampling, schema: JsonSchema | None) -> dict[str, Any]:
    """llama.cpp's own defaults cut the distribution (top_k 40, min_p 0.05): all of them are set to do nothing."""
    wanted: dict[str, Any] = {
        "n_predict": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_k": 0 if sampling.temperature > 0 else 1,
        "top_p": sampling.top_p,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "stop": list(sampling.stop),
        "response_fields": _FIELDS,
    }
    if sampling.logit_bias:
        wanted["logit_bias"] = [list(pair) for pair in sampling.logit_bias]
    if schema is not None:
        # Free white space lets a small model print spaces until it is cut.
        guidance = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
        wanted["json_schema"] = {"x-guidance": guidance, **json.loads(json.dumps(schema))}
    return wanted


def _without_end(text: str, special: Mapping[str, str]) -> str:
    """Text without the control token that ended it."""
    for token in sorted(special.values(), key=len, reverse=True):
        if token and text.endswith(token):
            return text[: -len(token)]
    ends = [found for found in CONTROL.finditer(text) if found.end() == len(text)]
    return text[: ends[-1].start()] if ends else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class _Engine:
    """A running server. Control tokens are written out in answers, so that a filter can see a model that runs on."""

    def __init__(self, ref: ModelRef, execution: EmbeddedExecution, longest: int | None) -> None:
        self._ref = ref
        self._key = secrets.token_hex(16)
        context = min(execution.context, longest or execution.context)
        # Held outside the object: the finalizer, which also runs at exit, must not keep the object alive.
        holder: dict[str, Any] = {"server": start_engine(ref, execution, context, self._key)}
        self._address = str(holder["server"].listening_address)
        self.stop = weakref.finalize(self, holder.clear)

    def client(self) -> Client:
        """A client of this server."""
        return Client(self._address, key=self._key, timeout_s=None)

    async def post(self, client: Client, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and JSON body of the reply."""
        try:
            reply = await client.post(path, body)
            return reply.status, json.loads(reply.body)
        except (NoAnswer, ValueError) as error:
            raise ModelError(
                f"model {self._ref.name!r}: the engine does not answer: {error}",
                place=self._ref.location,
                remedy="fewer slots or a shorter context in `execution` take less memory",
            ) from error


def start_engine(
    ref: ModelRef, execution: EmbeddedExecution, context: int, key: str, *, chat: bool = False, template: str = ""
) -> Any:
    """A server of llama.cpp on the loopback, which asks for the key; it stops when nobody holds it.

    chat: it renders chats itself, by its file's template or this one, and leaves control tokens out of what it says.
    Raises MissingPart without the engine, ModelError when it cannot load the file.
    """
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingPart(
            f"model {ref.name!r} needs the embedded engine", remedy="run: pip install 'mintza[local]'"
        ) from error
    wanted = xllamacpp.CommonParams()
    wanted.model.path = ref.location
    wanted.n_parallel = execution.slots
    wanted.n_ctx = execution.slots * context
    wanted.n_gpu_layers = execution.gpu_layers
    threads = execution.threads or threads_beside_others()
    if threads is not None:
        wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = threads
    wanted.verbosity = 0
    wanted.special = not chat
    wanted.warmup = wanted.ui = wanted.endpoint_slots = wanted.fit_params = False
    wanted.use_jinja = chat
    wanted.model_alias = {ref.name}
    if template:
        wanted.chat_template = template
    wanted.cache_ram_mib = 0
    wanted.api_keys = [key]
    try:
        return xllamacpp.Server(wanted)
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(
            f"model {ref.name!r}: the engine cannot load it: {error}",
            place=ref.location,
            remedy="is it a whole GGUF file, and is there memory for it? Fewer slots and a shorter context take less",
        ) from error
