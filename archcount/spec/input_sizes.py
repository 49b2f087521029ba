"""The inputs of a table file: one, or several by name, whose sizes may read `let` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from archcount.architecture import Value
from archcount.errors import InvalidTableError, InvalidValueError, Problem, UsageError
from archcount.layers import Shape
from archcount.printed import channels_first
from archcount.spec.input_size import InputSize
from archcount.spec.yaml_tree import YamlNode


def inputs_in(tree: YamlNode) -> dict[str, YamlNode]:
    """Return the inputs as written, by name; one alone has an empty name."""
    found = dict(tree.items()).get("input")
    if found is None:
        return {}
    return dict(found.items()) if isinstance(found.value, dict) else {"": found}


def output_sides(tree: YamlNode) -> str:
    """Return the axes that outputs print by their letters: those of the input, channels last."""
    for size in inputs_in(tree).values():
        with suppress(InvalidValueError):
            letters = Shape.parse(size.text).letters
            return letters[1:] + letters[0]
    return "hwc"


def input_shapes(inputs: Mapping[str, YamlNode], values: Mapping[str, Value]) -> dict[str, Shape]:
    """Return the input shapes, the names in them replaced by their numbers.

    Raises:
        InvalidTableError: one reads a name that is no whole number of 1 or more.
    """
    found = {}
    for name, size in inputs.items():
        try:
            found[name] = InputSize(size.text).shape(values)
        except InvalidValueError as error:
            owner = f"input {name}" if name else "input"
            raise InvalidTableError(error.at(size.where, owner)) from None
    return found


def resized(inputs: Mapping[str, Shape], size: Shape) -> dict[str, Shape]:
    """Return inputs of another size, which is that of all of them where there are several.

    Raises:
        UsageError: there are several, of different sizes.
    """
    if len({*inputs.values()}) > 1 and size not in inputs.values():
        told = ", ".join(f"{name} is {shape}" for name, shape in inputs.items())
        raise UsageError.of(
            f"one input of {size} for inputs of different sizes ({told})",
            remedy="change them in the file, or leave --input out",
        )
    return dict.fromkeys(inputs, size) if len({*inputs.values()}) == 1 else dict(inputs)


def check_inputs(tree: YamlNode) -> Iterator[Problem]:
    """Refuse an input whose channels stand last, as papers print it."""
    for name, size in inputs_in(tree).items():
        if first := channels_first(size.text):
            channels = size.text.partition("x")[0].partition("^")[0].strip("² ")
            what = f"input {name + ' ' if name else ''}{size.text} would have {channels} channels"
            yield size.problem(what, "channels x height x width", remedy=f"write {first}")
