"""What differs between two models, equal changes of many layers said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archcount.difference.block_changes import FEWER, MORE, OTHER, BlockChange, block_changes
from archcount.difference.block_types import BlockType
from archcount.difference.model_difference import DIFFERENT, LayerPair, ModelDifference
from archcount.difference.setting_changes import is_norm

LEFT_OUT, ADDED, NORM_FOR_BIAS = "left out", "added", "norm for bias"
_LISTED = 3
"""Of more rows their number is said."""
_BLOCK_ROWS = 5
"""Stages that have more or fewer blocks are listed, as networks have few."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerFinding:
    """One difference, of one layer or of many alike.

    Attributes:
        what: the setting that is another; `left out`, `added`, or `norm for bias`; of blocks, `more
            blocks`, `fewer blocks` or `other blocks`.
        layer: what the layers are, such as "conv"; with their kernel where they came or went.
        left: the setting of the left side, empty where a layer came or went.
        right: likewise.
        pairs: the layers.
        rows: the rows of the left side that they stand in.
        is_everywhere: whether no other row has layers of the kind.
        numbers: how many of the layers or blocks each row has.
    """

    what: str
    layer: str
    left: str = ""
    right: str = ""
    pairs: tuple[LayerPair, ...]
    rows: tuple[str, ...]
    is_everywhere: bool
    numbers: tuple[int, ...] = ()

    @property
    def is_of_blocks(self) -> bool:
        """Whether it is of blocks, not of layers."""
        return self.what in (MORE, FEWER, OTHER)

    @property
    def by_row(self) -> Mapping[str, int]:
        """How many of the layers or blocks each row has."""
        return dict(zip(self.rows, self.numbers, strict=True))

    @property
    def alone(self) -> str:
        """What differs, without its number and place, as an expectation says it."""
        if self.what in (MORE, FEWER):
            return self.what
        if self.what == NORM_FOR_BIAS:
            return f"{self.right} for the bias of {self.layer}"
        return self._of_blocks() if self.is_of_blocks else self._said()

    def __str__(self) -> str:
        return f"{self.words}{self._place}"

    @property
    def words(self) -> str:
        """What differs, without its place.

        >>> from archcount.tracing.traced_layer import TracedLayer
        >>> layer = TracedLayer(kind="conv", path="a", input=(1, 1), output=(1, 1))
        >>> pair = LayerPair(verdict="changed", left=layer, right=layer, place="a")
        >>> print(LayerFinding(what="kernel", layer="conv", left="5x5", right="3x3",
        ...     pairs=(pair,) * 2, rows=("a",), is_everywhere=True))
        2 conv 3x3 for 5x5 (a)
        """
        if self.is_of_blocks:
            return self._of_blocks()
        many = f"{len(self.pairs)} " if len(self.pairs) > 1 else ""
        if self.what == NORM_FOR_BIAS:
            return f"{self.right} for the bias of {many}{self.layer}"
        return f"{many}{self._said()}"

    @property
    def _place(self) -> str:
        if self.is_everywhere and len(self.rows) > _LISTED:
            return ""
        # What stands in no module has a row in parentheses.
        rows = [row.strip("()") for row in self.rows]
        listed, most = ", ".join(rows), _BLOCK_ROWS if self.is_of_blocks else _LISTED
        if self.what in (MORE, FEWER):
            if len(self.rows) == 1:
                return f" in {listed}"
            told = zip(self.numbers, rows, strict=True)
            listed = ", ".join(f"{number} in {row}" for number, row in told)
        return f" ({listed})" if len(self.rows) <= most else f" (in {len(self.rows)} rows)"

    def _of_blocks(self) -> str:
        if self.what == OTHER:
            return f"{self.right} for {self.left}"
        number = sum(self.numbers)
        noun = "block" if number == 1 else "blocks"
        return f"{number} more {noun}" if self.what == MORE else f"{number} {noun} fewer"

    def _said(self) -> str:
        match self.what:
            case "left out" | "added":
                return f"{self.layer} {self.what}"
            case "type":
                return f"{self.right} for {self.left}"
            case "reads" if not self.right:
                return f"{self.layer} read other layers"
            case "kernel":
                return f"{self.layer} {self.right} for {self.left}"
            case "out":
                noun = "filters" if "conv" in self.layer else "outputs"
                return f"{self.layer} with {self.right} {noun} for {self.left}"
            case "bias" if {self.left, self.right} == {"yes", "no"}:
                return f"{self.layer} {'with' if self.right == 'yes' else 'without'} bias"
        return f"{self.layer} {self.what} {self.right} for {self.left}"


_Key = tuple[str, str, str, str]


