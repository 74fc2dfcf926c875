from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mintza.records import Backbone, ComponentCount, TrainingStep, Variant
from mintza.train.card import Lineage, model_card
from mintza.train.event_files import crc32c, event_file
from mintza.train.figure import curve_figure, round_numbers
from mintza.train.settings import LoraMethod, TrainSettings

STEPS = [
    TrainingStep(
        step=number,
        tokens_seen=number * 1000,
        supervised_tokens=900,
        loss=5.0 / number,
        learning_rate=1e-5,
        gradient_norm=0.5,
        held_out_loss=4.0 / number if number % 10 == 0 else None,
    )
    for number in range(1, 41)
]
BACKBONE = Backbone(
    name="llama", kind="hub", location="/somewhere/secret", revision="r9", license='Meta "own" terms', instructed=True
)
VARIANT = Variant(backbone="llama", mixture=("corpus", "sampled"), seed=33)
LINEAGE = Lineage(
    study="Basque, a first try",
    languages=("eu", "en"),
    counts=(ComponentCount(component="corpus", documents=12, conversations=0, tokens=3456, supervised_tokens=3400),),
    licenses=(("corpus", "CC-BY-4.0"), ("corpus", "CC0-1.0"), ("corpus", "CC-BY-4.0")),
)


def card(settings: TrainSettings) -> str:
    return model_card(settings, backbone=BACKBONE, variant=VARIANT, lineage=LINEAGE, steps=STEPS, sequence_length=8192)


def test_the_card_says_where_the_model_comes_from() -> None:
    text = card(TrainSettings())
    header = yaml.safe_load(text.split("---")[1])
    assert header["base_model"] == "llama"
    assert header["license_name"] == "Meta 'own' terms"
    assert header["language"] == ["eu", "en"]
    for words in (
        "revision `r9`",
        "trained on corpus and sampled with seed 33",
        "| corpus | 12 | 0 | 3,456 | 3,400 | CC-BY-4.0, CC0-1.0 |",
        "| sampled | not recorded |",
        "| peak learning rate | 1e-05 |",
        "| tokens seen | 40,000 |",
        "| times through the data | 4 |",
        "| held-out loss, step 40 | 0.1000 |",
        "![Loss by step](curve.svg)",
    ):
        assert words in text
    assert "secret" not in text


def test_the_card_tells_a_budget_and_the_loss_on_each_component() -> None:
    apart = [
        msgspec.structs.replace(step, held_out_losses=(("corpus", 1.0), ("sampled", 3.0)))
        if step.held_out_loss
        else step
        for step in STEPS
    ]
    text = model_card(
        TrainSettings(token_budget=40_960),
        backbone=BACKBONE,
        variant=VARIANT,
        lineage=LINEAGE,
        steps=apart,
        sequence_length=8192,
    )
    assert "| token budget, padding included | 40,960 |" in text
    assert (
        "| held-out loss, step 40 | 0.1000 |\n| ... on corpus alone | 1.0000 |\n| ... on sampled alone | 3.0000 |"
        in text
    )


def test_the_card_says_when_adapters_were_trained() -> None:
    assert "low-rank adapters (rank 8, alpha 16), merged" in card(
        TrainSettings(method=LoraMethod(kind="lora", rank=8, alpha=16.0))
    )


