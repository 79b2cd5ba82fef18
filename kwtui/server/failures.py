"""What a failed connection or statement means, in words that help.

KWDB sends most errors without a useful SQLSTATE (facts.md, section 12.1), and libpq reports
connection errors as text only, so classification reads message texts; those are from recording 11
and facts.md, sections 9.1 and 12.4.
"""

from __future__ import annotations
