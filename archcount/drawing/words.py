"""What stands in the box of a layer: its words as the table file writes them, and its family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from archcount.architecture import LayerNode
from archcount.layers import JoinKind, LayerKind, Shape
from archcount.layers.by_word import FOLLOWERS
from archcount.layers.experts import Experts
from archcount.layers.kind import Argument, arguments_of
from archcount.printed import Patch

TIMES = "\N{MULTIPLICATION SIGN}"

_FAMILIES = {
    "conv": "conv dwconv sepconv upconv causal_conv sparse_conv",
    "pool": "maxpool avgpool trained_pool global_avgpool global_maxpool adaptive_avgpool "
    "adaptive_maxpool mean subsample unpool",
    "linear": "linear rbf",
    "attention": "attention attend selective_scan",
    "recurrent": "lstm gru rnn",
    "embed": "embedding positions class_token segments sinusoids",
    "norm": "lrn",
    "act": "softmax scaled_tanh",
}
_FAMILY = {word: family for family, words in _FAMILIES.items() for word in words.split()}
_FAMILY |= {kind.word: "norm" for kind in FOLLOWERS["norm"].values()}
_FAMILY |= {kind.word: "act" for kind in FOLLOWERS["act"].values()}

_UNSAID = frozenset(
    "pad same ceil count_pad bias qkv_bias eps momentum scale alpha beta k size bias align mode "
    "sides value rotary rotary_dim buckets grid dim packed positions".split()
)
"""Options that no figure of a paper shows."""
_COUNTS = {"heads": "heads", "groups": "groups", "kv": "kv heads", "kv_heads": "kv heads"}
_WORDS = {"attend": "attention"}


def family_of(word: str) -> str:
    """Return what a kind of layer does, a word of `FAMILIES`.

    >>> family_of("dwconv"), family_of("gelu"), family_of("flatten")
    ('conv', 'act', 'other')
    """
    return _FAMILY.get(word, "other")


def is_follower(node: LayerNode) -> bool:
    """Whether a layer stands in the box of the one before it."""
    return family_of(node.kind.word) in ("norm", "act") or node.kind.word in ("dropout", "flatten")


def label(kind: LayerKind | JoinKind) -> str:
    """Write a layer as its table does, its numbers worked out.

    >>> from archcount.layers.convolution import Conv
    >>> label(Conv(patch=Patch((7, 7), (2, 2)), width=64))
    'conv 7×7/2, 64'
    """
    first: list[str] = []
    rest: list[str] = []
    for argument in arguments_of(type(kind)):
        value = getattr(kind, argument.name)
        if argument.position is not None:
            if value != _default(kind, argument):
                (first if isinstance(value, Patch) else rest).append(_written(value))
        elif argument.name not in _UNSAID and value != _default(kind, argument):
            rest.append(_option(argument.name, value))
    word = _WORDS.get(kind.word) or kind.word.replace("_", " ")
    if not first and rest and arguments_of(type(kind))[0].position == 0:
        first = [rest.pop(0)]
    return ", ".join([" ".join([word, *first]), *rest])


def _default(kind: LayerKind | JoinKind, argument: Argument) -> Any:
    return type(kind).__dataclass_fields__[argument.name].default


def _option(name: str, value: Any) -> str:
    if name in _COUNTS:
        return f"{value} {_COUNTS[name]}"
    if value is True:
        return name
    if name == "tied":
        return f"tied to {value}"
    return f"{name} {_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, Patch):
        kernel, stride = TIMES.join(map(str, value.kernel)), value.stride
        if all(step == 1 for step in stride):
            return kernel
        alike = len(set(stride)) == 1
        return f"{kernel}/{stride[0] if alike else TIMES.join(map(str, stride))}"
    if isinstance(value, tuple):
        return TIMES.join(map(str, value if len(set(value)) > 1 else value[:1]))
    return f"{value:g}" if isinstance(value, float) else str(value)


_SIGNS = {"add": "+", "mul": TIMES}


def join_label(kind: JoinKind) -> str:
    """Write how branches are joined: a sign, a word, or the whole of an attention."""
    if isinstance(kind, Experts):
        return f"+ of {kind.active} experts a token"
    return _SIGNS.get(kind.word) or label(kind)


def with_follower(
    title: str, details: tuple[str, ...], family: str, by: str
) -> tuple[str, tuple[str, ...]]:
    """Return the title and the lines of a box with what follows its layer.

    >>> with_follower("conv 3×3, 64", ("batchnorm",), "conv", "relu")
    ('conv 3×3, 64', ('batchnorm, relu',))
    >>> with_follower("+", (), "join", "relu")
    ('add, relu', ())
    """
    if family in ("norm", "act", "join"):
        word = next((word for word, sign in _SIGNS.items() if sign == title), title)
        return f"{word}, {by}", details
    return title, (f"{details[-1]}, {by}" if details else by,)


def shape_text(shape: Shape) -> str:
    """Write a shape as papers do, height x width x channels.

    >>> shape_text(Shape((64, 112, 112))), shape_text(Shape((1000,)))
    ('112×112×64', '1000')
    """
    if shape.vocabulary:
        return f"{shape.positions} tokens"
    return TIMES.join(map(str, (*shape.spatial, shape.channels)))


def summary(layers: Iterable[LayerNode]) -> str:
    """Write what a row consists of: its only layer, or how many of each kind that matter."""
    found = [layer for layer in layers if layer.kind.is_layer]
    heavy = [layer for layer in found if not is_follower(layer)] or found
    if not heavy:
        return "identity"
    if len(heavy) == 1:
        return label(heavy[0].kind)
    words = Counter(layer.kind.word.replace("_", " ") for layer in heavy if _counts(layer, heavy))
    return ", ".join(f"{times} {word}" if times > 1 else word for word, times in words.items())


def _counts(layer: LayerNode, among: list[LayerNode]) -> bool:
    """Whether a layer is named in a summary: the others matter where nothing else stands there."""
    matter = [each for each in among if family_of(each.kind.word) != "other"]
    return layer in matter or not matter
