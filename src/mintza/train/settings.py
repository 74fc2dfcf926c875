"""What a study may say of preparing rows and of training. Defaults are the reference study's, but for the size of a step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mintza.settings import Settings


def _written_as_number(value: Any) -> Any:
    """YAML reads `1e-5` as text: say so, instead of only `not a number`."""
    if isinstance(value, str):
        raise ValueError("this is text, not a number (YAML wants a point in a number with an exponent: 1.0e-5)")  # noqa: TRY004 - pydantic takes ValueError
    return value


Number = Annotated[float, BeforeValidator(_written_as_number)]


LONGEST_ROW = 1 << 20
"""Tokens. A longer row is a slip of the pen: no memory holds its training."""


class PrepareSettings(Settings):
    """How documents and conversations become rows of token ids.

    sequence_length: tokens in a row.
    weights: component -> how often it is gone round in one epoch of the mixture; 0.5 is a seeded half of its records.
    token_budgets: component -> tokens of it in one epoch, in place of a weight: whole rounds, then a seeded sample up to the budget.
    held_out: component -> how many of its documents (of the held-out split) or conversations loss is measured on, each component
        apart, in every mixture; they and their translations are never learned from.  None named: the held-out documents of the
        mixture's own corpus.
    filled: documents that fit a row are cut too, as few as need be, until so much of all rows holds tokens, or until a row that
        is saved would cost more than eight cuts; 0 for never.  shortest_part: tokens that a part of a document has at least (at
        most an eighth of a row).  Conversations are never cut to fill rows.
    document_start: what a document begins with: `bos`, `nothing`, or what the backbone's `tokenizer` would put there.
    long_conversations: what becomes of a conversation that is longer than a row: `drop` (a verdict) or `split` (the parts
        after the first do not see the beginning).
    unrenderable: what becomes of a conversation that the chat template cannot render: `refuse` (an error) or `skip` (a verdict).
    """

    sequence_length: int = Field(default=8192, ge=8, le=LONGEST_ROW)
    weights: dict[str, Annotated[Number, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    token_budgets: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    held_out: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    filled: Number = Field(default=0.99, ge=0, le=1)
    shortest_part: int = Field(default=64, ge=1)
    document_start: Literal["tokenizer", "bos", "nothing"] = "tokenizer"
    long_conversations: Literal["drop", "split"] = "drop"
    unrenderable: Literal["refuse", "skip"] = "refuse"

    @property
    def least_part(self) -> int:
        """Tokens that a part has at least."""
        return min(self.shortest_part, self.sequence_length // 8)

    @model_validator(mode="after")
    def _weight_or_budget(self) -> PrepareSettings:
        both = sorted(self.weights.keys() & self.token_budgets.keys())
        if both:
            raise ValueError(f"a weight or a token budget, not both: {', '.join(both)}")
        return self


class DivergenceSettings(Settings):
    """When training has run away: the loss is over `factor` times the best so far, `steps` times in a row."""

    factor: Number = Field(default=3.0, gt=1)
    steps: int = Field(default=10, ge=1)


class SlurmLaunch(Settings):
    """Processes on every node of the job that trains; how many nodes it has, `execution.cluster` or its profile says.

    per_node: None for one a GPU, and one where there is none.
    """

    per_node: int | None = Field(default=None, ge=1)


class LaunchSettings(Settings):
    """By how many processes a variant is trained; exactly one of these is given.

    processes: 1, in the process of the run itself.  torchrun: so many processes on this machine, started by torchrun.
    slurm: processes on all nodes of a job of Slurm, started by srun.
    """

    processes: Literal[1] | None = None
    torchrun: int | None = Field(default=None, ge=1)
    slurm: SlurmLaunch | None = None

    @model_validator(mode="after")
    def _one_way(self) -> LaunchSettings:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"one way to launch, not {len(given)}: {', '.join(given)}")
        return self


class HardwareSettings(Settings):
    """GPUs to plan for, before there are any: `mintza plan` says whether a variant fits them and how long it takes.

    gpu: a name of the hardware table (mintza/train/hardware.py).  count: all of them.
    tokens_a_second: of all together, as a run of a few steps measured it; None for the table and a share of its peak.
    """

    gpu: str = Field(min_length=1)
    count: int = Field(ge=1)
    tokens_a_second: Number | None = Field(default=None, gt=0)


class FullMethod(Settings):
    """All weights are trained."""

    kind: Literal["full"] = "full"


class LoraMethod(Settings):
    """Low-rank adapters are trained beside frozen weights and merged into them at the end (Hu et al., 2021; by peft).

    rank: of the adapters.  alpha: they are scaled by alpha / rank.  dropout: on what goes into them.
    targets: ends of the names of the layers that get one, None for every linear layer but the head.
    """

    kind: Literal["lora"]
    rank: int = Field(default=16, ge=1)
    alpha: Number = Field(default=32.0, gt=0)
    dropout: Number = Field(default=0.0, ge=0, lt=1)
    targets: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(default=None, strict=False)


Method = Annotated[FullMethod | LoraMethod, Field(discriminator="kind")]


class TrainExecution(Settings):
    """How training runs here; it changes the result by rounding at most.

    launch: by how many processes.  shard_group: processes that share one copy of the weights; None for all of them (full
        shard), fewer for hybrid shard, where every group holds a copy (the reference study: 4 at 8B).
    device: `auto` takes a GPU where torch sees one.
    micro_batch_rows: rows that go through the model at once, in each process.  threads: of torch, None for its own choice.
    attention: the implementation in transformers (`flash`: FlashAttention's variable-length kernel, on GPUs); its isolation of
        documents is checked before the first step.  liger: fused kernels of Liger, on GPUs.
    loss_chunk: supervised tokens whose logits are held at once.
    gradient_checkpointing: less memory for about a quarter of the speed.
    checkpoint_every: steps between checkpoints.  keep_checkpoints: so many of the last are kept.
    background_checkpoints: training goes on while one is written, from a copy of the state in memory.
    tensorboard: whether the curve is written as TensorBoard event files too.  hardware: GPUs that `mintza plan` plans for.
    """

    launch: LaunchSettings = LaunchSettings()
    shard_group: int | None = Field(default=None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    micro_batch_rows: int = Field(default=1, ge=1)
    threads: int | None = Field(default=None, ge=1)
    attention: Literal["sdpa", "eager", "flash"] = "sdpa"
    liger: bool = False
    loss_chunk: int = Field(default=1024, ge=1)
    gradient_checkpointing: bool = False
    checkpoint_every: int = Field(default=50, ge=1)
    keep_checkpoints: int = Field(default=2, ge=1)
    background_checkpoints: bool = False
    tensorboard: bool = False
    hardware: HardwareSettings | None = None


class TrainSettings(Settings):
    """How a backbone is trained on prepared rows.

    epochs: times that the mixture is gone round.  token_budget: total tokens of training (steps x rows x sequence length),
        in place of `epochs`: fewer rows go round again in a new order, of more a seeded sample is used.
    rows_per_step: rows of one optimiser step (the reference study: 256).
    peak_learning_rate: the highest.  warm_up: share of the steps in which it rises to the peak.  final_share: of the peak, at the
        end of a cosine.
    beta_1, beta_2, epsilon, weight_decay: of AdamW; norms and biases do not decay.  gradient_clip: largest norm of the gradient.
    method: `full` (all weights) or `lora`.
    neftune_alpha: scale of the noise on embeddings (Jain et al., 2023), 0 for none.
    precision: of the computation; the weights that are trained are always fp32.  saved_precision: of the finished model's weights.
    evaluate_every: steps between measurements on held-out rows, None for four an epoch (four to forty in a run).
    evaluate_rows: at most so many rows.
    """

    epochs: Number = Field(default=4.0, gt=0)
    token_budget: int | None = Field(default=None, ge=1)
    rows_per_step: int = Field(default=8, ge=1)
    peak_learning_rate: Number = Field(default=1e-5, gt=0)
    warm_up: Number = Field(default=0.1, ge=0, le=1)
    final_share: Number = Field(default=0.33, ge=0, le=1)
    beta_1: Number = Field(default=0.9, ge=0, lt=1)
    beta_2: Number = Field(default=0.95, ge=0, lt=1)
    epsilon: Number = Field(default=1e-8, gt=0)
    weight_decay: Number = Field(default=0.1, ge=0)
    gradient_clip: Number = Field(default=1.0, gt=0)
    method: Method = FullMethod()
    neftune_alpha: Number = Field(default=5.0, ge=0)
    precision: Literal["bf16", "fp32"] = "bf16"
    saved_precision: Literal["bf16", "fp32"] = "fp32"
    evaluate_every: int | None = Field(default=None, ge=1)
    evaluate_rows: int = Field(default=64, ge=0)
    divergence: DivergenceSettings = DivergenceSettings()
    execution: TrainExecution = TrainExecution()
