"""chrF++ and BLEU of a corpus by sacrebleu, and bootstrap intervals over segments. The room's only file that names sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mintza.errors import MissingPart

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REPLICAS = 1000


class Scored(NamedTuple):
    """A corpus score, 0 to 100, with its 95 % interval. replicas: the score of each draw of segments, shape (1000,)."""

    value: float
    low: float
    high: float
    replicas: NDArray[np.float64]


class Scores:
    """Scores hypotheses against one reference each. chrf_signature: how sacrebleu says chrF++ was made.

    Intervals are percentiles of draws of segments with replacement; the draws of two calls of the same seed and length
    are the same, so that replicas can be subtracted (paired bootstrap, Koehn 2004). Raises MissingPart without sacrebleu.
    """

    def __init__(self, seed: int) -> None:
        try:
            from sacrebleu.metrics.bleu import BLEU
            from sacrebleu.metrics.chrf import CHRF
        except ImportError:
            raise MissingPart("sacrebleu is not installed", remedy="pip install 'mintza[text]'") from None
        self._chrf = CHRF(word_order=2)
        self._bleu = BLEU()
        self._seed = seed

    @property
    def chrf_signature(self) -> str:
        """Of chrF++, as sacrebleu writes it after a score was made."""
        return str(self._chrf.get_signature())

    def chrf(self, hypotheses: Sequence[str], references: Sequence[str]) -> Scored:
        """chrF++ (Popović 2017): character 6-grams and word bigrams."""
        return self._scored(self._chrf, hypotheses, references)

    def bleu(self, hypotheses: Sequence[str], references: Sequence[str]) -> Scored:
        """BLEU with sacrebleu's defaults (13a, exponential smoothing)."""
        return self._scored(self._bleu, hypotheses, references)

    def _scored(self, metric: Any, hypotheses: Sequence[str], references: Sequence[str]) -> Scored:
        import numpy as np

        value = float(metric.corpus_score(list(hypotheses), [list(references)]).score)
        # sacrebleu keeps the counts of each segment to itself; a test holds their sum to its own corpus score.
        counts = np.array(metric._extract_corpus_statistics(list(hypotheses), [list(references)]), dtype=np.int64)
        drawn = np.random.default_rng(self._seed).integers(0, len(counts), size=(REPLICAS, len(counts)))
        replicas = np.array([metric._compute_score_from_stats(counts[row].sum(axis=0).tolist()).score for row in drawn])
        low, high = np.percentile(replicas, (2.5, 97.5))
        return Scored(value, float(low), float(high), replicas)


def gain(one: Scored, other: Scored) -> tuple[float, float, float]:
    """How much higher `one` is, and the 95 % interval of that, over the same draws of segments."""
    import numpy as np

    low, high = np.percentile(one.replicas - other.replicas, (2.5, 97.5))
    return one.value - other.value, float(low), float(high)
