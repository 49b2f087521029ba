"""The sheet of many counted models, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from archcount.engines.model_summary import ModelSummary
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.figures import short, size
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

_EXACT = "{:,}".format


def models_sheets(lines: Sequence[ModelSummary]) -> list[Sheet]:
    """Lay counted models out, exact for files, short for terminals, and for narrow ones."""
    failed = sum(bool(line.error) for line in lines)
    uncounted = sum(bool(line.uncounted) for line in lines)
    # All are counted by the same; what failed says none.
    attention = next((f", attention {line.attention}" for line in lines if line.attention), "")
    notes = [
        Span(f"counted: one call of each, the batch included{attention}; FLOPs are twice the MACs"),
        Span("depth: the longest chain of convolutions and linear layers"),
    ]
    if uncounted:
        notes.append(Span(f"{uncounted:,} with uncounted operations, not in their totals", "bad"))
    if failed:
        notes.append(Span(f"{failed:,} of {len(lines):,} could not be counted", "bad"))
    title = f"{len(lines):,} model{'s' * (len(lines) != 1)}"
    wide = _columns(short)
    narrow = [wide[0], *wide[2:]]
    exact, *shorter = (
        make_sheet(title, columns, lines, notes=notes)
        for columns in (_columns(_EXACT), wide, narrow)
    )
    return [replace(exact, of_files=True), *shorter]


def _columns(written: Callable[[int], str]) -> list[Column[ModelSummary]]:
    """Return the columns, their numbers written by a function."""

    def number(heading: str, field: str, form: Callable[[Any], str]) -> Column[ModelSummary]:
        def text(line: ModelSummary) -> str:
            found = getattr(line, field)
            return "" if found is None else form(found)

        return Column(heading, text, right=True)

    return [
        Column("Model", lambda line: line.model, whole=True),
        Column("Input", lambda line: line.inputs),
        number("Params", "params", written),
        number("MACs", "macs", written),
        number("Activations", "activation_bytes", size),
        number("Peak", "peak_bytes", size),
        number("Depth", "depth", str),
        number("Seconds", "seconds", "{:.2f}".format),
        Column("Uncounted, error", _problem),
    ]


def _problem(line: ModelSummary) -> Span:
    return Span(line.error or ", ".join(line.uncounted), "bad")


def tidy_summary(line: ModelSummary) -> dict[str, Value]:
    """Return a model in base units; what is missing is None."""
    return {
        "model": line.model,
        "input": line.inputs or None,
        "params": line.params,
        "macs": line.macs,
        "flops": line.flops,
        "backward_macs": line.backward_macs,
        "attention": line.attention or None,
        "weight_bytes": line.weight_bytes,
        "activation_bytes": line.activation_bytes,
        "peak_bytes": line.peak_bytes,
        "depth": line.depth,
        "seconds": None if line.seconds is None else round(line.seconds, 3),
        "uncounted": ", ".join(line.uncounted) or None,
        "error": line.error or None,
    }


@encode.register
def _(line: ModelSummary) -> dict[str, Any]:
    document = fields_of(line, "exit_code", inputs="input")
    return {**document, "flops": line.flops, "seconds": tidy_summary(line)["seconds"]}
