"""New tensors that are filled by copies, as torch pads with the other side."""

from __future__ import annotations

from dataclasses import dataclass, field

from archcount.operators.operation import Operation, TensorSpec

Widths = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class CopiedBorders:
    """What is copied into a new tensor: something inside, then the borders around it.

    Attributes:
        whole: the new tensor.
        inner: the sizes of what is inside.
        widths: how wide the borders are along each axis, before and after.
    """

    whole: TensorSpec
    inner: tuple[int, ...]
    widths: Widths
    _done: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def around(cls, whole: TensorSpec, into: TensorSpec) -> CopiedBorders | None:
        """Return the borders around a part that something is copied into, None if it is no part.

        >>> whole = TensorSpec((1, 8, 9), "float32", layout=(0, 72, 9, 1))
        >>> into = TensorSpec((1, 5, 6), "float32", layout=(28, 72, 9, 1))
        >>> CopiedBorders.around(whole, into).widths
        ((0, 0), (3, 0), (1, 2))
        """
        if not whole.layout or into.layout[1:] != whole.layout[1:] or not all(into.shape):
            return None
        begin, widths = into.layout[0] - whole.layout[0], []
        for size, part, stride in zip(whole.shape, into.shape, whole.layout[1:], strict=True):
            low = begin // stride if size > 1 else 0
            begin -= low * stride
            widths.append((low, size - part - low))
        if begin or any(high < 0 for _, high in widths):
            return None
        return cls(whole, into.shape, tuple(widths))

    def copy(self, into: TensorSpec, of: TensorSpec) -> bool:
        """Note a copy within the tensor; return whether all borders hold the other side now."""
        far = of.layout[0] - into.layout[0]
        for axis, (size, stride) in enumerate(zip(self.inner, self.whole.layout[1:], strict=True)):
            for side, width in enumerate(self.widths[axis]):
                if width == into.shape[axis] and far == (size * stride, -size * stride)[side]:
                    self._done.add((axis, side))
        return self._done == {
            (axis, side)
            for axis, pair in enumerate(self.widths)
            for side, width in enumerate(pair)
            if width
        }


class NewTensors:
    """Tensors that were made without numbers of a layer, and what is copied into parts of them."""

    def __init__(self) -> None:
        self._sizes: dict[int, TensorSpec] = {}
        self._borders: dict[int, CopiedBorders | None] = {}

    def make(self, operation: Operation) -> None:
        """Take what an operation makes."""
        self._sizes.update({spec.storage: spec for spec in operation.outputs})

    def whole(self, spec: TensorSpec) -> TensorSpec:
        """Return the whole of which a tensor is a part, itself where that is not known."""
        return self._sizes.get(spec.storage, spec)

    def is_part(self, spec: TensorSpec) -> bool:
        """Return whether a tensor is a part of a larger one."""
        return self.whole(spec).elements > spec.elements

    def put(self, into: TensorSpec) -> None:
        """Take a copy of something else into a part of a tensor."""
        self._borders[into.storage] = CopiedBorders.around(self.whole(into), into)

    def fill(self, into: TensorSpec, of: TensorSpec) -> Widths | None:
        """Take a copy within a tensor; return the borders once all of them hold the other side."""
        borders = self._borders.get(into.storage)
        if borders is None or into.storage != of.storage or not borders.copy(into, of):
            return None
        return borders.widths


def is_made_new(operation: Operation) -> bool:
    """Return whether an operation reads no number, and of a tensor no more than its sizes."""
    return operation.name in _FACTORIES or not any(operation.tensors())


_FACTORIES = {
    f"aten.{name}"
    for name in (
        "empty_like zeros_like ones_like full_like rand_like randn_like randint_like new_empty "
        "new_empty_strided new_zeros new_ones new_full"
    ).split()
}
