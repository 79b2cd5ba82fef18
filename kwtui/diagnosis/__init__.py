"""What errors of KWDB mean: recognised in any text, explained, with checks that tell more.

Knows no server, no files and no driver: text in, plain data out.
"""

from kwtui.diagnosis.entries import Area, Entry, KnownCheck, Table, known
from kwtui.diagnosis.recognition import Diagnosis, KnownBy, recognise, recognise_answer

__all__ = [
    "Area",
    "Diagnosis",
    "Entry",
    "KnownBy",
    "KnownCheck",
    "Table",
    "known",
    "recognise",
    "recognise_answer",
]
