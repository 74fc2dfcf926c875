"""The file of reviews: lines that are only ever added, each on the disk before anybody is told that it is saved."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from mintza.durable import sync_path, write_whole
from mintza.errors import BadInput, Held, StoreError
from mintza.records import Review


def read_reviews(path: Path) -> list[Review]:
    """All reviews of a file, in order; none where there is no file. A last line without its end was never said to be saved.

    Raises BadInput for a line that is no review.
    """
    try:
        return _parsed(path.read_bytes(), path)[0]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadInput(error.strerror or str(error), place=str(path), remedy="make the file readable") from None


class Book:
    """A file of reviews that one process writes; `close` lets go of it. reviews: all of them, in order.

    Raises Held when another process writes it, BadInput when it holds anything else, StoreError when it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            self._hold()
            self.reviews, whole = _parsed(path.read_bytes(), path)
            # What a kill left of a line would run into the next one.
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
            sync_path(path.parent)
        except BaseException:
            os.close(self._file)
            raise
        self._end = whole
        self._torn = False

    def add(self, review: Review) -> None:
        """Add a review and return when it is on the disk. Raises StoreError when it is not; then nothing was added."""
        line = msgspec.json.encode(review) + b"\n"
        with self._guard:
            try:
                if self._torn:
                    os.ftruncate(self._file, self._end)
                    self._torn = False
                write_whole(self._file, line)
                os.fsync(self._file)
            except OSError as error:
                self._torn = True
                with suppress(OSError):
                    os.ftruncate(self._file, self._end)
                raise _unwritable(self.path, error) from error
            self._end += len(line)
            self.reviews.append(review)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Held(
                "another `mintza review` writes this file",
                place=str(self.path),
                remedy="open its page, as one server serves all reviewers; or stop it first",
            ) from None


def _parsed(content: bytes, path: Path) -> tuple[list[Review], int]:
    """The reviews, and after how many bytes the last whole line ends."""
    whole = content.rfind(b"\n") + 1
    found = []
    for number, line in enumerate(content[:whole].split(b"\n")[:-1], start=1):
        try:
            found.append(msgspec.json.decode(line, type=Review))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                f"not a review: {error}", place=f"{path}:{number}", remedy="take the line out, or name the right file"
            ) from None
    return found, whole


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the reviews cannot be written: {error.strerror or error}",
        place=str(path),
        remedy="free room on the disk or mend the permissions, and decide again: what was saved is kept",
    )
