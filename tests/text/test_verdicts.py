"""What is dropped leaves a verdict, whichever room drops it."""

from mintza.records import Message, Verdict
from mintza.text.identify import Identified
from mintza.text.turns import in_another_language, in_circles
from mintza.text.verdicts import dropped


class EveryTextIsWelsh:
    name = "fake"

    def identify(self, text: str) -> Identified:
        return Identified("cym_Latn", 1.0, self.name)


def test_an_excerpt_is_cut_to_300_characters_and_a_value_is_kept_as_it_is() -> None:
    verdict = dropped("a#1", "step", "too long", unit="paragraph", value=1 / 3, threshold=0.2, excerpt="ñ" * 301)
    assert (verdict.kept, verdict.unit, verdict.value, verdict.threshold) == (False, "paragraph", 1 / 3, 0.2)
    assert verdict.excerpt == "ñ" * 300


def test_a_turn_in_another_language_is_named_by_its_role_and_one_of_few_letters_is_not_judged() -> None:
    said = [Message(role="user", content="Bai."), Message(role="assistant", content="Mae hi'n braf heddiw.")]

    def judged(code: str) -> Verdict | None:
        identifier = EveryTextIsWelsh()
        return in_another_language(said, of="c", code=code, identifier=identifier, min_share=0.5, min_letters=10)

    verdict = judged("eus_Latn")
    assert verdict is not None
    assert (verdict.record_id, verdict.reason, verdict.value) == ("c", "the assistant's turn is not in the language", 0)
    assert judged("cym_Latn") is None


def test_a_turn_that_goes_round_in_circles_is_named_by_its_role() -> None:
    said = [Message(role="user", content="Zer da hau?"), Message(role="assistant", content="bat eta bi eta " * 9)]
    verdict = in_circles(said, of="c", max_share=0.3)
    assert verdict is not None
    assert (verdict.record_id, verdict.reason) == ("c", "the assistant's turn repeats itself")
    assert in_circles(said[:1], of="c", max_share=0.3) is None
