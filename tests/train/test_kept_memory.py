"""Whether freed memory stays with the process, counted by the faults of pages that it takes anew."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

COUNTED = """
import ctypes, resource
from mintza.train.kept_memory import EVERY, freed_memory_kept

LARGE = 64 << 20

def faults_of_taking():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    piece = ctypes.create_string_buffer(LARGE)
    ctypes.memset(piece, 1, LARGE)
    del piece
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def faults_of_taking_again():
    faults_of_taking()
    return faults_of_taking()

print(faults_of_taking_again())
with freed_memory_kept() as stepped:
    print(faults_of_taking_again())
    for _ in range(EVERY - 1):
        stepped()
    print(faults_of_taking())
    stepped()
    print(faults_of_taking())
print(faults_of_taking_again())
"""
"""Pages that the system hands out while a large piece is taken, written to and freed: for the second time before, for the second
time meanwhile, after so many steps less one, after so many, and for the second time at the end."""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc here")
def test_freed_memory_is_taken_again_without_the_system_and_given_back_at_the_end() -> None:
    # In a process of its own: the heap of one that has run thousands of tests is no training's, and may not grow.
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    before, meanwhile, few_steps, so_many, after = (int(line) for line in done.stdout.split())
    assert before > 100
    assert meanwhile < before / 10
    assert few_steps < before / 10
    assert so_many > 100
    assert after > 100
