"""Result files of lm-eval, made up, in the shape that its versions write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "results_2024-10-10T11-04-13.709040.json"
CHOICE = {"output_type": "multiple_choice", "doc_to_choice": ["A", "B"]}
LETTER = {"output_type": "generate_until", "doc_to_choice": ["A", "B"], "generation_kwargs": {"max_gen_toks": 1}}
WRITTEN = {"output_type": "generate_until", "generation_kwargs": {"until": ["\n"]}}


def scores(metric: str = "acc,none", value: object = 0.5, error: object = 0.1) -> dict[str, object]:
    """A row with one metric and its standard error."""
    name, _, filtered = metric.partition(",")
    return {"alias": "x", metric: value, f"{name}_stderr,{filtered}": error}


def content(results: dict[str, Any], config: dict[str, Any] = CHOICE, items: int = 100, **more: Any) -> dict[str, Any]:
    """What a file holds: five shots, so many items a task, all asked by one configuration; `more` replaces keys."""
    plain: dict[str, Any] = {
        "results": results,
        "group_subtasks": {task: [] for task in results},
        "configs": {task: {"task": task, **config} for task in results},
        "versions": dict.fromkeys(results, 1.0),
        "n-shot": dict.fromkeys(results, 5),
        "n-samples": {task: {"original": items, "effective": items} for task in results},
        "config": {"model": "hf", "model_args": "pretrained=org/model,dtype=bfloat16", "limit": None},
        "date": 1700000000.5,
        "chat_template": None,
        "chat_template_sha": None,
        "model_name": "org/model",
    }
    return {key: value for key, value in {**plain, **more}.items() if value != "absent"}


def put(folder: Path, plain: object, name: str = NAME) -> Path:
    """Write a file; a string goes as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain), encoding="utf-8")
    return path
