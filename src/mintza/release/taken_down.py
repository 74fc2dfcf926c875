"""Take-downs and releases: what a release was made before, and whether what was asked for still lies in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from mintza.corpus.forgetting import Request, fingerprint, read_requests, requests_file
from mintza.errors import StudyError
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State
from mintza.records import Artifact, Document
from mintza.release.lineage import recorded
from mintza.release.lines import read_lines
from mintza.release.verify import Fault
from mintza.report.words import counted

DOCUMENTS = Path("corpus") / "documents.jsonl.zst"


def refuse_before(plan: Plan, now: dict[str, State]) -> None:
    """Raise StudyError where texts were taken down and the corpus was not made anew since: nothing of it may be released."""
    path = requests_file(plan.study.path)
    if now["corpus"].complete or not read_requests(path):
        return
    raise StudyError(
        f"{path.name} has {counted(len(read_requests(path)), 'request')} to take texts down, and the corpus has not been made without them",
        place=str(plan.study.path),
        remedy=f"mintza run {plan.study.typed}; what learned from those texts is made anew too",
    )


def faults_of(folder: Path, study: Path) -> Iterator[Fault]:
    """What in a release was made before a request of the study's to take texts down; a line more for each text that lies in it.

    Raises BadInput for a file of requests that is none.
    """
    path = requests_file(study)
    corpora = [one for one in recorded(folder) if one.stage == "corpus"]
    for corpus in corpora:
        late = _after(corpus, path)
        if late:
            days = ", ".join(sorted({request.on for request in late}))
            yield Fault(
                "taken down",
                f"lineage/corpus-{corpus.key[:20]}.json",
                f"this corpus, and all that was made from it, is from before {counted(len(late), 'request')} in {path.name} ({days})",
            )
            yield from _held(folder, late)


def _after(corpus: Artifact, path: Path) -> list[Request]:
    """The requests that came after a corpus was made. The file only grows: what it was then is one of its beginnings."""
    known = corpus.settings.get("sources", {}).get(":forgotten")
    requests, now = read_requests(path), fingerprint(path).get(":forgotten")
    if known is None or known == now or now is None:
        return list(requests) if known is None else []
    lines = path.read_bytes().splitlines(keepends=True)
    for count in range(len(lines) - 1, 0, -1):
        if hashlib.sha256(b"".join(lines[:count])).hexdigest() == known:
            return list(requests[sum(1 for line in lines[:count] if line.strip()) :])
    return list(requests)


def _held(folder: Path, late: list[Request]) -> Iterator[Fault]:
    path = folder / DOCUMENTS
    if not path.is_file():
        return
    for document in read_lines(path, Document):
        for request in late:
            if request.means(document.id, document.provenance.url):
                yield Fault("taken down", DOCUMENTS.as_posix(), f"it holds {document.id}, taken down on {request.on}")
                break
