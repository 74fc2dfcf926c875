"""A checkpoint run in this process by transformers: answers, and the likelihoods that exams are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mintza.errors import ModelError
from mintza.models.backbones import template_of
from mintza.models.providers.branches import Family, families, laid_out, rows
from mintza.models.providers.provider import Provider
from mintza.models.providers.scoring import Group, Piece, batches, encode_pair, grouped, pieces
from mintza.models.requests import seed_of
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.settings import LocalSettings
from mintza.models.templates import ChatTemplate, prompt_spans
from mintza.records import Backbone, ModelRef

if TYPE_CHECKING:
    from mintza.models.providers.torch_engine import Scored, TorchEngine
    from mintza.models.tokenizers import FastTokenizer

_PAIRS_AT_ONCE = 2048
_LONGEST_UNKNOWN = 2048


class _Loaded(NamedTuple):
    engine: TorchEngine
    tokenizer: FastTokenizer


class _Request(NamedTuple):
    ids: list[int]
    draw: int
    seed: int


class LocalModel(Provider):
    """A TextModel over a Hugging Face folder or a GGUF file (dequantised). Weights are read with the first request.

    Its revision is the backbone's, and the precision where it is not float32; its template is the backbone's.
    Answers are written `execution.batch` at a time. Each request draws from its own luck, seeded by draw and words.
    A prompt without room for an answer ends in an answer whose finish_reason is `error`; all else that fails is a ModelError.
    """

    def __init__(self, settings: LocalSettings, *, name: str, backbone: Backbone) -> None:
        revision = backbone.revision if settings.dtype == "float32" else f"{backbone.revision}-{settings.dtype}"
        ref = ModelRef(name=name, provider="local", location=backbone.location, revision=revision)
        super().__init__(ref, template_of(backbone))
        self._settings = settings
        self._loaded: _Loaded | None = None

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text; control tokens in it are control tokens. A BOS token is added where the model wants one."""
        return self._written(
            (_Request(self._begun(prompt.text), prompt.draw, seed_of(prompt)) for prompt in prompts), sampling
        )

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation. Raises ModelError when a schema is asked for: this engine cannot keep to one."""
        template = self._needed_template()
        if schema is not None:
            raise ModelError(
                f"model {self._ref.name!r}: the local engine cannot keep to a JSON schema",
                remedy="use `provider: embedded` or `provider: server` for it, or a way of asking without a schema",
            )
        return self._written(
            (_Request(self._talk(template, prompt), prompt.draw, seed_of(prompt)) for prompt in prompts), sampling
        )

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Nats of each continuation. Without a context the text comes after the BOS token, or the EOS token of a model without.

        Pairs are taken in thousands; in each lot the longest come first, and a context that several pairs share is read once.
        """
        source = iter(pairs)
        while lot := list(islice(source, _PAIRS_AT_ONCE)):
            yield from self._likelihoods(lot)

    def close(self) -> None:
        """Let go of the weights."""
        super().close()
        if self._loaded is not None:
            self._loaded.engine.close()
            self._loaded = None

    def _open(self) -> _Loaded:
        self._check_open()
        if self._loaded is None:
            from mintza.models.hugging_face import read_model
            from mintza.models.providers.torch_engine import TorchEngine
            from mintza.models.tokenizers import load_tokenizer

            execution = self._settings.execution
            tokenizer = load_tokenizer(self._ref.location)
            model = read_model(Path(self._ref.location), self._settings.dtype)
            engine = TorchEngine(model, device=execution.device, threads=execution.threads)
            self._loaded = _Loaded(engine, tokenizer)
        return self._loaded

    def _longest(self) -> int:
        made_for = self._open().engine.context or _LONGEST_UNKNOWN
        return min(self._settings.context or made_for, made_for)

    def _begun(self, text: str) -> list[int]:
        """Ids of a raw text, after a BOS token where the model wants one and the text does not have it."""
        tokenizer = self._open().tokenizer
        ids = tokenizer.encode_markup(text)
        return [*self._start(ids), *ids]

    def _start(self, ids: list[int]) -> list[int]:
        tokenizer = self._open().tokenizer
        wanted = tokenizer.adds_bos and tokenizer.bos is not None and ids[:1] != [tokenizer.bos]
        return [tokenizer.bos] if wanted and tokenizer.bos is not None else []

    def _talk(self, template: ChatTemplate, prompt: ChatPrompt) -> list[int]:
        [pieces] = self._open().tokenizer.encode_spans([prompt_spans(template, prompt.messages)])
        return list(chain.from_iterable(pieces))

    def _written(self, requests: Iterator[_Request], sampling: Sampling) -> Iterator[Completion]:
        if sampling.logit_bias:
            raise ModelError(
                f"model {self._ref.name!r}: the local engine takes no logit bias",
                remedy="use `provider: embedded` or `provider: server` for it",
            )
        while lot := list(islice(requests, self._settings.execution.batch)):
            longest = self._longest()
            short = [request for request in lot if 0 < len(request.ids) < longest]
            answers = iter(self._answers(short, sampling, longest) if short else ())
            for request in lot:
                if 0 < len(request.ids) < longest:
                    yield next(answers)
                else:
                    yield _no_room(request, longest)

    def _answers(self, lot: list[_Request], sampling: Sampling, longest: int) -> Iterator[Completion]:
        engine, tokenizer = self._open()
        # A token is at least a byte, so the end of what was written holds a stop string if it was completed just now.
        reach = max((len(stop.encode()) for stop in sampling.stop), default=0) + 4

        def ended(ids: list[int]) -> bool:
            return bool(sampling.stop) and any(stop in tokenizer.decode(ids[-reach:]) for stop in sampling.stop)

        try:
            found = engine.write([r.ids for r in lot], [r.seed for r in lot], sampling, longest, ended)
        except (RuntimeError, MemoryError) as error:
            raise self._failed(error) from error
        for request, written in zip(lot, found, strict=True):
            yield Completion(
                draw=request.draw,
                text=_before(tokenizer.decode(written.ids), sampling.stop),
                finish_reason="stop" if written.ended else "length",
                prompt_tokens=len(request.ids),
                completion_tokens=len(written.ids),
            )

    def _likelihoods(self, lot: list[Pair]) -> Iterator[Likelihood]:
        longest = self._longest()
        encoded = [self._encoded(pair) for pair in lot]
        shared, alone = families(encoded, longest)
        cut = [piece for number in alone for piece in pieces(number, *encoded[number], longest)]
        nats, tokens, greedy = [0.0] * len(lot), [0] * len(lot), [True] * len(lot)
        for batch in batches(grouped(cut), tokens=self._settings.execution.batch_tokens):
            for piece, value, likeliest in self._scored(batch, cut):
                nats[piece.text] += value
                tokens[piece.text] += len(piece.scored)
                greedy[piece.text] &= likeliest
        for row in rows(shared):
            numbers = [number for family in row for number in family.numbers]
            endings = [ending for family in row for ending in family.endings]
            for number, ending, scored in zip(numbers, endings, self._branches(row), strict=True):
                nats[number], tokens[number], greedy[number] = scored.nats, len(ending), scored.greedy
        for values in zip(nats, tokens, greedy, strict=True):
            yield Likelihood(log_likelihood=values[0], tokens=values[1], greedy=values[2])

    def _branches(self, row: list[Family]) -> list[Scored]:
        endings = [ending for family in row for ending in family.endings]
        return self._open().engine.score_row(laid_out(row), endings)

    def _encoded(self, pair: Pair) -> tuple[list[int], list[int]]:
        tokenizer = self._open().tokenizer
        if pair.context:
            context, continuation = encode_pair(pair.context, pair.continuation, tokenizer.encode_markup)
            start = self._start(context)
            if context or start:
                return [*start, *context], continuation
        else:
            continuation = tokenizer.encode(pair.continuation)
        first = tokenizer.bos if tokenizer.bos is not None else tokenizer.eos
        if first is None:
            raise ModelError(
                f"model {self._ref.name!r} has neither a BOS nor an EOS token for a text to begin after",
                place=self._ref.location,
            )
        return [first], continuation

    def _scored(self, batch: list[Group], cut: list[Piece]) -> Iterator[tuple[Piece, float, bool]]:
        engine = self._open().engine
        keep = max(len(scored) for group in batch for _, scored in group.wanted)
        rows = engine.rows(keep)
        for first in range(0, len(batch), rows):
            part = batch[first : first + rows]
            try:
                found = engine.score([(group.shown, [scored for _, scored in group.wanted]) for group in part])
            except (RuntimeError, MemoryError) as error:
                raise self._failed(error) from error
            for group, endings in zip(part, found, strict=True):
                for (number, _), ending in zip(group.wanted, endings, strict=True):
                    yield cut[number], ending.nats, ending.greedy

    def _failed(self, error: Exception) -> ModelError:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return ModelError(
            f"model {self._ref.name!r}: the engine failed: {first}",
            place=self._ref.location,
            remedy="a smaller `batch` or `batch_tokens` in `execution` takes less memory",
        )


def _no_room(request: _Request, longest: int) -> Completion:
    return Completion(
        draw=request.draw,
        text="",
        finish_reason="error",
        prompt_tokens=len(request.ids),
        completion_tokens=0,
        why=f"the prompt has {len(request.ids)} tokens, and the model holds {longest}",
    )


def _before(text: str, stops: tuple[str, ...]) -> str:
    """Text up to the first stop string."""
    places = [place for place in (text.find(stop) for stop in stops if stop) if place >= 0]
    return text[: min(places)] if places else text
