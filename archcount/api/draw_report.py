"""The picture of a network, as papers draw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.control_characters import visible
from archcount.drawing import COLOURS, DETAILS, THEMES, Picture, table_picture
from archcount.drawing.formats import DIRECTIONS, LAYOUTS, Look, drawn_as
from archcount.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from torch import nn

    from archcount.api.tables import Table


@dataclass(frozen=True, repr=False)
class Drawing:
    """The picture of a network, to be shown or written.

    Attributes:
        picture: what is drawn.
        look: how.
    """

    picture: Picture
    look: Look = field(default_factory=Look)

    def __repr__(self) -> str:
        """Return the drawing in one line."""
        boxes = sum(1 for _ in self.picture.boxes)
        return visible(f"<Drawing {self.picture.title}: {boxes} boxes>")

    def __str__(self) -> str:
        return str(self.render("text")).rstrip("\n")

    def render(self, format: str) -> str | bytes:
        """Return the picture in a format: `text`, `svg`, `png`, `dot` or `mermaid`.

        Raises:
            UsageError: there is no such format.
            UnavailableError: what draws it is not installed.

        >>> draw("lenet5").render("mermaid").splitlines()[0]
        'flowchart TB'
        """
        return drawn_as(self.picture, format, self.look)

    def to_svg(self) -> str:
        """Return the picture as the text of an `svg` element."""
        return str(self.render("svg"))

    def _repr_html_(self) -> str:
        return self.to_svg()


def draw(
    thing: Table | nn.Module | str | Path,
    *,
    variant: str = "",
    input: Any = "",
    let: Mapping[str, str | int] | None = None,
    detail: str = "blocks",
    colour: str = "kind",
    direction: str = "down",
    theme: str = "auto",
    layout: str = "own",
    arguments: Mapping[str, Any] | None = None,
    device: str = "meta",
) -> Drawing:
    """Draw the network of a table, or a model by its modules.

    Args:
        thing: a table, its name or file, "resnet@50" for a variant; a module, or a text that names
            one, as `count` takes it: "torchvision:resnet50".
        variant: a variant of a table.
        input: another input size; of a module what it is called with, as `count` takes it.
        let: other values of the `let` names of a table's file.
        detail: `rows`, a box a row of the table or a module that the model holds; `blocks`, what
            stands in them, a box a layer with what follows it; or `layers`, every layer.
        colour: what colours mean: the `kind` of layer; the `verdict` on a row's printed numbers;
            its share of all `macs` or `params`; or `none`.
        direction: `down` or `right`.
        theme: of svg and png: `auto`, `light` or `dark`.
        layout: `own`, or `dot` for that of Graphviz where it is installed.
        arguments: of a named model, what the callable is given by name.
        device: of a model, where it is run.

    Raises:
        UsageError: an option has no such value, or does not go with the thing.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory to run a model, or its library.

    >>> draw("googlenet")
    <Drawing googlenet: Going deeper with convolutions: 92 boxes>
    """
    chosen = {"detail": detail, "colour": colour, "direction": direction, "theme": theme}
    _check(chosen | {"layout": layout})
    look = Look(direction=direction, theme=theme, layout=layout)
    from archcount.api.tables import is_model

    if is_model(thing):
        if variant or let or colour == "verdict":
            raise UsageError.of(
                "variant, let and the colour verdict go with a table",
                allowed="for a model the colours kind, macs, params and none",
            )
        from archcount.api.model_drawing import model_drawing

        picture = model_drawing(thing, input, detail, colour, arguments, device)
        return Drawing(picture, look)
    if arguments or device != "meta":
        raise UsageError.of("arguments and a device go with a model, and this is a table")
    return Drawing(_of_table(thing, variant, input, let, detail, colour), look)


_ALLOWED = {
    "detail": DETAILS,
    "colour": COLOURS,
    "direction": DIRECTIONS,
    "theme": THEMES,
    "layout": LAYOUTS,
}


def _check(options: Mapping[str, str]) -> None:
    for name, value in options.items():
        if value not in _ALLOWED[name]:
            raise unknown_name(f"unknown {name}", value, _ALLOWED[name])


def _of_table(
    thing: Any,
    variant: str,
    input: str,
    let: Mapping[str, str | int] | None,
    detail: str,
    colour: str,
) -> Picture:
    """Return the picture of a table's network, with its verdicts where they are asked for."""
    from archcount.api.tables import as_table

    table = as_table(thing, variant)
    architecture = table.architecture(variant=variant, input=input, let=let)
    name, chosen = table.name, architecture.variant
    source = table.variant(chosen).printed.source
    title = f"{f'{name}@{chosen}' if chosen else name}: {source.title}"
    said: dict[str, Any] = {}
    if colour == "verdict":
        from archcount.api.comparing import compare
        from archcount.api.table_report import count_table
        from archcount.comparison.answers import verdict_words
        from archcount.reporting.verdict_marks import verdict_marks

        counted = count_table(table, variant=chosen, input=input, let=let, engine="formula")
        comparison = compare(counted, table).record.comparison
        assert comparison is not None
        said = {"marks": verdict_marks(comparison), "note": verdict_words(comparison)}
    return table_picture(architecture, detail=detail, colour=colour, title=title, **said)
