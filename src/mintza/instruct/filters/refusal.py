"""Drops conversations in which the model refuses, or says who it is."""

from __future__ import annotations

from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import RefusalFilterSettings
from mintza.records import Conversation, Language, Verdict
from mintza.text.normal import plain
from mintza.text.verdicts import dropped


class RefusalFilter:
    """No answer holds a refusal, no turn an identity, as the language's folder lists them, or one of the study's phrases."""

    def __init__(self, settings: RefusalFilterSettings, *, language: Language) -> None:
        identity = [("the model names itself", phrase) for phrase in (*language.identity_phrases, *settings.phrases)]
        refusal = [("the answer refuses", phrase) for phrase in language.refusal_phrases]
        self._anywhere = [(reason, plain(phrase)) for reason, phrase in identity]
        self._answers = [(reason, plain(phrase)) for reason, phrase in refusal]

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Case, the shape of apostrophes and line breaks make no difference."""
        for turn in turns(conversation):
            text = plain(turn.content)
            listed = self._anywhere + (self._answers if turn.role == "assistant" else [])
            for reason, phrase in listed:
                if phrase in text:
                    return dropped(conversation.id, "refusal", reason, unit="conversation", excerpt=turn.content)
        return None
