"""A folder of data sets as a hub gives them: the columns of the real ones, and made-up questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROWS = 9

Row = dict[str, Any]


def choices(n: int, *, key: str = "candidates", many: int = 4) -> Row:
    return {"id": n, "question": f"Zein da {n}?", key: [f"{n} {k}" for k in "abcd"[:many]], "answer": n % many}


def berta(n: int) -> Row:
    return {
        **choices(n, many=3),
        "group": ("Euskal gaiak", "Gai orokorrak")[n % 2],
        "category": "Musika",
        "difficulty": 1,
    }


def mmlu(n: int) -> Row:
    return {**choices(n, key="choices"), "question": f" Zein da {n}? ", "subject": "anatomy"}


def arc(n: int) -> Row:
    labels = ["A", "B", "C", "D"]
    texts = [f"{n} {k}" for k in labels]
    return {"id": f"a{n}", "question": f"{n}?", "choices": {"text": texts, "label": labels}, "answerKey": labels[n % 4]}


def openbook(n: int) -> Row:
    row = arc(n)
    return {
        "id": row["id"],
        "question_stem": row["question"],
        "choices": row["choices"],
        "answerKey": f" {row['answerKey']}",
    }


def belebele(n: int) -> Row:
    answers = {f"mc_answer{k}": f"{n} {k}" for k in range(1, 5)}
    return {"flores_passage": f"Testua {n}.", "question": f"Zer {n}? ", **answers, "correct_answer_num": str(1 + n % 4)}


def piqa(n: int) -> Row:
    return {"goal": f"Egin {n}", "sol1": f"honela {n}", "sol2": f"horrela {n}", "label": n % 2}


def story(n: int) -> Row:
    sentences = {f"input_sentence_{k}": f"Esaldia {n} {k}." for k in range(1, 5)}
    return {
        **sentences,
        "sentence_quiz1": f"Ondo {n}.",
        "sentence_quiz2": f"Gaizki {n}.",
        "answer_right_ending": 1 + n % 2,
    }


def pair(n: int) -> Row:
    return {"sentence_good": f"Ni naiz {n}.", "sentence_bad": f"Ni da {n}.", "phenomenon": "aditza"}


def sum_of(n: int, *, worked: str | None = None) -> Row:
    answer = f"{worked}{n} eta {n} dira {2 * n}. Erantzuna {2 * n} da." if worked else None
    return {"question": f"Zenbat da {n} + {n}?", "answer": answer, "answer_number": 2 * n, "equation_solution": None}


def bias(n: int) -> Row:
    """As BBQ has them: four rows a question, ambiguous and not, negative and not; the third choice says nothing."""
    answers = {f"ans{k}": f"{n} {k}" for k in range(3)}
    tags = {"ans0": ["aitona", "old"], "ans1": ["gaztea", "nonOld"], "ans2": ["Unknown", "unknown"]}
    return {
        "context": f"Bi lagun {n}.",
        "question": f"Nor {n}?",
        **answers,
        "label": 2 if n % 2 == 0 else n % 4 // 2,
        "context_condition": ("ambig", "disambig")[n % 2],
        "question_polarity": ("neg", "nonneg")[n % 4 // 2],
        "answer_info": tags,
        "additional_metadata": {"stereotyped_groups": ["old"]},
    }


def write(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def dataset(folder: Path, subsets: Mapping[str, Mapping[str, Callable[[int], Row]]], rows: int = ROWS) -> None:
    """A data set with a card that says which file is which split of which subset."""
    card = ["---", "configs:"]
    for subset, splits in subsets.items():
        card += [f"- config_name: {subset}", "  data_files:"]
        for split, make in splits.items():
            card += [f"  - split: {split}", f"    path: {subset}/{split}.jsonl"]
            write(folder / subset / f"{split}.jsonl", [make(n) for n in range(rows)])
    (folder / "README.md").write_text("\n".join([*card, "---", ""]), encoding="utf-8")


def every_dataset(hub: Path, exam_parts: Iterable[str], bias_files: Iterable[tuple[str, str]]) -> None:
    """All that the catalogue needs. exam_parts: subsets of EusExams.  bias_files: data set and path."""
    test = {"test": choices}
    for name in ("EusTrivia", "EusProficiency"):
        dataset(hub / "HiTZ" / name, {"default": test})
    dataset(hub / "HiTZ/EusReading", {"default": {"test": lambda n: {**choices(n), "context": f"Testua {n}"}}})
    dataset(hub / "HiTZ/EusExams", dict.fromkeys(exam_parts, test), rows=6)
    dataset(hub / "HiTZ/BertaQA", {code: {"test": berta} for code in ("eu", "en")}, rows=14)
    dataset(hub / "orai-nlp/MMLU_HT_eu_sample", {code: {"test": mmlu} for code in ("eu", "en")})
    dataset(hub / "HiTZ/MMLU_HT_es_sample", {"es": {"test": mmlu}})
    dataset(hub / "orai-nlp/bl2mp", {"default": {"train": pair}})
    three = {"train": arc, "validation": arc, "test": arc}
    dataset(hub / "allenai/ai2_arc", dict.fromkeys(("ARC-Easy", "ARC-Challenge"), three))
    two = {"validation": arc, "test": arc}
    dataset(hub / "HiTZ/ARC-eu", dict.fromkeys(("ARC-Easy", "ARC-Challenge"), two))
    dataset(hub / "BSC-LT/openbookqa-es", {"default": {"validation": openbook, "test": openbook}})
    dataset(hub / "facebook/belebele", {f"{code}_Latn": {"test": belebele} for code in ("eus", "eng", "spa")})
    dataset(hub / "baber/piqa", {"default": {"train": piqa, "validation": piqa}})
    dataset(hub / "HiTZ/PIQA-eu", {"default": {"validation": piqa}})
    dataset(hub / "juletxara/xstory_cloze", {c: {"train": story, "eval": story} for c in ("eu", "en", "es")})

    def worked(n: int) -> Row:
        return sum_of(n, worked="Erantzuna urratsez urrats: " if n < ROWS else None)

    dataset(hub / "HiTZ/MGSM-eu", {"default": {"train": worked, "test": sum_of}})
    dataset(hub / "juletxara/mgsm", {code: {"train": worked, "test": sum_of} for code in ("en", "es")})
    for name, path in bias_files:
        write(hub / name / path, [bias(n) for n in range(ROWS)])