def findings(found: ModelDifference, row: str = "") -> tuple[LayerFinding, ...]:
    """Return what differs: changes of the layers with weights and of windows first.

    Args:
        found: the difference.
        row: the row that is asked for; all of them where it is empty.
    """
    gathered: dict[_Key, list[tuple[str, LayerPair]]] = {}
    blocks = block_changes(found)
    told = {
        id(pair)
        for change in blocks
        for pair in change.pairs
        if not change.has_all_of_left or not pair.changes
    }
    for each in found.rows:
        if row in ("", each.name):
            rest = [pair for pair in each.pairs if id(pair) not in told]
            for key, pair in _told(rest):
                gathered.setdefault(key, []).append((each.name, pair))
    made = [_finding(found, key, pairs) for key, pairs in _rewired(gathered).items()]
    whole = _of_blocks([change for change in blocks if row in ("", change.row)])
    return (*whole, *sorted(made, key=_rank))


def _rewired(
    gathered: Mapping[_Key, list[tuple[str, LayerPair]]],
) -> dict[_Key, list[tuple[str, LayerPair]]]:
    """Gather layers of one kind that read others, whatever they are called."""
    kinds = Counter(layer for what, layer, _, _ in gathered if what == "reads")
    made: dict[_Key, list[tuple[str, LayerPair]]] = {}
    for (what, layer, left, right), pairs in gathered.items():
        is_many = what == "reads" and kinds[layer] > 1
        key = (what, layer, "", "") if is_many else (what, layer, left, right)
        made.setdefault(key, []).extend(pairs)
    return made


def _of_blocks(changes: Sequence[BlockChange]) -> Iterator[LayerFinding]:
    """Say equal changes of blocks once."""
    gathered: dict[tuple[str, BlockType | None, BlockType | None], list[BlockChange]] = {}
    for change in changes:
        types = (change.left, change.right) if change.what == OTHER else (None, None)
        gathered.setdefault((change.what, *types), []).append(change)
    for (what, left, right), found in gathered.items():
        rows, number = Counter(change.row for change in found), len(found)
        yield LayerFinding(
            what=what,
            layer="block",
            left=left.told(number, is_counted=True) if left else "",
            right=right.told(number) if right else "",
            pairs=tuple(pair for change in found for pair in change.pairs),
            rows=tuple(rows),
            is_everywhere=False,
            numbers=tuple(rows.values()),
        )


def _told(pairs: Sequence[LayerPair]) -> Iterator[tuple[_Key, LayerPair]]:
    """Return every change of some layers with what it is called."""
    skipped = -1
    for at, pair in enumerate(pairs):
        if pair.verdict not in DIFFERENT or at == skipped:
            continue
        if pair.left is None or pair.right is None:
            layer = pair.left or pair.right
            assert layer is not None
            kernel = layer.settings.get("kernel")
            sides = f" {'x'.join(map(str, kernel))}" if kernel else ""
            yield (LEFT_OUT if pair.left else ADDED, f"{layer.kind}{sides}", "", ""), pair
            continue
        after = pairs[at + 1] if at + 1 < len(pairs) else None
        for change in pair.changes:
            is_bias = change.what == "bias" and change.right == "no"
            if is_bias and after and not after.left and after.right and is_norm(after.right):
                skipped = at + 1
                yield (NORM_FOR_BIAS, pair.left.kind, "", after.right.kind), pair
            else:
                layer = pair.left if change.what == "type" else pair.right
                yield (change.what, layer.kind, change.left, change.right), pair


def _finding(
    found: ModelDifference, key: _Key, placed: Sequence[tuple[str, LayerPair]]
) -> LayerFinding:
    what, layer, left, right = key
    rows = Counter(name for name, _ in placed)
    kinds = {each.kind for _, pair in placed for each in (pair.left, pair.right) if each}
    having = {
        row.name
        for row in found.rows
        for pair in row.pairs
        for each in (pair.left, pair.right)
        if each is not None and each.kind in kinds
    }
    return LayerFinding(
        what=what,
        layer=layer,
        left=left,
        right=right,
        pairs=tuple(pair for _, pair in placed),
        rows=tuple(rows),
        is_everywhere=having <= {*rows},
        numbers=tuple(rows.values()),
    )


_HEAVY = ("conv", "transposed conv", "linear", "embedding", "matmul", "attention", "lstm", "gru")
_SETTINGS = ("kernel", "stride", "out", "groups", "dilation", "type", LEFT_OUT, ADDED)


def _rank(finding: LayerFinding) -> int:
    """Put first what changes sizes or params most."""
    if finding.what == NORM_FOR_BIAS or finding.what == "bias":
        return 3
    if finding.what not in _SETTINGS:
        return 4
    kind = next((each for pair in finding.pairs for each in (pair.left, pair.right) if each), None)
    assert kind is not None, "a finding is of layers"
    if kind.kind in _HEAVY:
        return 0
    return 1 if kind.kind.endswith("pool") else 2
