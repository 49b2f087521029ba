"""The `let` names of a file, and the defaults of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from archcount.architecture import LayerDefaults, Value, parse_expression
from archcount.architecture.layer_parser import parse_padding
from archcount.errors import InvalidValueError, Problem, quote
from archcount.spec.yaml_tree import YamlNode


def read_lets(
    texts: Mapping[str, str],
    source: YamlNode,
    problems: list[Problem],
    given: Mapping[str, Fraction] = MappingProxyType({}),
) -> dict[str, Value]:
    """Evaluate the `let` names in order; each may read those before it.

    Args:
        texts: the expressions by name.
        source: the mapping that they were written in.
        problems: where problems go.
        given: names that have a number already.
    """
    values: dict[str, Value] = {}
    numbers: dict[str, Fraction] = {}

    def lookup(name: str) -> Fraction:
        if name not in numbers:
            raise InvalidValueError(
                f"unknown name {quote(name)}",
                allowed=", ".join(numbers) or "numbers; no name is defined before it",
                remedy="define names before they are used",
            )
        return numbers[name]

    for name, text in texts.items():
        where = source.find((name,)).where
        try:
            number = given[name] if name in given else parse_expression(text).evaluate(lookup)
        except InvalidValueError as error:
            problems.append(error.at(where, f"let {name}"))
            number = Fraction(1)
        numbers[name] = number
        values[name] = Value(value=number, text=text, where=where, what=f"let {name}")
    return values


def layer_defaults(
    entry: Mapping[str, Any], source: YamlNode, problems: list[Problem]
) -> LayerDefaults:
    """Read the table's `layer:`."""
    given = dict(entry)
    if "pad" in given:
        try:
            given["pad"] = parse_padding(given["pad"])
        except InvalidValueError as error:
            problems.append(error.at(source.find(("pad",)).where, "layer.pad"))
    norm, act = given.pop("norm", "none"), given.pop("act", "none")
    return LayerDefaults(arguments=given, norm=norm, act=act)
