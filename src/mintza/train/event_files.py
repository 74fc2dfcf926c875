"""TensorBoard's event files, written without TensorBoard: records of a few scalars, each with its checksums.

Formats: TFRecord (length, masked CRC of it, bytes, masked CRC of them; CRC-32C) and the protocol buffers Event {1: wall_time,
2: step, 3: file_version, 5: summary}, Summary {1: value}, Value {1: tag, 2: simple_value} of TensorFlow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache

from mintza.records import TrainingStep

NAME = "events.out.tfevents.0.mintza"
POLYNOMIAL = 0x82F63B78


def event_file(steps: Iterable[TrainingStep]) -> bytes:
    """An event file of a curve: loss, held-out loss (of each component too where there are several), learning rate, gradient norm, tokens.

    The time of an event is its step, so that the same curve gives the same bytes.
    """
    return b"".join([_record(_event(0, version=b"brain.Event:2")), *(_record(_scalars(step)) for step in steps)])


def _scalars(step: TrainingStep) -> bytes:
    values = {
        "train/loss": step.loss,
        "train/learning_rate": step.learning_rate,
        "train/gradient_norm": step.gradient_norm,
        "train/tokens_seen": float(step.tokens_seen),
    }
    if step.held_out_loss is not None:
        values["held_out/loss"] = step.held_out_loss
        values |= {f"held_out/{component}": loss for component, loss in step.held_out_losses}
    summary = b"".join(_bytes(1, _bytes(1, tag.encode()) + b"\x15" + struct.pack("<f", v)) for tag, v in values.items())
    return _event(step.step, summary=summary)


def _event(step: int, *, version: bytes | None = None, summary: bytes | None = None) -> bytes:
    event = b"\x09" + struct.pack("<d", float(step)) + b"\x10" + _varint(step)
    if version is not None:
        event += _bytes(3, version)
    if summary is not None:
        event += _bytes(5, summary)
    return event


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _masked(length) + content + _masked(content)


def _masked(content: bytes) -> bytes:
    crc = crc32c(content)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """CRC-32C (Castagnoli) of some bytes."""
    crc = 0xFFFFFFFF
    table = _table()
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    found = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ POLYNOMIAL if number & 1 else number >> 1
        found.append(number)
    return tuple(found)
