"""What a file says of numbers outside the rows: claims, read, checked and made records."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

from archcount.errors import InvalidValueError, Location, Problem, quote, suggestion
from archcount.layers.by_word import KINDS
from archcount.printed import (
    Claim,
    Erratum,
    Reference,
    Training,
    parse_bound,
    parse_duration,
    parse_percent,
    parse_product,
    parse_quantity,
    parse_ratio,
    parse_share,
)
from archcount.spec.catalogue import catalogue
from archcount.spec.schema import ClaimEntry, ReferenceEntry, TableFile
from archcount.spec.summary import read_networks
from archcount.spec.yaml_tree import YamlNode

_TOTALS = ("params", "weights", "ops", "depth", "depth with pooling")
_COUNTED = (
    *("params", "weights", "ops", "macs", "flops"),
    *("buffers", "params and buffers", "neurons"),
)
_SELECTED = {
    "heads": (*_COUNTED, "layers", "concatenations", "training time"),
    "of": (*_COUNTED, "layers", "concatenations", "depth"),
    "layers": _COUNTED,
}
"""What a claim may speak of beside each way to select a part."""
_MORE, _FEWER = ("more", "higher"), ("fewer", "less", "smaller", "cheaper")
_SHARED = ("params", "weights", "ops")
_SUMMED = ("params", "ops", "depth")
_KIND = re.compile(r"(?P<word>\S+)(?: (?P<kernel>[1-9]\d*x[1-9]\d*))?")
"""Layers by word and kernel, "conv 1x1"."""


def check_claims(
    tree: YamlNode, columns: Collection[str], checked: Collection[str], problems: list[Problem]
) -> None:
    """Check that every claim's numbers can be read, and that what they count exists.

    Sums are of `params`, `ops`, `depth`, and of the columns that are `checked`.
    """
    for claim in tree.listing("claims"):
        parts = {key: item for key, item in claim.items() if item.value is not None}
        texts = (parts.get("what"), parts.get("printed"), parts.get("from"))
        if not all(text and isinstance(text.value, str) for text in texts):
            continue  # the schema has reported it
        if "heads" in parts and parts["heads"].value == "false":
            del parts["heads"]
        what = str(parts["what"].value)
        for key, notation in _notations(parts, what):
            if key in parts and isinstance(parts[key].value, str):
                try:
                    notation(str(parts[key].value))
                except InvalidValueError as error:
                    problems.append(error.at(parts[key].text_start, "claim"))
        problems += _check_references(parts)
        problems += _check_combination(parts, what)
        column = what.removeprefix("sum of ")
        if column != what and columns and column not in columns:
            text = f"a claim of the {what}, and the table has no column {column}"
            problems.append(parts["what"].problem(text, "sums of printed columns"))
        elif column != what and columns and column not in (*_SUMMED, *checked):
            text = f"a claim of the {what}, a column that is not compared"
            problems.append(
                parts["what"].problem(text, f"sums of {', '.join(_SUMMED)}, or what has is:")
            )


def _notations(
    parts: Mapping[str, YamlNode], what: str
) -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield the keys of a claim that hold a notation, each with its parser."""
    printed = str(parts["printed"].value)
    if what == "training time":
        yield "printed", parse_duration
    elif "%" in printed and not _ratios(parts):
        yield "printed", parse_share
    elif "%" in printed:
        yield "printed", parse_percent
    elif _ratios(parts):
        yield "printed", parse_ratio
    elif what == "crops" or what.startswith("sum of "):
        yield "printed", parse_quantity
    else:
        yield "printed", lambda text: parse_bound(text) or parse_quantity(text)
    yield "crops", parse_product
    yield "layers", layers_like


def _ratios(parts: Mapping[str, YamlNode]) -> list[str]:
    """Name what a claim is set against."""
    return [key for key in ("fewer_than", "more_than") if key in parts]


def layers_like(text: str) -> tuple[str, tuple[int, int] | None]:
    """Read which layers are meant: a kind's word, and a kernel where one is named.

    Raises:
        InvalidValueError: there is no such kind.

    >>> layers_like("conv 1x1")
    ('conv', (1, 1))
    """
    match = _KIND.fullmatch(text)
    if match is None or match["word"] not in KINDS:
        word = text.split()[0] if text.split() else ""
        raise InvalidValueError(
            f"{quote(text)} names no layers",
            allowed=f"one of {', '.join(KINDS)}, and a kernel such as 1x1",
            remedy=suggestion(word, KINDS),
        )
    kernel = match["kernel"]
    sides = tuple(int(side) for side in kernel.split("x")) if kernel else None
    return match["word"], (sides[0], sides[1]) if sides else None


