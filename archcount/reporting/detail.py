"""How much of a report people are shown."""

from __future__ import annotations

from typing import Literal

Detail = Literal["answer", "findings", "everything"]
"""The answer alone; the answer, the table and what was found; or every verdict in words."""
