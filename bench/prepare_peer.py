"""One preparation in a process of its own: `prepare_peer.py ours|trl|axolotl FOLDER documents|conversations`; prints a line of JSON.

FOLDER holds `tokenizer` (a Hugging Face folder), `template.jinja` (with generation tags, as TRL wants them), `documents.jsonl`
({text}), `conversations.jsonl` ({messages}) and `asked.json`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
Told = dict[str, Any]


def lines(path: Path) -> Iterator[Any]:
    """The values of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read(folder: Path, kind: str) -> Iterator[Any]:
    """The documents or conversations as records."""
    from mintza.records import Conversation, Document, Message, Provenance

    origin = Provenance(source="bench", license="CC0-1.0")
    documents = (
        Document(
            id=str(number),
            text=line["text"],
            language="eus_Latn",
            language_score=1.0,
            language_backend="none",
            split="train",
            cluster=str(number),
            provenance=origin,
        )
        for number, line in enumerate(lines(folder / "documents.jsonl"))
    )
    conversations = (
        Conversation(
            id=str(number),
            language="eus_Latn",
            component="written",
            messages=tuple(Message(role=m["role"], content=m["content"]) for m in line["messages"]),
            provenance=origin,
        )
        for number, line in enumerate(lines(folder / "conversations.jsonl"))
    )
    return documents if kind == "documents" else conversations


def ours(folder: Path, asked: Told, kind: str) -> Told:
    """The stage `prepare`, as a study runs it."""
    from mintza.models.templates import ChatTemplate
    from mintza.models.tokenizers import load_tokenizer
    from mintza.records import ComponentCount
    from mintza.train.rows import open_rows
    from mintza.train.settings import PrepareSettings
    from mintza.train.stage import prepare

    records = read(folder, kind)
    tokenizer = load_tokenizer(str(folder / "tokenizer"))
    template = ChatTemplate((folder / "template.jinja").read_text(encoding="utf-8"), {"eos_token": "<|im_end|>"})
    began = clocks()
    counts = [
        record
        for record in prepare(
            PrepareSettings(sequence_length=asked["length"]),
            {kind: records},
            held_out={},
            tokenizer=tokenizer,
            template=template,
            workspace=folder / "rows",
            seed=33,
        )
        if isinstance(record, ComponentCount)
    ]
    told = since(began)
    index = open_rows(folder / "rows")
    last = 1  # the row that is not full is left out of the share
    return {
        **told,
        "tokens": counts[0].tokens,
        "supervised": counts[0].supervised_tokens,
        "rows": index.train.rows,
        "filled": index.train.tokens / ((index.train.rows - last) * asked["length"]),
    }


def trl(folder: Path, asked: Told, kind: str) -> Told:
    """The preparation of TRL's SFTTrainer: tokens, marks of loss, best-fit packing."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    told: Told = {}

    class Timed(SFTTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, *arguments: Any, **named: Any) -> Any:
            began = clocks()
            prepared = super()._prepare_dataset(*arguments, **named)
            told.update(since(began))
            return prepared

    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    tokenizer.chat_template = (folder / "template.jinja").read_text(encoding="utf-8")
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
        )
    )
    settings = SFTConfig(
        output_dir=str(folder / "out"),
        max_length=asked["length"],
        packing=True,
        packing_strategy="bfd_split" if kind == "documents" else "bfd",
        assistant_only_loss=kind == "conversations",
        use_cpu=True,
        bf16=False,
        report_to=[],
        disable_tqdm=True,
    )
    dataset = Dataset.from_list(list(lines(folder / f"{kind}.jsonl")))
    trainer = Timed(model=model, args=settings, train_dataset=dataset, processing_class=tokenizer)
    rows = trainer.train_dataset
    lengths = [len(row) for row in rows["input_ids"]]
    labelled = "labels" in rows.column_names
    supervised = sum(label != -100 for row in rows["labels"] for label in row) if labelled else sum(lengths)
    filled = sum(lengths) / ((len(lengths) - 1) * asked["length"])
    return {**told, "tokens": sum(lengths), "supervised": supervised, "rows": len(lengths), "filled": filled}


def axolotl(folder: Path, asked: Told, kind: str) -> Told:
    """The preparation of axolotl: its strategies for texts and chats, and its packing, in one process."""
    from axolotl.datasets import TokenizedPromptDataset
    from axolotl.prompt_strategies import chat_template, completion
    from axolotl.utils.dict import DictDefault
    from axolotl.utils.samplers.multipack import MultipackBatchSampler
    from datasets import Dataset
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    tokenizer.chat_template = (folder / "template.jinja").read_text(encoding="utf-8")
    chosen = DictDefault({"sequence_len": asked["length"], "train_on_inputs": False, "eot_tokens": ["<|im_end|>"]})
    own = DictDefault({"chat_template": "tokenizer_default", "train_on_eos": "turn"})
    strategy = completion.load(tokenizer, chosen) if kind == "documents" else chat_template.load(tokenizer, chosen, own)
    dataset = Dataset.from_list(list(lines(folder / f"{kind}.jsonl")))
    began = clocks()
    rows = TokenizedPromptDataset(strategy, dataset, process_count=1)
    lengths = [len(ids) for ids in rows["input_ids"]]
    sampler = MultipackBatchSampler(
        range(len(lengths)),
        batch_size=1,
        batch_max_len=asked["length"],
        lengths=lengths,
        bin_size=200,
        drop_last=False,
        num_processes=1,
        num_count_samples=1,
    )
    packed = sampler.generate_batches()
    told = since(began)
    supervised = sum(label != -100 for labels in rows["labels"] for label in labels)
    tokens = sum(lengths)
    filled = tokens / ((len(packed) - 1) * asked["length"])
    return {**told, "tokens": tokens, "supervised": supervised, "rows": len(packed), "filled": filled}


def clocks() -> tuple[float, float]:
    """Processor time of this process and its children, and the time of day."""
    return sum(
        resource.getrusage(who)[n] for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) for n in (0, 1)
    ), (time.perf_counter())


def since(began: tuple[float, float]) -> Told:
    """Seconds of the processor and of the day since then."""
    now = clocks()
    return {"cpu_s": now[0] - began[0], "wall_s": now[1] - began[1]}


def main() -> None:
    """Run one of them."""
    name, folder, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    asked = json.loads((folder / "asked.json").read_text())
    print("TOLD " + json.dumps({"ours": ours, "trl": trl, "axolotl": axolotl}[name](folder, asked, kind)))


main()
