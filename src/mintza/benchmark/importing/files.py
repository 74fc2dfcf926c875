"""Result files of lm-eval on disk: found, read as JSON and nothing else, and told apart from what other tools leave.

Source of the layout: files that lm-eval 0.3 to 0.4.13 wrote. Strings of Python in them are never looked at.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mintza.benchmark.importing.oddities import Oddities, printable

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)")


@dataclass(frozen=True)
class ResultFile:
    """One file. model: by its folder.  called: model_name and revision inside.  written: sortable, newer is greater.

    template: digest of the chat template, None if plain.  content: the JSON, a mapping.
    """

    path: Path
    model: str
    called: str
    revision: str
    written: tuple[float, str]
    template: str | None
    content: dict[str, Any]

    def of_task(self, key: str, task: str) -> Any:
        """What the file says of a task under a key such as `n-shot`; None for nothing."""
        table = self.content.get(key)
        return table.get(task) if isinstance(table, dict) else None


def result_files(paths: Iterable[Path], odd: Oddities) -> Iterator[ResultFile]:
    """Every result file at or below the paths, each once, in the order of paths and then names. What is none is said."""
    seen: set[Path] = set()
    for path in paths:
        for file in _candidates(path, odd):
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                content = _content(file, odd)
                if content is not None:
                    yield _described(file, content)


def _candidates(path: Path, odd: Oddities) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        odd.say(path, "", "there is no such file or folder")
        return []
    try:
        found = sorted(
            file
            for file in path.rglob("*.json")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
    except OSError as error:
        odd.say(path, "", f"the folder cannot be read: {error.strerror}")
        return []
    if not found:
        odd.say(path, "", "the folder holds no .json file")
    return found


def _content(file: Path, odd: Oddities) -> dict[str, Any] | None:
    """The JSON when it is a result of lm-eval; else None, said."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        plain = json.loads(text)
        if "\\ud" in text.lower():
            # Half a surrogate pair is a string to JSON and to nothing that is written later.
            json.dumps(plain, ensure_ascii=False).encode()
    except OSError as error:
        odd.say(file, "", f"the file cannot be read: {error.strerror}")
        return None
    except (ValueError, RecursionError) as error:
        odd.say(file, "", f"broken or cut JSON, left out: {error}")
        return None
    results = plain.get("results") if isinstance(plain, dict) else None
    shaped = isinstance(results, dict) and all(isinstance(row, dict) for row in results.values())
    ours = shaped and any(key in plain for key in ("configs", "config", "versions", "n-shot"))
    if not isinstance(plain, dict) or not ours:
        odd.say(file, "", "no result file of lm-eval, left out: it lacks `results` by task")
        return None
    if not results:
        odd.say(file, "", "no items and no task in it, left out")
        return None
    return plain


def _described(file: Path, content: dict[str, Any]) -> ResultFile:
    config = content.get("config")
    config = config if isinstance(config, dict) else {}
    arguments = _arguments(config.get("model_args"))
    return ResultFile(
        path=file,
        model=model_of(file),
        called=str(content.get("model_name") or arguments.get("pretrained") or arguments.get("model") or ""),
        revision=str(arguments.get("revision") or config.get("model_revision") or ""),
        written=_written(file, content),
        template=_template(content),
        content=content,
    )


def model_of(file: Path) -> str:
    """The folder's name after its last `__`: `HiTZ__Latxa__exp_2_110/results_x.json` is of `exp_2_110`."""
    folder = (file.resolve() if ".." in file.parts else file.absolute()).parent.name
    folder = printable(folder)
    return folder.rpartition("__")[2] or folder


def _arguments(given: object) -> dict[str, str]:
    """model_args, a mapping in new files and `key=value,key=value` in old ones; values that hold a comma lose what follows it."""
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    if isinstance(given, str):
        pairs = (part.partition("=") for part in given.split(","))
        return {key.strip(): value.strip() for key, equals, value in pairs if equals}
    return {}


def _written(file: Path, content: dict[str, Any]) -> tuple[float, str]:
    """When, in seconds since 1970: the file's own date, else the stamp in its name (taken for UTC), else nothing but the name."""
    date = finite(content.get("date"))
    if date is not None:
        return (date, file.name)
    if stamp := _STAMP.search(file.name):
        year, month, day, hour, minute, second = map(int, stamp.groups())
        try:
            return (datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp(), file.name)
        except ValueError:
            pass
    return (0.0, file.name)


def finite(value: object) -> float | None:
    """A number as a float; None for what is none, or not finite, or too great."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _template(content: dict[str, Any]) -> str | None:
    """The digest that the file gives, else that of the template itself; None when the prompts were plain."""
    if isinstance(digest := content.get("chat_template_sha"), str):
        return digest
    template = content.get("chat_template")
    return hashlib.sha256(template.encode()).hexdigest() if isinstance(template, str) and template else None
