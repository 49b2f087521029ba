"""A picture of a network as records: boxes one after another, branches beside one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """What a box stands for, of all its repetitions together.

    Attributes:
        layers: layers, joins of branches left out.
        params: trainable parameters.
        macs: multiply-accumulates for one image.

    >>> Amount(1, 20, 300) + Amount(1, 1, 1)
    Amount(layers=2, params=21, macs=301)
    """

    layers: int = 0
    params: int = 0
    macs: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.layers + other.layers, self.params + other.params, self.macs + other.macs
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of a box or a group, in words and by a colour that repeats them.

    Attributes:
        text: the words, such as "params off" or "12.3%".
        tone: `good`, `explained`, `wrong` or `silent` for a verdict; `share0` to `share4` for the
            part of a whole, from little to much; `plain` and `frame` for no colour.
    """

    text: str
    tone: str


def _words(mark: Mark | None) -> tuple[str, ...]:
    return (mark.text,) if mark and mark.text else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """One layer with what follows it, a row, or the joining of branches.

    Attributes:
        path: its name in the network, `inception_3a.branch2.conv1`.
        title: the first line.
        details: further lines.
        family: what it does, a word of `FAMILIES`.
        amount: what it stands for, of all repetitions.
        output: the shape that it gives, as text.
        reads: the path of the part elsewhere whose output it is; empty where it reads the one
            before it.
        mark: what is said of it.
    """

    path: str
    title: str
    details: tuple[str, ...] = ()
    family: str
    amount: Amount = Amount()
    output: str = ""
    reads: str = ""
    mark: Mark | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What is written in it: the title, the details, and what is said of it."""
        return (self.title, *self.details, *_words(self.mark))

    @property
    def is_sign(self) -> bool:
        """Whether it is a join of one sign, which is drawn as a circle."""
        return self.family == "join" and len("".join(self.lines)) == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Branching:
    """Branches that read one input, and the box that joins them; an empty one passes it on."""

    path: str
    branches: tuple[Chain, ...]
    join: Box

    @property
    def output(self) -> str:
        """The shape that it gives, as text."""
        return self.join.output


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Parts in one frame: a row, a module, or what is repeated.

    Attributes:
        title: its name; empty where it is only repeated.
        times: how often it stands one behind the other.
        output: the shape that the last one gives.
        family: `row`, `head`, `module` or `repeat`.
        key: what it is called among its like, as all of them are where they are folded; its title
            where it is empty.
        amount: what it has itself, beside its parts.
    """

    path: str
    title: str = ""
    times: int = 1
    body: Chain
    output: str
    family: str = "repeat"
    mark: Mark | None = None
    key: str = ""
    amount: Amount = Amount()

    @property
    def header(self) -> tuple[str, ...]:
        """Its title and the number of times, as far as it has them."""
        times = f"\N{MULTIPLICATION SIGN}{self.times}" if self.times > 1 else ""
        return tuple(filter(None, (self.title, times)))

    @property
    def lines(self) -> tuple[str, ...]:
        """What is written at its head: that, and what is said of it."""
        return (*self.header, *_words(self.mark))


Part = Box | Branching | Group
Chain = tuple[Part, ...]
"""Parts one after another."""

FAMILIES = {
    "conv": "convolution",
    "pool": "pooling",
    "linear": "fully connected",
    "attention": "attention",
    "recurrent": "recurrent",
    "embed": "embedding",
    "norm": "normalisation",
    "act": "activation",
    "other": "other",
}
"""What layers do, in the words of the legend."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """What follows one input of the network.

    Attributes:
        input: the input.
        body: the parts.
    """

    input: Box
    body: Chain


@dataclass(frozen=True, slots=True)
class SideHead:
    """A head beside the network, which reads the output of one of its parts."""

    at: str
    group: Group


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossLink:
    """What a part reads of one that does not stand before it, as their paths.

    Attributes:
        source: empty where no line is drawn.
        is_only: whether the part does not read the one before it.
    """

    source: str
    target: str
    is_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A network as it is drawn.

    Attributes:
        title: what it is.
        note: a line below the title.
        description: the same in a sentence or two, for those who do not see it.
        streams: one beside another, mostly one.
        sides: the auxiliary heads.
        links: what whole parts read of others; what a box inside reads is its own `reads`.
        total: what shares are of.
        colour: what the colours mean: `kind`, `verdict`, `macs`, `params` or `none`.
    """

    title: str
    note: str = ""
    description: str
    streams: tuple[Stream, ...]
    sides: tuple[SideHead, ...] = ()
    links: tuple[CrossLink, ...] = ()
    total: Amount = Amount()
    colour: str = "kind"

    @property
    def chains(self) -> Iterator[Chain]:
        """Everything that is drawn: the streams, then the heads."""
        yield from (stream.body for stream in self.streams)
        yield from ((side.group,) for side in self.sides)

    @property
    def boxes(self) -> Iterator[Box]:
        """Every box but those of inputs."""
        for chain in self.chains:
            yield from boxes_of(chain)


def parts_of(chain: Chain) -> Iterator[Part]:
    """Yield the parts of a chain and those inside, joins included."""
    for part in chain:
        yield part
        match part:
            case Branching():
                for branch in part.branches:
                    yield from parts_of(branch)
                yield part.join
            case Group():
                yield from parts_of(part.body)


def boxes_of(chain: Chain) -> Iterator[Box]:
    """Yield the boxes of a chain, joins included."""
    return (part for part in parts_of(chain) if isinstance(part, Box))


def reads_elsewhere(part: Part) -> bool:
    """Whether a part begins with what another part than the one before it gives."""
    match part:
        case Box():
            return bool(part.reads)
        case Group():
            return bool(part.body) and reads_elsewhere(part.body[0])
    return False


def amount_of(chain: Chain) -> Amount:
    """Return what a chain stands for."""
    amounts = (part.amount for part in parts_of(chain) if not isinstance(part, Branching))
    return sum(amounts, Amount())
