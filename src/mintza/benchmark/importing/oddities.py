"""What was odd about results: collected while they are read, never a reason to stop."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Oddity:
    """One thing that was odd. file: path of the result file or folder.  task: "" when it is the file.  what: a phrase, then details.

    The phrase stands before the colon and is the same for the same cause, so that causes can be counted.
    """

    file: str
    task: str
    what: str

    @property
    def cause(self) -> str:
        """The phrase without the details."""
        return self.what.partition(":")[0]


@dataclass
class Oddities:
    """Collects, in order, each thing once."""

    found: dict[Oddity, None] = field(default_factory=dict)

    def say(self, file: object, task: str, what: str) -> None:
        """Note one thing."""
        self.found[Oddity(printable(str(file)), task, printable(what))] = None


def printable(text: str) -> str:
    """A name of a file as UTF-8 can write it: bytes that are none become question marks."""
    return text.encode("utf-8", "replace").decode()
