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
    return hashlib.sha256(_encoder.encode(request_body(model, sampling, prompt, schema))).hexdigest()


def request_body(
    model: ModelRef, sampling: Sampling, prompt: Prompt | ChatPrompt, schema: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request as plain JSON types, with all that is needed to ask it again."""
    body: dict[str, Any] = {
        "provider": model.provider,
        "revision": model.revision,
        "sampling": msgspec.to_builtins(sampling),
        "draw": prompt.draw,
    }
    if isinstance(prompt, Prompt):
        body["prompt"] = prompt.text
    else:
        body["messages"] = [{"role": message.role, "content": message.content} for message in prompt.messages]
    if schema is not None:
        body["schema"] = json.loads(json.dumps(schema))
    return body


def seed_of(prompt: Prompt | ChatPrompt) -> int:
    """Seed of a request, 31 bits, from its draw and its words: two requests with the same draw do not share their luck."""
    words = prompt.text if isinstance(prompt, Prompt) else "\0".join(m.content for m in prompt.messages)
    digest = hashlib.sha256(f"{prompt.draw}\0{words}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
