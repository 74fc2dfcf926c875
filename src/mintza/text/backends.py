"""The adapter to pycld2, py3langid and fastText: the only file that names them; each is loaded when it is first asked."""

from __future__ import annotations

import copy
import functools
from collections.abc import Collection
from typing import Any, NamedTuple

from mintza.errors import BadInput, MissingPart

_INSTALL = "pip install 'mintza[text]'"
_INSTALL_FASTTEXT = "pip install 'mintza[glotlid]'"
_LABEL = "__label__"


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


class FastText:
    """A model of fastText in a file, such as GlotLID's. Raises MissingPart without the library, BadInput for another file."""

    def __init__(self, file: str) -> None:
        try:
            import fasttext
        except ImportError:
            raise MissingPart("fasttext-predict is not installed", remedy=_INSTALL_FASTTEXT) from None
        try:
            self._model = fasttext.load_model(file)
        except (ValueError, RuntimeError, MemoryError) as error:
            raise BadInput(
                f"not a model of fastText: {error}", place=file, remedy="give the .bin or .ftz file as it was published"
            ) from None

    def guess(self, text: str) -> Guess:
        """The likeliest label, without `__label__`, and its probability. An empty label when the model sees nothing in the text."""
        labels, chances = self._model.predict(" ".join(text.split()), k=1)
        if not labels:
            return Guess("", 0.0)
        return Guess(labels[0].removeprefix(_LABEL), min(1.0, max(0.0, float(chances[0]))))
