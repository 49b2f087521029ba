"""The file that a table of models reduces to: a variant for each printed model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.errors import Location, Problem
from archcount.printed import PrintedCell, PrintedRow
from archcount.spec.model_values import ModelValues
from archcount.spec.row_reader import BLANK
from archcount.spec.summary import slug
from archcount.spec.yaml_tree import YamlNode

_SAID = {"claims": "a claim", "errata": "an erratum", "readings": "a reading"}
"""What a file says of single models."""


@dataclass(frozen=True, slots=True)
class Model:
    """One printed model: the name of its variant, its printed name, and its cells by column."""

    name: str
    label: str
    cells: Mapping[str, YamlNode]
    where: Location

    @property
    def printed(self) -> PrintedRow:
        """What is printed of it."""
        cells = {
            column: PrintedCell(column=column, text=cell.text, where=cell.where)
            for column, cell in self.cells.items()
            if cell.text not in BLANK
        }
        return PrintedRow(id=self.name, cells=cells, where=self.where)


class Reduction:
    """Makes the file that a table of models reduces to."""

    def __init__(
        self,
        tree: YamlNode,
        models: Sequence[Model],
        values: ModelValues,
        problems: list[Problem],
    ) -> None:
        self._tree, self._models, self._values = tree, models, values
        self._problems = problems
        self._names = [model.name for model in models]

    def tree(self) -> YamlNode:
        """Return the file with a variant a model, and what is said of each in its place."""
        written = dict(self._tree.items())
        keys = dict(self._tree.keys)
        if "default" in written:
            written["default"] = replace(written["default"], value=self._named(written["default"]))
        default = written["default"].text if "default" in written else ""
        own = self._own(default)
        variants = {model.name: self._variant(model, own[model.name]) for model in self._models}
        others = self._tree.section("variants")
        for name, change in others.items():
            variants[name] = self._changed(name, change, others)
        places = {model.name: model.where for model in self._models}
        written["variants"] = YamlNode({**variants}, others.where, {**places, **others.keys})
        first = next((each for each in self._models if each.name == default), self._models[0])
        written["let"] = self._values.lets(self._tree.section("let"), first.cells)
        for key in (*_SAID, "words"):
            written.pop(key, None)
        return YamlNode(written, self._tree.where, keys)

    def _named(self, name: YamlNode) -> str:
        """Return the variant that a name of the file means."""
        return slug(name.text) if slug(name.text) in self._names else name.text

    def _own(self, default: str) -> dict[str, dict[str, list[YamlNode]]]:
        """Return each model's claims and errata; those without a model are the default one's."""
        own: dict[str, dict[str, list[YamlNode]]] = {name: {} for name in self._names}
        for key in _SAID:
            for entry in self._tree.listing(key):
                said = dict(entry.items()).get("model")
                name = self._named(said) if said else default
                if name not in own:
                    self._problems.append(self._unknown(key, entry, said))
                    continue
                own[name].setdefault(key, []).append(entry)
        return own

    def _unknown(self, key: str, entry: YamlNode, said: YamlNode | None) -> Problem:
        what = _SAID[key]
        labels = [model.label for model in self._models]
        if said is None:
            remedy = "add model:, or name the default: model"
            return entry.problem(f"{what} of no model", ", ".join(labels), remedy)
        return said.unknown(f"{what} of unknown model", labels)

    def _variant(self, model: Model, own: Mapping[str, list[YamlNode]]) -> YamlNode:
        """Return a model as a variant."""
        here = model.where
        parts: dict[str, YamlNode] = {"printed": YamlNode("true", here)}
        parts["let"] = self._values.changed(model.cells)
        if self._values.carried:
            cells = {
                name: self._values.cell(model.cells[name], name) for name in self._values.carried
            }
            row = YamlNode({**cells}, here, {name: cell.where for name, cell in cells.items()})
            rows = (dict(entry.items()).get("row") for entry in self._tree.listing("network"))
            places = {each.text: each.where for each in rows if each is not None}
            parts["cells"] = YamlNode(dict.fromkeys(places, row), here, places)
        parts |= {key: YamlNode([*entries], here) for key, entries in own.items()}
        return YamlNode({**parts}, here, dict.fromkeys(parts, here))

    def _changed(self, name: str, change: YamlNode, others: YamlNode) -> YamlNode:
        """Return a variant of the file, which changes a model or another variant."""
        base = dict(change.items()).get("of")
        if name in self._names:
            what = f"variant {name} is called as a model is"
            self._problems.append(others.key(name).problem(what, remedy="rename it"))
        if base is None:
            what = f"variant {name} changes no model"
            labels = ", ".join(model.label for model in self._models)
            problem = others.key(name).problem(what, remedy=f"add of: one of {labels}")
            self._problems.append(problem)
            return change
        parts = {**dict(change.items()), "of": replace(base, value=self._named(base))}
        return YamlNode({**parts}, change.where, change.keys)
