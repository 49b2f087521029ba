"""What the cells of models mean: names of `let` where they are numbers, else cells of every row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.architecture import parse_expression
from archcount.errors import InvalidValueError
from archcount.printed import SETTINGS
from archcount.spec.checked_columns import OwnColumns
from archcount.spec.row_reader import BLANK
from archcount.spec.yaml_tree import YamlNode

_PRINTED = ("model", "params", "ops", "depth")
_SIZES = ("input", "output")
"""The columns of sizes, which are compared."""
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True, slots=True)
class ModelValues:
    """The columns of a table of models that its networks read.

    Attributes:
        numbers: those that are names of `let`; a blank cell leaves what `let:` says.
        carried: the others, which every row of a network has as a cell.
        words: what printed words mean, by column.
        defaults: the names that `let:` has already.
        to_read: the columns that a network has to read.
    """

    numbers: tuple[str, ...]
    carried: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]
    defaults: frozenset[str]
    to_read: tuple[str, ...]

    @classmethod
    def read(
        cls,
        tree: YamlNode,
        columns: Sequence[str],
        models: Sequence[Mapping[str, YamlNode]],
        own: OwnColumns,
    ) -> ModelValues:
        """Tell the columns that are numbers in every model from the others."""
        words = {
            name: {printed: meaning.text for printed, meaning in entry.items()}
            for name, entry in tree.section("words").items()
        }
        quantities = {
            name for name, column in own.checked.items() if column.what not in ("", *SETTINGS)
        }
        left_out = {*_PRINTED, *own.information, *quantities}
        named = [name for name in columns if name not in left_out]
        defaults = frozenset(tree.section("let").keys)
        known = {*named, *defaults}
        texts = {
            name: [words.get(name, {}).get(cells[name].text, cells[name].text) for cells in models]
            for name in named
        }
        numbers = [
            name
            for name in named
            if any(text not in BLANK for text in texts[name])
            and all(
                name in defaults if text in BLANK else _is_number(text, known)
                for text in texts[name]
            )
        ]
        return cls(
            numbers=tuple(numbers),
            carried=tuple(name for name in named if name not in numbers),
            words=words,
            defaults=defaults,
            to_read=tuple(name for name in named if name not in (*own.checked, *_SIZES)),
        )

    def cell(self, cell: YamlNode, column: str) -> YamlNode:
        """Return a cell with the meaning of its printed word."""
        text = self.words.get(column, {}).get(cell.text, cell.text)
        return replace(cell, value=text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)

    def changed(self, cells: Mapping[str, YamlNode]) -> YamlNode:
        """Return the `let` names that a model's cells change."""
        found = {
            name: self.cell(cells[name], name)
            for name in self.numbers
            if cells[name].text not in BLANK
        }
        where = cells["model"].where
        return YamlNode({**found}, where, {name: cell.where for name, cell in found.items()})

    def lets(self, written: YamlNode, cells: Mapping[str, YamlNode]) -> YamlNode:
        """Return the names of the file with those of the columns, numbers before what reads them.

        Names that `let:` does not have get the numbers of one model.
        """
        new = self.changed(cells)
        values, keys = dict(new.items()), new.keys
        plain = [name for name in values if not parse_expression(values[name].text).names]
        first = [name for name in plain if name not in self.defaults]
        order = [*first, *written.keys, *values]
        both = {**values, **dict(written.items())}  # a blank cell of another model leaves these
        return YamlNode(
            {name: both[name] for name in order}, written.where, {**keys, **written.keys}
        )


def _is_number(text: str, known: Iterable[str]) -> bool:
    """Whether a cell is a number, or an expression over known names."""
    if _THOUSANDS.fullmatch(text):
        return True
    try:
        return {*parse_expression(text).names} <= {*known}
    except InvalidValueError:
        return False
