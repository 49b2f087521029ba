"""The text of a new table file: an example to change, or a pasted table as its grid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from keyword import iskeyword

from archcount.architecture.expression import FUNCTIONS
from archcount.spec.grid import COLUMNS, RESERVED
from archcount.spec.pasted import Pasted

_EXAMPLE = """\
# TODO: the printed rows, one a line. `block` says what a row is made of; the numbers in `output`,
# `params` and `ops` are copied as printed, such as 2.7K: they are compared, and change nothing.
table: |
  row    | block                   | output   | params
  conv1  | conv 5x5/2 16 act=relu  | 16x16x16 | 1.2K
  conv2  | conv 3x3/2 32 act=relu  | 8x8x32   | 4.6K
  pool   | global_avgpool, flatten |          |
  scores | linear 10               | 10       | 330
"""

_HEADINGS = {
    "type": r"type|layers?|(layer )?name|layer (type|name)|stage|operat(or|ion)|module|block",
    "patch": r"(patch|filter|kernel)( (size|shape))? ?(/|and) ?strides?|patch( size)?|filter shape",
    "output": r"out(put)?( ?(size|shape|dimensions?))?",
    "input": r"in(put)?( ?(size|shape|dimensions?))?",
    "depth": r"depth",
    "params": r"(# ?|number of |num )?(param(eter)?s?|weights)( count)?",
    "ops": r"ops|(# ?)?(flops?|macs?|mult[- ]?adds?|madds?|multiply[- ]adds?|operations)",
    "n": r"n",
}
"""The columns that every table may have, and how papers head them."""

_BLOCKS = {
    r"conv(olution(al)?)?([\d_]|\b)": "conv patch output.c",
    r"(depth-?wise|dw).*conv|conv.*dw": "dwconv patch",
    r"max[- ]?pool": "maxpool patch",
    r"(global |adaptive )?(avg|average)[- ]?pool": "global_avgpool, or avgpool patch",
    r"linear|fc\b|fully[- ]connected|dense": "flatten, linear output.c",
    r"softmax": "softmax",
    r"dropout": "dropout 0.5",
}
"""What a row of a label may be made of."""


def new_file(name: str, file: str, pasted: Pasted | None = None) -> str:
    """Return the text of a table file that is valid, with comments that lead on.

    Of a pasted table every cell stays as printed. What it cannot say is left to the reader: its
    rows are `identity` until their blocks are written, and its numbers are compared with nothing.

    Args:
        name: the name of the table, valid in a file.
        file: where it will stand, for the commands in its comments.
        pasted: the printed table; an example to change where there is none.
    """
    grid = _EXAMPLE if pasted is None else "".join(f"{line}\n" for line in _grid(pasted))
    size = "3x32x32" if pasted is None else "3x224x224"
    number = (pasted and pasted.number) or "TODO: Table 1"
    return f"""\
