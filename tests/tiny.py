"""Small things made anew for each run: a tokenizer, a random two-layer model, and for the stories a whole study on disk."""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fakes import CHATML

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
}


def byte_pairs(texts: Iterable[str], size: int) -> Any:
    """A byte-level BPE of `tokenizers` trained on the texts; the control tokens come first."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(CONTROL), initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator(texts, trainer)
    return inner


def llama(vocabulary: int, *, seed: int, **settings: Any) -> Any:
    """A Llama of two layers with random weights. settings: of LlamaConfig, in place of those of SMALL or beside them."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **{**SMALL, **settings}))


def write_backbone(folder: Path, texts: list[str]) -> None:
    """A small Llama that has read nothing, and a tokenizer trained on `texts`, as a Hugging Face folder."""
    from transformers import PreTrainedTokenizerFast

    inner = byte_pairs(texts, 400)
    own = {"max_position_embeddings": 512, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    llama(inner.get_vocab_size(), seed=7, **own).save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)


REPLIES = {
    "rules": [
        {"when": "^\\s*\\{", "asked": "chat", "where": "user", "reply": '{"messages": []}'},
        {
            "asked": "complete",
            "cycle": [
                "What is the highest mountain of Africa?",
                "How do I clean a wooden table after dinner?",
                "# A heading that is redrawn",
                "Name three vegetables that grow well in winter.",
                "Why does the moon change its shape during a month?",
                "Which tools do I need to mend a flat bicycle tyre?",
                "Can you explain how bread rises in the oven?",
            ],
        },
        {
            "asked": "chat",
            "cycle": [
                "It is a short and friendly answer about the thing that was asked here.",
                "First you should look at it closely, and then you do what is needed with care.",
                "That depends on the season, the weather and on what you have at home today.",
            ],
        },
    ]
}


SETTINGS: dict[str, Any] = {
    "name": "tiny",
    "title": "A tiny study",
    "language": "eus_Latn",
    "also": ["eng_Latn"],
    "backbones": {
        "tiny": {"kind": "folder", "path": "backbone", "license": "CC0-1.0", "instructed": True},
    },
    "models": {
        "script": {
            "provider": "scripted",
            "replies": "replies.yaml",
            "execution": {"log": "requests.log"},
        }
    },
    "components": {
        "corpus": {"kind": "corpus"},
        "sampled": {"kind": "sampled", "language": "eng_Latn"},
        "translated": {"kind": "translated", "of": "sampled"},
    },
    "tables": {"main": {"backbones": ["tiny"], "mixtures": ["corpus", "corpus+sampled"], "seeds": [1]}},
    "corpus": {
        "sources": [
            {
                "kind": "package",
                "name": "stories",
                "package": "mintza_demo",
                "path": "texts/eus_Latn/story",
                "language": "eus_Latn",
                "license": "CC0-1.0",
            },
            {
                "kind": "package",
                "name": "english",
                "package": "mintza_demo",
                "path": "texts/eng_Latn",
                "language": "eng_Latn",
                "license": "CC0-1.0",
                "split": "held-out",
                "limit": 4,
            },
        ]
    },
    "exams": {"take": {"mintza_general": {"items": 4}}},
    "instruct": {"sample": {"model": "script", "conversations": 6}},
    "translate": {"translate": {"model": "script", "limit": 2, "tries": 1}},
    "prepare": {"sequence_length": 128},
    "train": {
        "epochs": 1,
        "rows_per_step": 4,
        "peak_learning_rate": 1.0e-3,
        "evaluate_rows": 2,
        "precision": "fp32",
        "execution": {"checkpoint_every": 3, "threads": 1},
    },
    "benchmark": {"bits_per_byte": {"documents": 2, "characters": 200}},
    "execution": {"store": "store", "threads": 1},
}


def write_study(folder: Path, *, delay_s: float = 0.0, **changes: Any) -> Path:
    """A study of two cells on a tiny model in `folder`; gives its path. changes: top-level keys in place of those below."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = sorted((Path(__file__).parents[1] / "src" / "mintza_demo" / "texts" / "eus_Latn" / "story").glob("*.txt"))
    write_backbone(folder / "backbone", [path.read_text(encoding="utf-8") for path in texts])
    (folder / "replies.yaml").write_text(yaml.safe_dump(REPLIES), encoding="utf-8")
    study = copy.deepcopy(SETTINGS)
    study["models"]["script"]["execution"]["delay_s"] = delay_s
    study.update(changes)
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
