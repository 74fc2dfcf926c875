"""What is odd about names over many files: one model under two, one for many models, versions of a task side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mintza.benchmark.importing.files import ResultFile
from mintza.benchmark.importing.oddities import Oddities
from mintza.benchmark.importing.rows import Row


def say_names(files: Sequence[ResultFile], odd: Oddities) -> None:
    """Names and revisions that disagree with the folders, which is what models are told apart by."""
    folders: dict[Path, list[ResultFile]] = defaultdict(list)
    for file in files:
        folders[file.path.parent].append(file)
    for folder, inside in folders.items():
        names = sorted({file.called for file in inside if file.called})
        if len(names) > 1:
            odd.say(folder, "", f"one folder, several names of the model in its files: {', '.join(names)}")
        revisions = sorted({file.revision for file in inside if file.revision})
        if len(revisions) > 1:
            odd.say(folder, "", f"one folder, several revisions of the model in its files: {', '.join(revisions)}")
        if names and not any(_alike(folder, name) for name in names):
            odd.say(
                folder, "", f"the folder's name is taken for the model's, which its files call otherwise: {names[0]}"
            )
    _say_shared(folders, odd)


def _alike(folder: Path, called: str) -> bool:
    """Whether a folder is named after what its files call the model (`org/model` is `org__model`)."""
    name = called.rstrip("/").rpartition("/")[2].lower()
    return name in folder.absolute().name.lower() or folder.absolute().name.lower() in called.lower()


def _say_shared(folders: dict[Path, list[ResultFile]], odd: Oddities) -> None:
    called: dict[str, dict[Path, str]] = defaultdict(dict)
    models: dict[str, dict[Path, None]] = defaultdict(dict)
    for folder, inside in folders.items():
        models[inside[0].model][folder] = None
        for file in inside:
            called[file.called].setdefault(folder, file.revision)
    for name, places in called.items():
        if name and len({folder.name for folder in places}) > 1:
            for folder, revision in places.items():
                said = f"{name}, revision {revision or 'not said'}"
                odd.say(folder, "", f"several folders share one name of the model, told apart by the folder's: {said}")
    for model, several in models.items():
        if len({folder.name for folder in several}) > 1:
            for folder in several:
                odd.say(folder, "", f"several folders give the model the same name: {model}")


def say_versions(found: Sequence[Row], odd: Oddities) -> None:
    """A task that was run in several versions, and filters that are spelt in two ways."""
    versions: dict[str, dict[str, Path]] = defaultdict(dict)
    filters: dict[str, dict[str, Path]] = defaultdict(dict)
    for row in found:
        if row.version is not None:
            versions[row.task].setdefault(row.version, row.file.path)
        for metric in row.numbers:
            name = metric.partition(",")[2]
            filters[name.replace("_", "-")].setdefault(name, row.file.path)
    for task, several in versions.items():
        if len(several) > 1:
            for version in list(several)[1:]:
                odd.say(
                    several[version], task, f"several versions of a task side by side: {', '.join(sorted(several))}"
                )
    for spelt in filters.values():
        if len(spelt) > 1:
            odd.say(
                list(spelt.values())[1],
                "",
                f"a filter is spelt in two ways, kept as they are: {' and '.join(sorted(spelt))}",
            )
