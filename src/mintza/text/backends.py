"""The adapter to pycld2 and py3langid: the only file that names them; each is loaded when it is first asked."""

from __future__ import annotations

import copy
import functools
from collections.abc import Collection
from typing import Any, NamedTuple

from mintza.errors import MissingPart

_INSTALL = "pip install 'mintza[text]'"


class Guess(NamedTuple):
    """language: as the backend calls it.  score: 0 to 1."""

    language: str
    score: float


def pycld2_guess(text: str) -> Guess | None:
    """What pycld2 says of the text when it calls itself reliable, else None.

    score: share of the text that it found to be in that language.
    """
    try:
        import pycld2
    except ImportError:
        raise MissingPart("pycld2 is not installed", remedy=_INSTALL) from None
    try:
        reliable, _, details = pycld2.detect(text, isPlainText=True)
    except (pycld2.error, UnicodeEncodeError):
        # It refuses control characters and non-characters, wherever they stand in the text.
        return None
    _, code, percent, _ = details[0]
    return Guess(code, percent / 100) if reliable and percent else None


class Py3langid:
    """py3langid among some languages; among all of its own when it would have fewer than two to choose from."""

    def __init__(self, labels: Collection[str]) -> None:
        self.labels = frozenset(labels)

    def guess(self, text: str) -> Guess:
        """The likeliest language and its probability, by the square root of the length as py3langid weighs it."""
        label, probability = self._model.classify(text)
        return Guess(label, float(probability))

    @functools.cached_property
    def _model(self) -> Any:
        model = copy.copy(_whole_model())
        usable = self.labels & set(model.labels)
        if len(usable) > 1:
            model.set_languages(sorted(usable))
        return model


@functools.lru_cache(maxsize=1)
def _whole_model() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise MissingPart("py3langid is not installed", remedy=_INSTALL) from None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
