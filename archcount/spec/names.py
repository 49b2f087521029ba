"""The names that expressions may read: whether they are sound, and those that rows derive."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword

from archcount.architecture import Value
from archcount.architecture.argument_parser import expression_over
from archcount.architecture.expression import FUNCTIONS
from archcount.errors import InvalidValueError, Problem, quote
from archcount.spec.grid import COLUMNS
from archcount.spec.yaml_tree import YamlNode


def check_names(tree: YamlNode, lets: Iterable[str], declared: Mapping[str, str]) -> list[Problem]:
    """Refuse names that an expression cannot read, or could read in two ways."""
    problems = []
    named = [
        (section, name, tree.section(section).key(name))
        for section, names in (("let", lets), ("columns", declared))
        for name in names
    ]
    for section in ("derive", "connections"):
        own = tree.section(section)
        named += [(section, name, own.key(name)) for name in own.keys]
    for section, name, key in named:
        if iskeyword(name) or name in FUNCTIONS:
            what = f"name {quote(name)} has a meaning of its own in expressions"
            problems.append(key.problem(what, remedy=f"for example, call it {name}_"))
        if section != "columns" and (name in declared or name in COLUMNS):
            what = f"{section} name {quote(name)} is also a column"
            problems.append(key.problem(what, remedy="rename one of them"))
        elif section in ("derive", "connections") and name in lets:
            what = f"{section} name {quote(name)} is also a let name"
            problems.append(key.problem(what, remedy="rename one of them"))
    return problems


def check_changed_names(tree: YamlNode) -> Iterator[Problem]:
    """Refuse a variant's `let` and `derive` names that the table does not have."""
    for variant, change in tree.section("variants").items():
        for section in ("let", "derive"):
            known, changed = tree.section(section).keys, change.section(section)
            for name in changed.keys:
                if name not in known:
                    what = f"variant {variant} changes unknown {section} name"
                    advice = f"add it to the table's {section}:"
                    yield changed.key(name).unknown(what, list(known), advice)


def read_derived(tree: YamlNode, names: Sequence[str], problems: list[Problem]) -> dict[str, Value]:
    """Read `derive:`, names that each row works out of its cells and of those before them."""
    derived: dict[str, Value] = {}
    for name, item in tree.section("derive").items():
        if not isinstance(item.value, str):
            continue  # the schema has reported it
        try:
            expression = expression_over(item.value, (*names, *derived))
            if re.search(r"\bfirst *\(", item.value):
                raise InvalidValueError(
                    "first() has no meaning in the names of a row",
                    remedy="write it in the block that is repeated",
                )
        except InvalidValueError as error:
            problems.append(error.at(item.text_start, f"derive {name}"))
            continue
        derived[name] = Value(
            value=expression, text=item.value, where=item.text_start, what=f"derive {name}"
        )
    return derived


def read_words(
    tree: YamlNode, declared: Collection[str], problems: list[Problem]
) -> dict[str, dict[str, str]]:
    """Read `words:`, what printed words mean, by their column."""
    section = tree.section("words")
    for name in section.keys:
        if name not in declared or name in COLUMNS:
            own = [column for column in declared if column not in COLUMNS]
            problems.append(section.key(name).unknown("words of unknown column", own))
    return {
        name: {printed: meaning.text for printed, meaning in entry.items()}
        for name, entry in section.items()
        if isinstance(entry.value, dict)
    }
