"""What a study may say of the filters against damage, junk, personal data and leaked exams."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mintza.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class NormaliseFilterSettings(Settings):
    """Text is brought to NFC always. repair_mojibake: lines that were decoded wrongly (`Ã±` for `ñ`) are decoded again."""

    repair_mojibake: bool = False


class PersonalFilterSettings(Settings):
    """Personal data is masked: each find becomes `<email>`, `<phone>`, `<iban>` or `<ip>`. A kind that is off stays as it is."""

    email: bool = True
    phone: bool = True
    iban: bool = True
    ip: bool = True


class BoilerplateFilterSettings(Settings):
    """Lines that stand in many documents of a source go.

    A line goes when at least `min_documents` documents of its source have it, and at least `min_share` of them.
    """

    min_documents: int = Field(default=10, ge=2)
    min_share: Share = 0.02


class MixingFilterSettings(Settings):
    """Documents go of whose words more than `max_share` have letters of two scripts; words of up to three letters are not judged."""

    max_share: Share = 0.02


class QualityFilterSettings(Settings):
    """Documents go that lie outside what a trusted sample of the language does.

    calibration: a file that `mintza corpus calibrate` wrote, from the study's folder; documents in other languages are not judged.
    slack: how far beyond the sample's outer percentiles a document may lie, in their distances from the median.
    """

    calibration: str = Field(min_length=1)
    slack: float = Field(default=0.5, ge=0)


class OverlapFilterSettings(Settings):
    """Documents go that hold an item of the exams in `decontaminate_against`.

    min_share: of an item's words (or characters), so many lie in runs that the document shares.
    """

    min_share: float = Field(default=0.5, gt=0, le=1)