def _check_references(parts: Mapping[str, YamlNode]) -> Iterator[Problem]:
    """Refuse a ratio to a number that cannot be read, or to a network that is none."""
    for key in _ratios(parts):
        reference = {name: item for name, item in parts[key].items() if item.value is not None}
        printed, table = reference.get("printed"), reference.get("table")
        if printed and isinstance(printed.value, str):
            try:
                zero = not parse_quantity(printed.value).mantissa
            except InvalidValueError as error:
                yield error.at(printed.text_start, "claim")
            else:
                if zero:
                    yield printed.problem("a ratio to 0", "above 0")
        if table and isinstance(table.value, str):
            name, variant, shipped = table.value, reference.get("variant"), catalogue().files
            if name not in shipped:
                yield table.unknown("ratio to unknown table", shipped)
            elif variant and variant.text not in (known := read_networks(shipped[name])):
                yield variant.unknown(f"ratio to unknown variant of {name}", known)


def _check_combination(parts: Mapping[str, YamlNode], what: str) -> Iterator[Problem]:
    """Refuse what does not go together in one claim."""
    printed = str(parts["printed"].value)
    ratios = _ratios(parts)
    share = "%" in printed and not ratios

    def refuse(key: str, text: str, allowed: str) -> Problem:
        return parts[key].problem(text, allowed)

    if len(ratios) > 1:
        yield refuse("more_than", "a claim of both fewer_than and more_than", "one of them")
    if ratios and what not in _TOTALS:
        yield refuse("what", f"a ratio of the {what}", f"ratios of {', '.join(_TOTALS)}")
    wrong = _MORE if "fewer_than" in parts else _FEWER
    if ratios and any(word in printed.split() for word in wrong):
        yield refuse("printed", f"{quote(printed)} beside {ratios[0]}", f"no {', '.join(wrong)}")
    if share and str(parts.get("of", parts["what"]).value).startswith("heads."):
        yield refuse("of", "a share of a head, which is no part of the whole", "a row, or in one")
    if share and ("of" not in parts) == ("layers" not in parts):
        yield refuse("printed", "a share of the network without its part", "beside of: or layers:")
    if share and what not in _SHARED:
        yield refuse("what", f"a share of the {what}", f"shares of {', '.join(_SHARED)}")
    selecting = [key for key in ("heads", "of", "layers") if key in parts]
    if len(selecting) > 1:
        yield refuse(selecting[1], f"{' and '.join(selecting)} in one claim", "one of them")
    for key in selecting:
        if what not in _SELECTED[key]:
            yield refuse(key, f"{key} beside {what}", f"{key} beside {', '.join(_SELECTED[key])}")
    if "digits" in parts and (share or ratios or not _ends_with_zeros(printed)):
        text = f"digits beside {quote(printed)}"
        yield refuse("digits", text, "whole numbers that end with zeros")
    owners = {"crops": "crops", "images": "training time", "epochs": "training time"}
    for key, owner in owners.items():
        if key in parts and what != owner:
            yield refuse(key, f"{key} beside {what}", f"{key} beside {owner}")
        if key not in parts and what == owner and key != "epochs":
            yield parts["what"].problem(f"a claim of {what} without {key}", remedy=f"add {key}:")


def _ends_with_zeros(printed: str) -> bool:
    with suppress(InvalidValueError):
        return any(parse_quantity(printed).coarser())
    return False


def claims_of(file: TableFile, tree: YamlNode) -> tuple[Claim, ...]:
    """Make the records of a validated file's claims."""
    return tuple(_claim(claim, index, tree) for index, claim in enumerate(file.claims))


def _claim(claim: ClaimEntry, index: int, tree: YamlNode) -> Claim:
    def place(key: str) -> Location:
        return tree.find(("claims", index, key)).where

    erratum = claim.erratum
    than = claim.fewer_than or claim.more_than
    return Claim(
        what=claim.what,
        printed=claim.printed,
        source=", ".join(part for part in (claim.paper, claim.source) if part),
        paper=claim.paper,
        where=place("printed"),
        than=_reference(than, more=claim.fewer_than is None) if than else None,
        heads=claim.heads,
        of=claim.of,
        layers=claim.layers,
        crops=claim.crops,
        training=Training(images=claim.images, epochs=claim.epochs or 1) if claim.images else None,
        digits=claim.digits or 0,
        erratum=Erratum(verdict=erratum.verdict, because=erratum.because, where=place("erratum"))
        if erratum
        else None,
    )


def _reference(entry: ReferenceEntry, *, more: bool) -> Reference:
    return Reference(
        name=entry.name or " ".join(part for part in (entry.table, entry.variant) if part),
        printed=entry.printed,
        source=entry.source,
        table=entry.table or "",
        variant=entry.variant or "",
        more=more,
    )
