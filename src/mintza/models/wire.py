"""The OpenAI wire format: a request as a path and a body, and a completion out of a body that came back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mintza.models.headers import read_header
from mintza.models.requests import seed_of
from mintza.models.schemas import out_of_fence, violation, without_tuples
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Prompt, Sampling
from mintza.models.settings import ServerSettings
from mintza.models.templates import ChatTemplate
from mintza.records import Backbone, FinishReason, Message

_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error", "maximum context length")
SCHEMA_IN_WORDS = "Answer with nothing but JSON that keeps to this JSON Schema, without a code fence: {schema}"


class WireRequest(NamedTuple):
    """path: after `/v1`.  body: what is posted.  schema: what the answer has to keep to."""

    path: str
    body: dict[str, Any]
    draw: int
    schema: JsonSchema | None = None


class Malformed(Exception):
    """A body that is no completion. Its text says why."""


class OutOfSchema(Exception):
    """An answer that leaves the schema it was asked under. Its text says where."""


class Wire:
    """How a model of a study is asked in the OpenAI format.

    backbone: whose template renders chats here; without one the server renders them.
    """

    def __init__(self, settings: ServerSettings, backbone: Backbone | None, template: ChatTemplate | None) -> None:
        self._settings = settings
        self._template = template
        self._bos = "" if backbone is None else _doubled_bos(backbone)

    def completion(self, prompt: Prompt, sampling: Sampling) -> WireRequest:
        """Raw text to continue."""
        return self._raw(prompt.text, prompt, sampling, None)

    def chat(self, prompt: ChatPrompt, sampling: Sampling, schema: JsonSchema | None) -> WireRequest:
        """Turns to answer: rendered here where there is a template, except under a schema that only the server's chat takes."""
        in_chat = schema is not None and self._settings.dialect not in ("vllm", "prompt")
        told = prompt.messages if schema is None else self._told(prompt.messages, schema)
        if self._template is not None and not in_chat:
            text = self._template.render(told, add_generation_prompt=True)
            return self._raw(text, prompt, sampling, schema)
        messages = [{"role": message.role, "content": message.content} for message in told]
        body: dict[str, Any] = {"messages": messages, **self._common(prompt, sampling), **self._schema(schema)}
        return WireRequest("/chat/completions", body, prompt.draw, schema)

    def _raw(
        self, text: str, prompt: Prompt | ChatPrompt, sampling: Sampling, schema: JsonSchema | None
    ) -> WireRequest:
        # The server puts a BOS token before raw text: the one that the template printed would be the second.
        text = text.removeprefix(self._bos) if self._bos else text
        body = {"prompt": text, **self._common(prompt, sampling), **self._schema(schema)}
        return WireRequest("/completions", body, prompt.draw, schema)

    def _told(self, messages: Sequence[Message], schema: JsonSchema) -> tuple[Message, ...]:
        """The turns, with the schema in the system's where the server takes none."""
        if self._settings.dialect != "prompt":
            return tuple(messages)
        words = SCHEMA_IN_WORDS.format(schema=json.dumps(schema, ensure_ascii=False))
        first, *rest = messages
        if first.role != "system":
            return (Message(role="system", content=words), first, *rest)
        return (Message(role="system", content=f"{first.content}\n\n{words}"), *rest)

    def _schema(self, schema: JsonSchema | None) -> dict[str, Any]:
        if schema is None or self._settings.dialect == "prompt":
            return {}
        plain = json.loads(json.dumps(schema))
        if self._settings.dialect == "vllm":
            return {"structured_outputs": {"json": plain}}
        if self._settings.dialect == "openai":
            plain = without_tuples(plain)
        return {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": plain},
            }
        }

    def _common(self, prompt: Prompt | ChatPrompt, sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._settings.limit_field: sampling.max_tokens,
            "seed": seed_of(prompt),
        }
        for name in self._settings.leaves_out:
            del body[name]
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.logit_bias:
            # llama.cpp also takes the object, and reads some of its keys as text.
            listed = self._settings.dialect == "llamacpp"
            pairs = sampling.logit_bias
            body["logit_bias"] = (
                [list(pair) for pair in pairs] if listed else {str(token): bias for token, bias in pairs}
            )
        return body


def read_completion(content: bytes | str, draw: int, schema: JsonSchema | None = None) -> Completion:
    """The first choice of a body. Raises Malformed when the body is no completion, OutOfSchema when its words leave the schema.

    An answer that ended otherwise than by itself or at its limit is an answer whose finish_reason is `error`.
    """
    try:
        reply = msgspec.json.decode(content)
        choice = reply["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        usage = reply.get("usage") or {}
        tokens = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        shown = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        raise Malformed(f"what came is not what an OpenAI-compatible server gives: {shown[:300]}") from error
    finish = _FINISH.get(str(choice.get("finish_reason")))
    if finish is None or not isinstance(text, str):
        return failed(draw, f"it ended with {choice.get('finish_reason')!r}", tokens)
    if schema is not None:
        text = out_of_fence(text)
    if schema is not None and finish == "stop" and (wrong := violation(text, schema)):
        raise OutOfSchema(f"the answer leaves its JSON schema: {wrong}: {text[:200]}")
    return Completion(draw=draw, text=text, finish_reason=finish, prompt_tokens=tokens[0], completion_tokens=tokens[1])


def failed(draw: int, why: str, tokens: tuple[int, int] = (0, 0)) -> Completion:
    """An answer that is none."""
    return Completion(
        draw=draw, text="", finish_reason="error", prompt_tokens=tokens[0], completion_tokens=tokens[1], why=why
    )


def is_too_long(content: str) -> bool:
    """Whether a refusal says that the prompt is too long."""
    return any(sign in content for sign in _TOO_LONG)


def _doubled_bos(backbone: Backbone) -> str:
    header = read_header(Path(backbone.location))
    return header.special.get("bos_token", "") if header.adds_bos else ""
