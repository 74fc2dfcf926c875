"""Canned replies by rules from a YAML file: the same request always gives the same answer. For tests and tiny studies."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from mintza.errors import BadInput, ModelError
from mintza.models.providers.provider import Provider
from mintza.models.requests import request_key
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.settings import ScriptedSettings
from mintza.models.templates import ChatTemplate
from mintza.plain_yaml import plain_yaml
from mintza.records import FinishReason, ModelRef
from mintza.settings import Settings

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


class Rule(Settings):
    """When a pattern is found, what to reply. The first rule that fits answers.

    when: regular expression; "" fits always.  where: `user` searches the last user message, `all` the whole talk with its
    roles; a raw prompt is searched as it is.  asked: only raw prompts, only chats, or both.
    reply: text, in which {draw}, {user} (the last user message or raw prompt), {user_json} (the same inside JSON quotes)
    and {1}, {2}, ... (groups of the pattern) are filled in.  cycle: several replies, taken in turn by draw.
    finish: how the model ended.
    """

    when: str = ""
    where: Literal["user", "all"] = "user"
    asked: Literal["complete", "chat", "any"] = "any"
    reply: str | None = None
    cycle: list[str] | None = None
    finish: FinishReason = "stop"

    @model_validator(mode="after")
    def _sensible(self) -> Rule:
        if (self.reply is None) == (not self.cycle):
            raise ValueError("a rule needs either `reply` or `cycle`")
        try:
            re.compile(self.when)
        except re.error as error:
            raise ValueError(f"`when` is not a regular expression: {error}") from error
        return self


class Replies(Settings):
    """The file. rules: in order.  template: Jinja chat template; null for a model without one.

    nats_per_byte: about how unlikely the model finds any text.
    """

    rules: list[Rule]
    template: str | None = CHATML
    nats_per_byte: Annotated[float, Field(gt=0)] = 1.0


class ScriptedModel(Provider):
    """A TextModel that answers by rules; a word counts as a token. Raises ModelError when no rule fits.

    Its revision is the sha256 of the file of replies; its template is the one in that file, ChatML when it says nothing.
    """

    def __init__(self, settings: ScriptedSettings, *, name: str, base: Path) -> None:
        path = base / settings.replies
        self._replies, revision = _read(path)
        template = None if self._replies.template is None else ChatTemplate(self._replies.template, {})
        super().__init__(ModelRef(name=name, provider="scripted", location=str(path), revision=revision), template)
        self._log = None if settings.execution.log is None else base / settings.execution.log
        self._delay_s = settings.execution.delay_s

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Answer each raw prompt by the first rule that fits."""
        for prompt in prompts:
            self._note(request_key(self._ref, sampling, prompt))
            yield self._answer("complete", prompt.text, prompt.text, prompt.draw, sampling)

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation by the first rule that fits. A schema is not looked at: the file says what is replied."""
        for prompt in prompts:
            self._note(request_key(self._ref, sampling, prompt, schema))
            user = next((m.content for m in reversed(prompt.messages) if m.role == "user"), "")
            whole = "\n".join(f"{m.role}: {m.content}" for m in prompt.messages)
            yield self._answer("chat", user, whole, prompt.draw, sampling)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """About `nats_per_byte` a byte, up to a fifth more or less as the texts' sha256 has it."""
        self._check_open()
        for pair in pairs:
            digest = hashlib.sha256(json.dumps([pair.context, pair.continuation]).encode()).digest()
            share = int.from_bytes(digest[:4], "big") / 2**32
            size = len(pair.continuation.encode())
            yield Likelihood(
                log_likelihood=-size * self._replies.nats_per_byte * (0.8 + 0.4 * share),
                tokens=_tokens(pair.continuation),
                greedy=share < 0.25,
            )

    def _note(self, key: str) -> None:
        self._check_open()
        if self._delay_s:
            time.sleep(self._delay_s)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(key + "\n")

    def _answer(self, asked: str, user: str, whole: str, draw: int, sampling: Sampling) -> Completion:
        for rule in self._replies.rules:
            found = re.search(rule.when, whole if rule.where == "all" else user)
            if found is None or rule.asked not in (asked, "any"):
                continue
            said = rule.reply if rule.cycle is None else rule.cycle[draw % len(rule.cycle)]
            text = _filled(said or "", user, draw, found)
            text, finish = _cut(text, rule.finish, sampling)
            return Completion(
                draw=draw,
                text=text,
                finish_reason=finish,
                prompt_tokens=_tokens(whole),
                completion_tokens=_tokens(text),
            )
        raise ModelError(
            f"no rule fits this {asked} request: {whole[-200:]!r}",
            place=self._ref.location,
            remedy="add a rule, or one with an empty `when` at the end",
        )


def _read(path: Path) -> tuple[Replies, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"the replies cannot be read: {error.strerror}", place=str(path)) from error
    try:
        replies = Replies.model_validate(
            plain_yaml(content, place=str(path), error=BadInput, remedy="docs/guide/models.md says what replies are")
        )
    except ValidationError as error:
        raise BadInput(f"the replies are not as they should be: {error}", place=str(path)) from error
    return replies, hashlib.sha256(content).hexdigest()


def _filled(reply: str, user: str, draw: int, found: re.Match[str]) -> str:
    values = {"draw": str(draw), "user": user, "user_json": json.dumps(user, ensure_ascii=False)[1:-1]}
    values.update({str(number): found.group(number) or "" for number in range(1, 1 + len(found.groups()))})
    names = "|".join(sorted(values, key=len, reverse=True))
    return re.sub(r"\{(" + names + r")\}", lambda place: values[place.group(1)], reply)


def _cut(text: str, finish: FinishReason, sampling: Sampling) -> tuple[str, FinishReason]:
    ends = [place for place in (text.find(stop) for stop in sampling.stop if stop) if place >= 0]
    if ends:
        text, finish = text[: min(ends)], "stop"
    words = list(re.finditer(r"\S+", text))
    if len(words) > sampling.max_tokens:
        return text[: words[sampling.max_tokens - 1].end()], "length"
    return text, finish


def _tokens(text: str) -> int:
    return len(text.split())
