"""`archcount infer`: how a paper counts, from all its printed numbers."""

from __future__ import annotations

from archcount.api.infer_report import infer
from archcount.api.tables import load
from archcount.cli.emit import emitting
from archcount.cli.options import Format, Output, TableName


def show_infer(name: TableName, form: Format = None, output: Output = None) -> None:
    """Infer how a paper counts, and propose its `conventions:` line.

    Every listed convention (K, weights or all params, MACs or FLOPs, what is included, rounded
    or cut off) is compared with every printed number of its column; what the file declares is
    left aside.

    Examples:
        archcount infer mine.yaml
    """
    with emitting(form, output) as emit:
        emit(infer(load(name)))
