"""What identifies a request: the model, how it samples, what it is asked, and which draw it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from mintza.models.seam import ChatPrompt, Prompt, Sampling
from mintza.records import ModelRef

_encoder = msgspec.json.Encoder(order="sorted")


def request_key(
    model: ModelRef, sampling: Sampling, prompt: Prompt | ChatPrompt, schema: Mapping[str, Any] | None = None
) -> str:
    """sha256 in hex of all that a request is: another draw of the same prompt is another request.

    Of the model, provider and revision count, and neither its name in the study nor where it lies.
    """
    return key_of(request_body(model, sampling, prompt, schema))


def request_body(
    model: ModelRef, sampling: Sampling, prompt: Prompt | ChatPrompt, schema: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request as plain JSON types, with all that is needed to ask it again."""
    return {**same_of(model, sampling, schema), **body_of(prompt)}


def key_of(body: Mapping[str, Any]) -> str:
    """sha256 in hex of a request."""
    return hashlib.sha256(_encoder.encode(body)).hexdigest()


def same_of(model: ModelRef, sampling: Sampling, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """What requests that are asked together share."""
    same: dict[str, Any] = {"provider": model.provider, "revision": model.revision, "sampling": _sampling(sampling)}
    return same if schema is None else {**same, "schema": json.loads(json.dumps(schema))}


def body_of(prompt: Prompt | ChatPrompt) -> dict[str, Any]:
    """What is a request's own: its draw and its words."""
    if isinstance(prompt, Prompt):
        return {"draw": prompt.draw, "prompt": prompt.text}
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    return {"draw": prompt.draw, "messages": messages}


def _sampling(sampling: Sampling) -> dict[str, Any]:
    """A bias that is none is left out: requests from before there was one keep their keys."""
    told: dict[str, Any] = msgspec.to_builtins(sampling)
    if not sampling.logit_bias:
        del told["logit_bias"]
    return told


def seed_of(prompt: Prompt | ChatPrompt) -> int:
    """Seed of a request, 31 bits, from its draw and its words: two requests with the same draw do not share their luck."""
    words = prompt.text if isinstance(prompt, Prompt) else "\0".join(m.content for m in prompt.messages)
    digest = hashlib.sha256(f"{prompt.draw}\0{words}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
