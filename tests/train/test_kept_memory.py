"""Whether freed memory stays with the process, counted by the faults of pages that it takes anew."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

COUNTED = """
import ctypes, resource
from mintza.train.kept_memory import freed_memory_kept

LARGE = 64 << 20

def faults_of_taking_again():
    count = 0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        piece = ctypes.create_string_buffer(LARGE)
        ctypes.memset(piece, 1, LARGE)
        del piece
        count = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return count

print(faults_of_taking_again())
with freed_memory_kept():
    print(faults_of_taking_again())
print(faults_of_taking_again())
"""
"""Pages that the system hands out while a large piece is taken, written to and freed, for the second time: before, meanwhile, after."""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc here")
def test_freed_memory_is_taken_again_without_the_system_and_given_back_at_the_end() -> None:
    # In a process of its own: the heap of one that has run thousands of tests is no training's, and may not grow.
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    before, meanwhile, after = (int(line) for line in done.stdout.split())
    assert before > 100
    assert meanwhile < before / 10
    assert after > 100
