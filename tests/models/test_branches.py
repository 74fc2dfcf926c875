"""Endings that share their beginning are scored in one pass, and come to what each comes to alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.models.open import open_model
from mintza.models.providers.branches import ROW_TOKENS, families, laid_out, rows
from mintza.models.seam import Pair
from mintza.models.settings import LocalExecution, LocalSettings
from mintza.records import Backbone
from tiny import write_backbone

IDS = st.lists(st.integers(0, 50), min_size=1, max_size=30)
ENCODED = st.lists(st.tuples(st.sampled_from([(1,), (1, 2, 3), (7, 8)]), IDS), max_size=20)


@given(encoded=ENCODED, longest=st.integers(5, 60))
def test_every_pair_is_in_one_family_or_stands_alone(
    encoded: list[tuple[tuple[int, ...], list[int]]], longest: int
) -> None:
    shared, alone = families(encoded, longest)
    numbers = [number for family in shared for number in family.numbers]
    assert sorted([*numbers, *alone]) == list(range(len(encoded)))
    for row in rows(shared):
        made = laid_out(row)
        assert len(made.ids) == sum(family.size for family in row) <= ROW_TOKENS
        endings = [(family, ending) for family in row for ending in family.endings]
        for places, (family, ending) in zip(made.looked_at, endings, strict=True):
            read = [made.ids[place] for place in places]
            assert read == [family.context[-1], *ending[:-1]]
            assert [made.places[place] for place in places][1:] == list(
                range(len(family.context), len(family.context) + len(ending) - 1)
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("branches") / "model"
    write_backbone(path, ["Etxe zaharraren atarian katu beltz bat lo dago.", "Mendia urrun dago."])
    return path


def test_choices_of_an_item_come_to_what_each_comes_to_alone(folder: Path) -> None:
    backbone = Backbone(name="x", kind="folder", location=str(folder), revision="r", license="", instructed=False)
    settings = LocalSettings(backbone="x", execution=LocalExecution(threads=1, device="cpu"))
    model = open_model(settings, name="x", backbone=backbone, base=folder)
    questions = ("Non dago katua?", "Zer da mendia? Galdera luzeago bat da hau.", "Nor?")
    choices = (" Atarian.", " Mendi urrunean, zaharra.", " Ez", " Etxe beltzaren atarian dago lo, beti.")
    pairs = [Pair(context=question, continuation=choice) for question in questions for choice in choices]
    together = list(model.likelihood(pairs))
    alone = [next(iter(model.likelihood([pair]))) for pair in pairs]
    model.close()
    for one, other in zip(together, alone, strict=True):
        assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-3)
        assert (one.tokens, one.greedy) == (other.tokens, other.greedy)
