"""THE STUDY FILE: sums the rooms' settings, reads them, says what is wrong; nothing runs here."""

from mintza.study.limit import limited
from mintza.study.load import Study, explain, load, load_language
from mintza.study.schema import StudySettings, Table
from mintza.study.starter import is_gap, write_starter

__all__ = ["Study", "StudySettings", "Table", "explain", "is_gap", "limited", "load", "load_language", "write_starter"]