# `archcount check {file}` passes as it is. What to do is marked with TODO; then
# `archcount table {file} --compare-paper` says of every printed number whether it is right.
# The format by examples: docs/table-format.md. For completion in an editor:
# archcount schema -o archcount.schema.json, and as the first line
# yaml-language-server: $schema=archcount.schema.json
archcount: 1
name: {name}
# TODO: the paper, and which of its tables; year:, authors: and arxiv: may follow.
source: {{title: "TODO: title of the paper", table: "{number}"}}
# TODO: the size of one input, channels first; of text, such as tokens 512 of 50257.
input: {size}
# TODO: what every convolution has, such as
# layer: {{bias: false, norm: batch, act: relu}}
# How the paper counts; `archcount infer {file}` proposes it from the printed numbers, such as
# conventions: {{params: {{count: weights}}, ops: {{count: flops}}}}
{grid}"""


def _grid(pasted: Pasted) -> Iterator[str]:
    columns = _columns(pasted.headings)
    renamed = [name for name in columns if name[-1] == "_" and name[:-1] in COLUMNS]
    kept = [row for row in pasted.rows if not _is_total(row)] or pasted.rows
    labels = [row[columns.index("type") if "type" in columns else 0] for row in kept]
    if pasted.caption:
        yield f"# {pasted.caption}"
    yield "# TODO: `is: information` keeps a column from being read and compared. Take it away when"
    yield "# the blocks are written, as in `c: Filters`."
    if renamed:
        yield "# Take the _ away from the names that archcount knows, here and in the table, and it"
        yield f"# reads and compares them: {', '.join(renamed)}."
    if "n_" in columns:
        yield "# TODO: a column n repeats the block of its row: call n_ so if it means that."
    if any(_is_round(cell) for row in kept for cell in row):
        yield "# TODO: 650,000 and 520K are read as exact to the last digit. If zeros at their end"
        yield "# are rounding, declare behind how many digits: conventions: {params: {digits: 2}}."
    yield "columns:"
    for name, heading in zip(columns, pasted.headings, strict=True):
        quoted = json.dumps(heading or name, ensure_ascii=False)
        yield (
            f"  {name}: {quoted}"
            if name == "type"
            else f"  {name}: {{heading: {quoted}, is: information}}"
        )
    for row in pasted.rows:
        if _is_total(row):
            yield "# TODO: a total is a claim: {what: params, printed: 6.8M, from: Table 1}"
            yield f"#   {' | '.join(cell for cell in row if cell)}"
    yield "# TODO: what each row is made of, in the place of identity; often it is something like"
    for label, block in _proposed(labels):
        if "patch_" not in columns:
            block = block.replace("patch", "3x3/2")
        if "output_" not in columns:
            block = block.replace("output.c", "64")
        yield f"#   {label or '(no label)'}: {block}"
    yield "table: |"
    named = zip(_names(labels), kept, strict=True)
    yield from _lines([["row", "block", *columns], *([id, "identity", *row] for id, row in named)])


def _lines(grid: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    for line in grid:
        yield f"  {' | '.join(map(str.ljust, line, widths))}".rstrip()


def _columns(headings: Iterable[str]) -> list[str]:
    """Return a name for each heading: one that archcount knows with a _ behind it, or its words."""
    found: list[str] = []
    for number, heading in enumerate(headings, 1):
        name = _known(heading) or _slug(heading, f"column{number}")
        taken = name in COLUMNS or iskeyword(name) or name in FUNCTIONS
        found.append(_free(f"{name}_" if taken and name != "type" else name, found))
    return found


def _known(heading: str) -> str:
    plain = " ".join(re.sub(r"\(.*?\)|[.:]", " ", heading.lower()).split())
    if width := re.fullmatch(r"#? ?(\d) ?[x×] ?\1( reduce)?", plain):
        return f"{'r' if width[2] else 'n'}{width[1]}"
    return next((name for name, known in _HEADINGS.items() if re.fullmatch(known, plain)), "")


def _slug(text: str, otherwise: str) -> str:
    """Return a text as a name: its words, those that begin with digits last.

    >>> _slug("18-layer", "x"), _slug("inception (3a)", "x"), _slug("≥", "x")
    ('layer_18', 'inception_3a', 'x')
    """
    words = re.findall(r"[a-z0-9]+", text.lower())
    while words and words[0][0].isdigit() and any(not word[0].isdigit() for word in words):
        words = [*words[1:], words[0]]
    name = "_".join(words)[:40].strip("_")
    return name if name and not name[0].isdigit() else otherwise


def _free(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    return next(each for number in count(2) if (each := f"{name}_{number}") not in taken)


def _names(labels: Iterable[str]) -> list[str]:
    """Return a name for each row, by its label."""
    found: list[str] = []
    for number, label in enumerate(labels, 1):
        name = _slug(label, f"row{number}")
        found.append(_free(f"{name}1" if name in {*RESERVED, "total"} else name, found))
    return found


def _is_total(row: Sequence[str]) -> bool:
    """Whether a row is of the whole network: a sum, or the FLOPs of each of its networks."""
    is_sum = row[0].lower().rstrip(":") in ("total", "totals", "sum")
    return is_sum or _known(row[0]) in ("params", "ops")


def _is_round(cell: str) -> bool:
    return bool(re.fullmatch(r"[\d,]*[1-9]0{2,}|\d{1,3}(,\d{3})*,000|\d+0[KMGB]", cell))


def _proposed(labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each label once, with what such a row may be made of."""
    for label in dict.fromkeys(labels):
        found = (block for known, block in _BLOCKS.items() if re.match(known, label.lower()))
        yield label, next(found, "?")
