"""The adapter to torch: next-token scores of batches, and writing on from prompts. Token ids in, token ids and nats out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mintza.models.providers.branches import Row
from mintza.models.seam import Sampling

_SCORES_AT_ONCE = 1 << 27


class Scored(NamedTuple):
    """nats: summed log-likelihood of the wanted ids.  greedy: each was the likeliest."""

    nats: float
    greedy: bool


class Written(NamedTuple):
    """ids: what was written, without the token or string that ended it.  ended: by itself, or at a stop string."""

    ids: list[int]
    ended: bool


class TorchEngine:
    """A causal language model of transformers on one device. Rows of a batch are padded on the left."""

    def __init__(self, model: Any, *, device: str | None, threads: int | None) -> None:
        import torch

        if threads is not None:
            torch.set_num_threads(threads)
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.to(self._device)
        self.vocabulary = int(model.config.get_text_config().vocab_size)
        ends = model.generation_config.eos_token_id
        self.ends = frozenset([ends] if isinstance(ends, int) else ends or ())
        self.context: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)

    def rows(self, keep: int) -> int:
        """How many rows may be scored at once when the scores of `keep` places of each are looked at."""
        return max(1, _SCORES_AT_ONCE // (keep * self.vocabulary))

    def score(self, batch: Sequence[tuple[Sequence[int], Sequence[Sequence[int]]]]) -> list[list[Scored]]:
        """For each row of (shown ids, several wanted endings): nats of each ending, which is predicted at the row's end."""
        import torch

        keep = max(len(wanted) for _, endings in batch for wanted in endings)
        with torch.inference_mode():
            ids, mask = self._padded([shown for shown, _ in batch])
            logits = self._forward(ids, mask, logits_to_keep=keep).logits[:, -keep:]
            found = []
            for row, (_, endings) in zip(logits, batch, strict=True):
                log_probabilities = torch.log_softmax(row.float(), dim=-1)
                likeliest = row.argmax(dim=-1)
                found.append([_scored(torch, log_probabilities, likeliest, wanted) for wanted in endings])
        return found

    def score_row(self, row: Row, endings: Sequence[Sequence[int]]) -> list[Scored]:
        """Nats of each ending of a row of families: a token sees its own family's beginning, and its own branch, up to itself.

        The mask is four-dimensional and additive, which every attention of transformers takes as it is.
        """
        import torch

        family, branch = torch.tensor(row.family), torch.tensor(row.branch)
        order = torch.arange(len(row.ids))
        same = (family[:, None] == family[None, :]) & (order[None, :] <= order[:, None])
        seen = same & ((branch[None, :] == -1) | (branch[None, :] == branch[:, None]))
        dtype = next(self._model.parameters()).dtype
        mask = torch.zeros(seen.shape, dtype=dtype).masked_fill(~seen, torch.finfo(dtype).min)
        looked_at = sorted({place for places in row.looked_at for place in places})
        found_at = {place: number for number, place in enumerate(looked_at)}
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor([row.ids], device=self._device),
                position_ids=torch.tensor([row.places], device=self._device),
                attention_mask=mask[None, None].to(self._device),
                use_cache=False,
                logits_to_keep=torch.tensor(looked_at, device=self._device),
            ).logits[0]
            log_probabilities = torch.log_softmax(logits.float(), dim=-1)
            likeliest = logits.argmax(dim=-1)
            scored = []
            for places, wanted in zip(row.looked_at, endings, strict=True):
                at = torch.tensor([found_at[place] for place in places], device=self._device)
                scored.append(_scored(torch, log_probabilities[at], likeliest[at], wanted))
        return scored

    def write(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        sampling: Sampling,
        longest: int,
        ended: Callable[[list[int]], bool],
    ) -> list[Written]:
        """Write on from each prompt until the model ends, `ended` says so of what was written, or a limit is met.

        Each row has its own luck: what is in the batch with it does not change its draws.
        """
        import torch

        luck = [torch.Generator().manual_seed(seed) for seed in seeds]
        written: list[list[int]] = [[] for _ in prompts]
        finished: list[bool | None] = [None for _ in prompts]
        limits = [min(sampling.max_tokens, longest - len(prompt)) for prompt in prompts]
        with torch.inference_mode():
            ids, mask = self._padded(prompts)
            memory, name = None, _memory_name(self._model)
            while True:
                seen = self._forward(ids, mask, **{name: memory}, use_cache=True, logits_to_keep=1)
                memory = seen["cache"] if "cache" in seen else seen["past_key_values"]
                chosen = _chosen(torch, seen.logits[:, -1], sampling, luck)
                for row, token in enumerate(chosen):
                    if finished[row] is None:
                        finished[row] = self._take(written[row], token, limits[row], ended)
                if all(end is not None for end in finished):
                    return [Written(row, bool(end)) for row, end in zip(written, finished, strict=True)]
                ids = torch.tensor(chosen, device=self._device).unsqueeze(1)
                mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)

    def close(self) -> None:
        """Let go of the weights."""
        import torch

        self._model = None
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _take(self, row: list[int], token: int, limit: int, ended: Callable[[list[int]], bool]) -> bool | None:
        """Add a token: True when the row ended, False when it is cut, None when it goes on."""
        if token in self.ends:
            return True
        row.append(token)
        if ended(row):
            return True
        return False if len(row) >= limit else None

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        import torch

        longest = max(len(row) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, longest - len(row) :] = torch.tensor(row)
            mask[place, longest - len(row) :] = 1
        return ids.to(self._device), mask.to(self._device)

    def _forward(self, ids: Any, mask: Any, **more: Any) -> Any:
        places = (mask.cumsum(dim=-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        return self._model(input_ids=ids, attention_mask=mask, position_ids=places, **{"use_cache": False, **more})


def _memory_name(model: Any) -> str:
    """What a model calls its keys and values: transformers 5.24 renames `past_key_values` to `cache`, one family after another."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def _scored(torch: Any, log_probabilities: Any, likeliest: Any, wanted: Sequence[int]) -> Scored:
    ids = torch.tensor(wanted, device=log_probabilities.device)
    nats = log_probabilities[-len(wanted) :].gather(1, ids.unsqueeze(1)).double().sum()
    return Scored(float(nats), bool((likeliest[-len(wanted) :] == ids).all()))


def _chosen(torch: Any, logits: Any, sampling: Sampling, luck: Sequence[Any]) -> list[int]:
    if sampling.temperature <= 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    probabilities = torch.softmax(logits.float().cpu() / sampling.temperature, dim=-1)
    return [_drawn(torch, row, sampling.top_p, own) for row, own in zip(probabilities, luck, strict=True)]


def _drawn(torch: Any, probabilities: Any, top_p: float, luck: Any) -> int:
    """One id; with top_p, from the smallest set of likeliest ids that holds that share."""
    if top_p >= 1:
        return int(torch.multinomial(probabilities, 1, generator=luck))
    ordered, ids = probabilities.sort(descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    ordered[before >= top_p] = 0.0
    ordered[0] = ordered[0].clamp(min=1e-12)
    return int(ids[torch.multinomial(ordered, 1, generator=luck)])
