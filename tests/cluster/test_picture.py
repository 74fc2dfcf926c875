"""The picture of a plan can be read: boxes apart, names whole, every arrow from left to right."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mintza.cluster.picture import picture
from mintza.pipeline.plan import Plan, make_plan
from mintza.study import load

STUDIES = Path(__file__).parents[2] / "studies"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["demo", "basque", "basque-sequential"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return make_plan(load(STUDIES / f"{request.param}.yaml"))


def test_every_artifact_has_a_box_of_its_own_within_the_picture_and_its_whole_name_fits(plan: Plan) -> None:
    words = {name: ("done", "failed")[number % 2] for number, name in enumerate(plan.nodes)}
    drawn = ElementTree.fromstring(picture(plan, words))
    width, height = int(drawn.attrib["width"]), int(drawn.attrib["height"])
    found = {}
    for group in drawn.iter(f"{SVG}g"):
        title, box, _, label = list(group)
        found[title.text] = box
        x, y, wide, high = (int(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        # Letters of the font are a little over half as wide as it is high.
        assert int(label.attrib["x"]) - x + 5.8 * len(label.text or "") <= wide
    assert set(found) == {f"{name}: {word}" for name, word in words.items()}
    corners = [tuple(int(box.attrib[name]) for name in ("x", "y")) for box in found.values()]
    assert len(set(corners)) == len(corners)
    for x, y in corners:
        assert not any(one == x and 0 < other - y < 28 for one, other in corners)


def test_an_arrow_goes_from_left_to_right_and_none_is_drawn_that_another_path_tells(plan: Plan) -> None:
    drawn = picture(plan, {})
    arrows = re.findall(r'd="M(\d+) \d+ C[\d -]+ (\d+) \d+"', drawn)
    assert len(arrows) >= len(plan.nodes) - 4
    backwards = [one for one in arrows if int(one[0]) >= int(one[1])]
    # A variant that is another's backbone stands in the same column.
    assert len(backwards) == sum(
        plan.nodes[parent].stage == node.stage for node in plan.nodes.values() for parent in node.parents
    )
    direct = sum(len(node.parents) for node in plan.nodes.values())
    assert len(arrows) < direct
