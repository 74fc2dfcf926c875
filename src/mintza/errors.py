"""What can go wrong, each with the place and the remedy.

MintzaError
 ├─ StudyError        the study file: a wrong key, type, name
 ├─ BadInput          a file that a person gave: missing, broken, empty
 ├─ MissingPart       a model, package or program that must be brought first
 ├─ ModelError        a model or its engine refused or failed
 ├─ GateClosed        the translating model is not good enough: nothing was spent
 ├─ TemplateError     a chat template that cannot do what a stage needs
 ├─ StoreError        the store: not writable, full, spoiled
 │   └─ Held          somebody else holds an artifact
 ├─ TrainingError     training cannot start or go on: leak, divergence, foreign checkpoint
 └─ Stopped           a signal asked for an end; what is done is kept, and the exit code is 75
"""

from __future__ import annotations


class MintzaError(Exception):
    """An error for a person: what is wrong, where, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        """Keep the three parts; `str()` gives `place: message. Remedy: remedy`."""
        self.message = message
        self.place = place
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n  remedy: {self.remedy}" if self.remedy else text


class StudyError(MintzaError):
    """The study file says something that it cannot say."""


class BadInput(MintzaError):
    """A file that a person gave is missing, broken or empty."""


class MissingPart(MintzaError):
    """A model, package or program is needed and not here."""


class ModelError(MintzaError):
    """A model or the engine behind it refused or failed."""


class GateClosed(MintzaError):
    """A model did not show what the study asks of a translator, so the run stopped before spending."""


class TemplateError(MintzaError):
    """A chat template cannot do what a stage needs of it."""


class StoreError(MintzaError):
    """The store cannot be read or written."""


class Held(StoreError):
    """Another process holds what is asked for."""


class TrainingError(MintzaError):
    """Training cannot start, or must stop."""


class Stopped(MintzaError):
    """A signal (SIGTERM, SIGUSR1) asked for an end, and it came in good order: run again, it goes on from there.

    exit_code: EX_TEMPFAIL of sysexits.h, so that a job manager can tell it from a failure and start the job anew.
    """

    exit_code = 75