def test_the_figure_is_a_picture_with_both_curves_inside_its_frame() -> None:
    root = ElementTree.fromstring(curve_figure(STEPS, "a < b"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "a < b"
    lines = root.findall(f"{space}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [40, 4]
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert all(50 < x <= 710 and 30 <= y <= 280 for x, y in points)
        heights = [y for _, y in points]
        assert heights == sorted(heights)  # losses fall, and down is more in SVG


def test_components_that_are_measured_apart_have_lines_and_names_of_their_own() -> None:
    apart = [
        msgspec.structs.replace(step, held_out_losses=(("corpus", 1.0), ("a < b", 3.0))) if step.held_out_loss else step
        for step in STEPS
    ]
    root = ElementTree.fromstring(curve_figure(apart, "apart"))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}polyline")) == 4
    shown = [text.text for text in root.findall(f"{space}text")]
    assert [name for name in shown if name in ("training", "held out", "held-out corpus", "held-out a < b")] == [
        "held-out a < b",
        "held-out corpus",
        "held out",
        "training",
    ]


def test_names_of_many_components_stand_below_the_figure_and_inside_the_picture() -> None:
    names = [f"a-component-with-a-long-name-{number}" for number in range(7)]
    apart = [msgspec.structs.replace(STEPS[9], held_out_losses=tuple((name, 1.0) for name in names))]
    root = ElementTree.fromstring(curve_figure([*STEPS[:9], *apart], "many"))
    height = float(root.attrib["viewBox"].split()[3])
    texts = {text.text: text.attrib for text in root.findall("{http://www.w3.org/2000/svg}text")}
    title = float(texts["loss, nats a supervised token"]["y"])
    for name in ["training", "held out", *(f"held-out {name}" for name in names)]:
        assert title + 12 < float(texts[name]["y"]) < height
        assert float(texts[name]["x"]) - 6 * len(name) > 0


def test_a_long_curve_is_drawn_by_means_of_several_steps() -> None:
    many = [msgspec.structs.replace(STEPS[0], step=step, loss=2.0 + step % 2) for step in range(1, 9001)]
    root = ElementTree.fromstring(curve_figure(many, "long"))
    points = root.findall("{http://www.w3.org/2000/svg}polyline")[0].attrib["points"].split()
    assert len(points) == 300
    assert len({point.split(",")[1] for point in points}) == 1


@given(st.floats(0, 20), st.floats(0, 20))
def test_an_axis_has_round_numbers_that_hold_what_is_drawn(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = round_numbers(low, high)
    assert 2 <= len(found) <= 9
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert found == sorted(set(found))


def test_a_curve_of_one_step_has_a_figure_too() -> None:
    ElementTree.fromstring(curve_figure(STEPS[:1], "one"))


def test_the_checksum_is_the_standards() -> None:
    """Source of the values: RFC 3720, B.4, and the usual check value."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43


def records(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        for start, size in ((at, 8), (at + 12, length)):
            (stored,) = struct.unpack_from("<I", content, start + size)
            rotated = (stored - 0xA282EAD8) & 0xFFFFFFFF
            assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc32c(content[start : start + size])
        yield content[at + 12 : at + 12 + length]
        at += 16 + length


def fields(message: bytes) -> dict[int, list[bytes]]:
    """Field number -> raw contents, by the wire format of protocol buffers."""
    found: dict[int, list[bytes]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        start = at
        if key & 7 == 0:
            varint()
        elif key & 7 == 2:
            length = varint()
            start = at
            at += length
        else:
            at += {1: 8, 5: 4}[key & 7]
        found.setdefault(key >> 3, []).append(message[start:at])
    return found


def scalars(event: bytes) -> dict[str, float]:
    (summary,) = fields(event)[5]
    values = {}
    for value in fields(summary)[1]:
        parts = fields(value)
        values[parts[1][0].decode()] = struct.unpack("<f", parts[2][0])[0]
    return values


def test_components_that_are_measured_apart_are_events_of_their_own() -> None:
    apart = [msgspec.structs.replace(STEPS[9], held_out_losses=(("corpus", 1.0), ("sampled", 3.0)))]
    _, event = records(event_file(apart))
    values = scalars(event)
    assert (values["held_out/corpus"], values["held_out/sampled"]) == (1.0, 3.0)


def test_an_event_file_holds_the_curve() -> None:
    first, *events = records(event_file(STEPS))
    assert fields(first)[3] == [b"brain.Event:2"]
    assert len(events) == 40
    values = scalars(events[9])
    assert values["train/loss"] == pytest.approx(0.5)
    assert values["held_out/loss"] == pytest.approx(0.4)
    assert values["train/tokens_seen"] == 10_000
    assert fields(events[9])[2] == [b"\x0a"]


def test_the_same_curve_gives_the_same_bytes() -> None:
    assert event_file(STEPS) == event_file(STEPS)
