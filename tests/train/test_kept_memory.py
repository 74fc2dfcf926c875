"""Whether freed memory stays with the process, counted by the faults of pages that it takes anew."""

from __future__ import annotations

import ctypes
import resource

import pytest

from mintza.train.kept_memory import freed_memory_kept

LARGE = 64 << 20


def faults_of_taking_again() -> int:
    """Pages that the system hands out while a large piece is taken, written to and freed, for the second time."""
    count = 0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        piece = ctypes.create_string_buffer(LARGE)
        ctypes.memset(piece, 1, LARGE)
        del piece
        count = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return count


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc here")
def test_freed_memory_is_taken_again_without_the_system_and_given_back_at_the_end() -> None:
    before = faults_of_taking_again()
    assert before > 100
    with freed_memory_kept():
        assert faults_of_taking_again() < before / 10
    assert faults_of_taking_again() > 100
