"""THE STUDY FILE: sums the rooms' settings, reads them, says what is wrong; nothing runs here."""

from mintza.study.load import Study, load, load_language
from mintza.study.schema import StudySettings, Table

__all__ = ["Study", "StudySettings", "Table", "load", "load_language"]
