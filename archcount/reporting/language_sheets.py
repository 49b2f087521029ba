"""What was counted of a language model: work for each token, parameters by use, the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from archcount.engines.language_count import LanguageCount, TokenWork
from archcount.reporting.encoding import encode, fields_of
from archcount.reporting.figures import rate, size
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class _WorkLine:
    """One line of the work of a token: multiply-accumulates forward, and forward and backward."""

    name: str
    forward: Number
    training: Number
    role: str = ""


def language_sheets(count: LanguageCount, moved: str) -> list[Sheet]:
    """Lay out the work of a token, with exact numbers and for narrow terminals."""
    lines = list(_lines(count.work, count.is_decode)) if count.work else []
    title = f"each token, on average over {count.tokens:,}"
    if count.is_decode:
        title = f"each token, with {count.context - 1:,} in the cache"
    columns: list[Column[_WorkLine]] = [
        Column("MACs", lambda line: Span(line.name, line.role), whole=True),
        Column("Forward", lambda line: _written(line.forward), right=True),
    ]
    if not count.is_decode:
        columns.append(
            Column("Forward and backward", lambda line: _written(line.training), right=True)
        )
    notes = [*_notes(count), Span(moved)]
    return [make_sheet(title, columns, lines, rule_before=(len(lines) - 1,), notes=notes)]


def _lines(work: TokenWork, is_decode: bool) -> Iterator[_WorkLine]:
    differences = {
        "embeddings, whose rows are looked up": work.embeddings,
        "parameters in no product, as of norms": work.unmultiplied,
        "weights multiplied more or less often": work.reuse,
        "products of activations, as in attention": work.attention,
    }
    rule = "active parameters, once" if is_decode else "active parameters, once and 3 times"
    yield _WorkLine(rule, work.rule, 3 * work.rule)
    for name, number in differences.items():
        if number:
            yield _WorkLine(f"  {name}", number, 3 * number)
    if work.backward_difference:
        yield _WorkLine("  backward, where not twice forward", 0, work.backward_difference)
    yield _WorkLine("counted", work.forward, work.training, "strong")


def _notes(count: LanguageCount) -> Iterator[Span]:
    tied = f" ({count.tied:,} of them also the output layer)" if count.tied else ""
    yield Span(
        f"params {count.params:,}: embedding {count.embedding:,}{tied}, "
        f"non-embedding {count.non_embedding:,}"
    )
    for item in count.experts:
        yield Span(
            f"experts: {item.layers} {'layer' if item.layers == 1 else 'layers'} of {item.of}, "
            f"{_written(item.active)} for each token, by the rows that the pass multiplies"
        )
    if count.experts:
        yield Span(
            f"active params {_written(count.active)} for each token: all, the {count.routed:,} "
            "of routed experts by the share that each token is routed to"
        )
    if count.work and not count.is_decode:
        yield Span(_beside_the_rule(count.work))
    yield Span(_cache(count))


def _beside_the_rule(work: TokenWork) -> str:
    """Compare with 6 FLOPs a parameter, which is 3 multiply-accumulates."""
    text = (
        "the rule of thumb 6ND is 6 FLOPs of training for each active parameter and token: "
        f"{_flops(3 * work.rule)}; counted {_flops(work.training)}"
    )
    if work.rule:
        text += f", {float(100 * (work.training / Fraction(3 * work.rule) - 1)):+.1f}%"
    return text


def _flops(macs: Number) -> str:
    return rate(int(2 * macs), "FLOPs")


def _cache(count: LanguageCount) -> str:
    cache = count.cache
    if cache is None:
        return "cache: none returned"
    kinds = ", ".join(f"{name} {size(number)}" for name, number in cache.bytes.items() if number)
    text = f"cache of {cache.entries:,} tokens, as the model keeps it: {kinds or 'empty'}"
    text += f" ({cache.total:,} B)"
    if cache.growth is None:
        return text
    grows = f"{size(cache.growth)} ({cache.growth:,} B)" if cache.growth else "nothing"
    return f"{text}; each further token adds {grows} to each sequence"


def _written(number: Number) -> str:
    """Write a whole number exactly, another with one digit after the point.

    >>> _written(1234), _written(Fraction(5, 2))
    ('1,234', '2.5')
    """
    return f"{number:,}" if isinstance(number, int) else f"{float(number):,.1f}"


@encode.register
def _(count: LanguageCount) -> dict[str, object]:
    return {**fields_of(count), "non_embedding": count.non_embedding}
