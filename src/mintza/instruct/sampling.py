"""Magpie: a chat model writes the user's turn by itself, and then answers it. Source: Xu et al. (2024)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mintza.instruct.asking import Heads, told
from mintza.instruct.settings import SampleSettings
from mintza.models.seam import ChatPrompt, Completion, Prompt, Sampling, TextModel
from mintza.models.templates import PreQuery
from mintza.progress import Progress
from mintza.records import Conversation, Language, Message, Provenance, SamplePrompts, Step, Verdict
from mintza.text.normal import normal_form, well_formed
from mintza.text.verdicts import dropped

MARKDOWN = ("#", "*")
"""What a draw must not begin with: models that were trained on documents then write one, and no instruction."""

BAN = -100.0

Turn = Conversation | Verdict


class Sampler:
    """Draws turns, asks for their answers, and makes conversations of both, in the order of the draws.

    A round never draws more turns than are still lacking, so which draws are used does not depend on the size of a wave.
    banned: ids of tokens with which no user's turn begins.  draws: made so far.  turns: of them that could be used.
    """

    def __init__(
        self,
        settings: SampleSettings,
        *,
        model: TextModel,
        language: Language,
        component: str,
        license: str,
        prompts: SamplePrompts | None,
        banned: tuple[int, ...] = (),
    ) -> None:
        self._banned = tuple((token, BAN) for token in banned)
        self._settings = settings
        self._model = model
        self._language = language
        self._component = component
        self._provenance = Provenance(
            source=model.ref.name,
            license=license,
            steps=(Step(done="sampled", by=model.ref.name, revision=model.ref.revision),),
        )
        self._heads = Heads(settings, prompts, model=model)
        self._told = told(settings, language)
        self.draws = self.turns = 0

    @property
    def spent(self) -> bool:
        """Whether no further draw is allowed."""
        return self.draws >= self._settings.most_draws

    def run(self, wanted: int, progress: Progress) -> Iterator[Turn]:
        """Conversations from `wanted` further turns, and a verdict for each draw that came to none."""
        until = self.turns + wanted
        while self.turns < until and not self.spent:
            wave = min(until - self.turns, self._settings.most_draws - self.draws, self._settings.execution.wave)
            drawn = []
            for turn in self._draw(range(self.draws, self.draws + wave)):
                drawn.append(turn)
                progress(self.turns, until, f"{self.draws + len(drawn)} turns drawn")
            self.draws += wave
            begun = [c for c in drawn if isinstance(c, Conversation)]
            talks = iter(self._gone_on(self._answered(begun)))
            for turn in drawn:
                if isinstance(turn, Verdict):
                    yield turn
                    continue
                self.turns += 1
                yield next(talks)
                progress(self.turns, until, f"{self.draws} turns drawn")
        progress(self.turns, until, f"{self.draws} turns drawn")

    def _draw(self, ordinals: range) -> Iterator[Turn]:
        """The user's turns as conversations of one turn."""
        heads = {ordinal: self._heads.first(ordinal) for ordinal in ordinals}
        for completion, text, reason in self._written([(ordinal, heads[ordinal]) for ordinal in ordinals]):
            record_id = f"{self._component}-{completion.draw:06d}"
            if reason:
                yield dropped(record_id, "sample", reason, unit="conversation", excerpt=text)
                continue
            category = self._heads.category(completion.draw)
            yield Conversation(
                id=record_id,
                language=self._language.code,
                component=self._component,
                messages=(Message(role="user", content=text, finish_reason=completion.finish_reason),),
                provenance=self._provenance,
                category=category.name if category else None,
            )

    def _written(self, asked: Sequence[tuple[int, PreQuery]]) -> Iterator[tuple[Completion, str, str]]:
        """What the model writes after each head, cleaned, and why it is no user's turn, or ""."""
        how = self._settings.turn
        stops = {head.stop for _, head in asked}
        sampling = Sampling(
            temperature=how.temperature, top_p=how.top_p, max_tokens=how.max_tokens, stop=tuple(sorted(stops))
        )
        begun = self._begun(asked, sampling) if self._banned else [""] * len(asked)
        prompts = (Prompt(text=head.head + first, draw=draw) for (draw, head), first in zip(asked, begun, strict=True))
        for completion, first in zip(self._model.complete(prompts, sampling), begun, strict=True):
            text = well_formed(first + completion.text).strip()
            reason = _unusable(completion, text, redraw_unfinished=how.redraw_unfinished) or self._runs_on(text)
            yield completion, text, reason

    def _begun(self, asked: Sequence[tuple[int, PreQuery]], sampling: Sampling) -> list[str]:
        """The first token of each turn as text, drawn where none of the banned can be.

        "" where it cannot be put back as text (half a character, white space that would join the head): that turn is drawn whole.
        """
        one = msgspec.structs.replace(sampling, max_tokens=1, logit_bias=self._banned)
        prompts = (Prompt(text=head.head, draw=draw) for draw, head in asked)
        drawn = [completion.text for completion in self._model.complete(prompts, one)]
        return [text if text.strip() and text == text.lstrip() and "\ufffd" not in text else "" for text in drawn]

    def _answered(self, asked: Sequence[Conversation]) -> list[Turn]:
        """Each with the assistant's next turn, or a verdict on the answer."""
        how = self._settings.answer
        sampling = Sampling(temperature=how.temperature, top_p=how.top_p, max_tokens=how.max_tokens, stop=how.stop)
        prompts = (
            ChatPrompt(messages=(*self._told, *conversation.messages), draw=_draw_of(conversation))
            for conversation in asked
        )
        answers = self._model.chat(prompts, sampling)
        return [self._joined(conversation, answer) for conversation, answer in zip(asked, answers, strict=True)]

    def _gone_on(self, talks: list[Turn]) -> list[Turn]:
        """Further exchanges; a talk whose next turn or answer cannot be used ends where it was whole."""
        still = [place for place, talk in enumerate(talks) if isinstance(talk, Conversation)]
        for _ in range(self._settings.exchanges - 1):
            open_talks = [(place, talk) for place in still if isinstance(talk := talks[place], Conversation)]
            heads = [(_draw_of(talk), self._heads.follow_up(talk.messages)) for _, talk in open_talks]
            asked = [
                (place, _longer(talk, Message(role="user", content=text, finish_reason=completion.finish_reason)))
                for (place, talk), (completion, text, reason) in zip(open_talks, self._written(heads), strict=True)
                if not reason
            ]
            still = []
            for (place, _), answered in zip(asked, self._answered([talk for _, talk in asked]), strict=True):
                if isinstance(answered, Conversation):
                    talks[place] = answered
                    still.append(place)
        return talks

    def _joined(self, asked: Conversation, answer: Completion) -> Turn:
        text = well_formed(answer.text).strip()
        reason = "the model failed to answer" if answer.finish_reason == "error" else self._runs_on(text)
        if not reason:
            reason = self._says_nothing(text)
        if reason:
            return dropped(asked.id, "sample", reason, unit="conversation", excerpt=text or asked.messages[0].content)
        return _longer(asked, Message(role="assistant", content=text, finish_reason=answer.finish_reason))

    def _says_nothing(self, answer: str) -> str:
        """Why the answer is none, or ""."""
        if not answer:
            return "the answer is empty"
        system = [normal_form(message.content) for message in self._told]
        return "the answer is its system prompt" if any(text and text in normal_form(answer) for text in system) else ""

    def _runs_on(self, text: str) -> str:
        """Why the text is more than one turn, or ""."""
        return "the model goes on past its turn" if any(token in text for token in self._heads.markup) else ""


def _draw_of(conversation: Conversation) -> int:
    return int(conversation.id.rpartition("-")[2])


def _longer(talk: Conversation, message: Message) -> Conversation:
    return msgspec.structs.replace(talk, messages=(*talk.messages, message))


def _unusable(completion: Completion, text: str, *, redraw_unfinished: bool) -> str:
    """Why a draw is no user's turn, or ""."""
    if completion.finish_reason == "error":
        return "the model failed to write a turn"
    if not text:
        return "the turn is empty"
    if text.startswith(MARKDOWN):
        return "the turn begins with markdown"
    if redraw_unfinished and completion.finish_reason == "length":
        return "the turn was cut at max_tokens"
    return ""
