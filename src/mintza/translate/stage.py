"""Conversations are brought into the language (translate); translations worth keeping are kept (check)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Language, Verdict
from mintza.text.identify import Identifier
from mintza.text.verdicts import dropped
from mintza.translate import checks
from mintza.translate.settings import CheckSettings, TranslateSettings
from mintza.translate.translating import Translator

REVISIONS = {"translate": 1, "check": 1}
LIBRARIES: dict[str, tuple[str, ...]] = {"translate": (), "check": ("pycld2", "py3langid")}


def translate(
    settings: TranslateSettings,
    conversations: Iterable[Conversation],
    *,
    model: TextModel,
    source: Language,
    target: Language,
    component: str,
    progress: Progress,
) -> Iterator[Conversation | Verdict]:
    """Yield each conversation in the target language, with the roles, numbers, links and code that it had; or a verdict.

    A translated conversation is `<component>/<id of the original>`. Raises ModelError when the model fails.
    """
    translator = Translator(settings, model=model, source=source, target=target, component=component)
    yield from translator.run(islice(conversations, settings.limit), progress)


def check(
    settings: CheckSettings,
    originals: Iterable[Conversation],
    translated: Iterable[Conversation],
    *,
    source: Language,
    target: Language,
    identifier: Identifier,
) -> Iterator[Conversation | Verdict]:
    """Yield each translation that passes every check, and a verdict, of the first that drops it, for each other."""
    chosen = [checks.make(one, source=source, target=target, identifier=identifier) for one in settings.checks]
    find = _Originals(originals)
    for conversation in translated:
        original = find(conversation.parent_id)
        if original is None:
            yield dropped(
                conversation.id,
                "check",
                "its original is not there",
                unit="conversation",
                excerpt=conversation.messages[0].content,
            )
            continue
        verdicts = (judge.judge(original, conversation) for judge in chosen)
        yield next((verdict for verdict in verdicts if verdict is not None), conversation)


class _Originals:
    """Finds originals by id. Translations come in the order of their originals: only those between are held."""

    def __init__(self, originals: Iterable[Conversation]) -> None:
        self._rest = iter(originals)
        self._passed: dict[str, Conversation] = {}

    def __call__(self, name: str | None) -> Conversation | None:
        if name is None or name in self._passed:
            return self._passed.get(name or "")
        for original in self._rest:
            if original.id == name:
                return original
            self._passed[original.id] = original
        return None
