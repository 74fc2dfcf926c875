"""The translator is tried (gate); conversations are brought into the language (translate); those worth keeping are kept (check)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from mintza.errors import BadInput
from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Gate, Language, ParallelSegment, Trial, Verdict
from mintza.text.identify import Identifier
from mintza.text.verdicts import dropped
from mintza.translate import checks
from mintza.translate.gate import measured, trials
from mintza.translate.pairs import Divided
from mintza.translate.scores import Scores
from mintza.translate.settings import CheckSettings, TranslateSettings
from mintza.translate.translating import Translator

REVISIONS = {"gate": 2, "translate": 2, "check": 3}
LIBRARIES: dict[str, tuple[str, ...]] = {
    "gate": ("pycld2", "py3langid", "sacrebleu"),
    "translate": (),
    "check": ("pycld2", "py3langid"),
}


def translate(
    settings: TranslateSettings,
    conversations: Iterable[Conversation],
    *,
    model: TextModel,
    source: Language,
    target: Language,
    component: str,
    progress: Progress,
    examples: Sequence[ParallelSegment] = (),
) -> Iterator[Conversation | Verdict]:
    """Yield each conversation in the target language, with the roles, numbers, links and code that it had; or a verdict.

    A translated conversation is `<component>/<id of the original>`. examples: pairs that the model is shown each time.
    Raises ModelError when the model fails.
    """
    translator = Translator(settings, model=model, source=source, target=target, component=component, examples=examples)
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
    find = Originals(originals)
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


def gate(
    settings: TranslateSettings,
    check: CheckSettings,
    pairs: Divided,
    *,
    model: TextModel,
    source: Language,
    target: Language,
    identifier: Identifier,
    seed: int,
    progress: Progress,
) -> Iterator[Trial | Gate]:
    """Yield what the model makes of each held-out segment, then one Gate: scores, failures, tokens.

    Raises BadInput when no segment is held out, MissingPart without sacrebleu, ModelError when the model fails.
    """
    if not pairs.held_out:
        raise BadInput(
            "no parallel segment is left to try the translator on",
            remedy="bring more pairs, fewer `examples`, or other `gate: {min_characters: .., max_characters: ..}`",
        )
    scores = Scores(seed)
    tried, spent = trials(
        settings, check, pairs, model=model, source=source, target=target, identifier=identifier, progress=progress
    )
    yield from measured(tried, spent, model=model, scores=scores)


class Originals:
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
