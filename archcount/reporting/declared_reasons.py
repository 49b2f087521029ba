"""What the file of a table says of verdicts: each reason below the first one that it is of."""

from __future__ import annotations

from archcount.comparison import ComparedCell, ComparedClaim, Comparison

_EXPECTED = ("match", "unpublished")
"""The verdicts that no file declares."""


class DeclaredReasons:
    """Says of verdicts whether the file declares them, and each of its reasons once.

    Args:
        is_own: whether what was counted is what the file speaks of; else nothing is said.
    """

    def __init__(self, *, is_own: bool) -> None:
        self._is_own = is_own
        self._places: dict[str, str] = {}

    def mark(self, item: ComparedCell | ComparedClaim) -> str:
        """Return what follows a verdict that the file does not declare; empty for others."""
        is_new = self._is_own and not item.because and item.verdict.status not in _EXPECTED
        return ", new" if is_new else ""

    def below(self, because: str, place: str) -> tuple[str, ...]:
        """Return the line below a sentence with the file's reason, or where it has been said."""
        if not because:
            return ()
        words = " ".join(because.split())
        if words in self._places:
            return (f"  known: as {self._places[words]}",)
        self._places[words] = place
        return (f"  known: {words}",)


def number_declared(comparison: Comparison, column: str) -> str:
    """Return in words how many numbers of a column that do not match are declared, and not."""
    cells = [row.cells[column] for row in comparison.printed if column in row.cells]
    open_cells = [cell for cell in cells if cell.verdict.status not in _EXPECTED]
    known = sum(bool(cell.because) for cell in open_cells)
    found = {"known": known, "new": len(open_cells) - known} if comparison.is_own else {}
    words = ", ".join(f"{number} {word}" for word, number in found.items() if number)
    return f"; {words}" if words else ""
