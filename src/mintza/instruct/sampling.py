"""Magpie: a chat model writes the user's turn by itself, and then answers it. Source: Xu et al. (2024)."""

from __future__ import annotations

from collections.abc import Iterator

from mintza.errors import TemplateError
from mintza.instruct.settings import SampleSettings
from mintza.models.seam import ChatPrompt, Completion, Prompt, Sampling, TextModel
from mintza.models.templates import CONTROL, PreQuery, pre_query
from mintza.progress import Progress
from mintza.records import Conversation, Language, Message, Provenance, Step, Verdict
from mintza.text.normal import normal_form, well_formed
from mintza.text.verdicts import dropped

MARKDOWN = ("#", "*")
"""What a draw must not begin with: models that were trained on documents then write one, and no instruction."""

Turn = Conversation | Verdict


class Sampler:
    """Draws turns, asks for their answers, and makes conversations of both, in the order of the draws.

    Turns are drawn until `conversations` of them are usable. A round never draws more than are still lacking, so which
    draws are used does not depend on the size of a wave.
    """

    def __init__(
        self, settings: SampleSettings, *, model: TextModel, language: Language, component: str, license: str
    ) -> None:
        self._settings = settings
        self._model = model
        self._language = language
        self._component = component
        self._provenance = Provenance(
            source=model.ref.name,
            license=license,
            steps=(Step(done="sampled", by=model.ref.name, revision=model.ref.revision),),
        )
        self._asked = _pre_query(model, settings.turn_system_prompt)
        self._told = _told(settings, language)
        self._markup = _markup(model, self._asked)

    def run(self, progress: Progress) -> Iterator[Turn]:
        """Conversations, and a verdict for each draw that came to none."""
        wanted = self._settings.conversations
        most = self._settings.max_draws or 2 * wanted + 8
        turns = draws = 0
        while turns < wanted and draws < most:
            wave = min(wanted - turns, most - draws, self._settings.execution.wave)
            drawn = []
            for turn in self._draw(range(draws, draws + wave)):
                drawn.append(turn)
                progress(turns, wanted, f"{draws + len(drawn)} turns drawn")
            draws += wave
            answers = self._answer([c for c in drawn if isinstance(c, Conversation)])
            for turn in drawn:
                if isinstance(turn, Verdict):
                    yield turn
                    continue
                turns += 1
                yield self._joined(turn, next(answers))
                progress(turns, wanted, f"{draws} turns drawn")
        progress(turns, wanted, f"{draws} turns drawn")

    def _draw(self, ordinals: range) -> Iterator[Turn]:
        """The user's turns as conversations of one turn."""
        how = self._settings.turn
        sampling = Sampling(
            temperature=how.temperature, top_p=how.top_p, max_tokens=how.max_tokens, stop=(self._asked.stop,)
        )
        prompts = (Prompt(text=self._asked.head, draw=ordinal) for ordinal in ordinals)
        for completion in self._model.complete(prompts, sampling):
            record_id = f"{self._component}-{completion.draw:06d}"
            text = well_formed(completion.text).strip()
            reason = _unusable(completion, text, redraw_unfinished=how.redraw_unfinished) or self._runs_on(text)
            if reason:
                yield dropped(record_id, "sample", reason, unit="conversation", excerpt=text)
                continue
            message = Message(role="user", content=text, finish_reason=completion.finish_reason)
            yield Conversation(
                id=record_id,
                language=self._language.code,
                component=self._component,
                messages=(message,),
                provenance=self._provenance,
            )

    def _answer(self, asked: list[Conversation]) -> Iterator[Completion]:
        how = self._settings.answer
        sampling = Sampling(temperature=how.temperature, top_p=how.top_p, max_tokens=how.max_tokens, stop=how.stop)
        prompts = (
            ChatPrompt(messages=(*self._told, *conversation.messages), draw=_draw_of(conversation))
            for conversation in asked
        )
        return self._model.chat(prompts, sampling)

    def _joined(self, asked: Conversation, answer: Completion) -> Turn:
        text = well_formed(answer.text).strip()
        reason = "the model failed to answer" if answer.finish_reason == "error" else self._runs_on(text)
        if not reason:
            reason = self._says_nothing(text)
        if reason:
            return dropped(asked.id, "sample", reason, unit="conversation", excerpt=text or asked.messages[0].content)
        said = Message(role="assistant", content=text, finish_reason=answer.finish_reason)
        return Conversation(
            id=asked.id,
            language=asked.language,
            component=asked.component,
            messages=(*asked.messages, said),
            provenance=asked.provenance,
        )

    def _says_nothing(self, answer: str) -> str:
        """Why the answer is none, or ""."""
        if not answer:
            return "the answer is empty"
        told = [normal_form(message.content) for message in self._told]
        return "the answer is its system prompt" if any(text and text in normal_form(answer) for text in told) else ""

    def _runs_on(self, text: str) -> str:
        """Why the text is more than one turn, or ""."""
        return "the model goes on past its turn" if any(token in text for token in self._markup) else ""


def _draw_of(conversation: Conversation) -> int:
    return int(conversation.id.rpartition("-")[2])


def _pre_query(model: TextModel, system: str | None) -> PreQuery:
    if model.template is None:
        raise TemplateError(
            f"model {model.ref.name!r} has no chat template, so nothing can be sampled from it",
            remedy="name an instructed model: `instruct: {sample: {model: NAME}}`",
        )
    return pre_query(model.template, system)


def _markup(model: TextModel, asked: PreQuery) -> tuple[str, ...]:
    """Control tokens of the model's chats: where one stands in what it wrote, it went on past its turn."""
    special = model.template.special.values() if model.template else ()
    found = {*special, asked.stop, *(match.group() for match in CONTROL.finditer(asked.head))}
    return tuple(sorted(token for token in found if token))


def _told(settings: SampleSettings, language: Language) -> tuple[Message, ...]:
    """The system turn under which answers are asked, if any."""
    prompt = settings.answer_system_prompt
    text = language.sample_system_prompt if prompt is None else prompt
    return (Message(role="system", content=text),) if text else ()


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
