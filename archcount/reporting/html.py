"""HTML: the one renderer of pages, and of the fragments that notebooks show."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING

from archcount.control_characters import visible
from archcount.reporting.page import Link, Page, SheetBlock
from archcount.reporting.sheet import Sheet, Span

if TYPE_CHECKING:
    from jinja2 import Environment

_WORTH = {"": 1, "B": 1e9, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_WORTH |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NUMBER = re.compile(
    r"([+-]?\d[\d,]*(?:\.\d+)?)(?:(B)| ?([KMGT]i)B| ?([KMGTP])B/s| ?([KMGTP]?)| B)%?(?= |$)"
)
"""A number with its unit: 2B are billions, 2 B bytes."""


def html_page(page: Page) -> str:
    """Write a page in one file, which needs nothing beside it and runs its own script alone.

    The texts of the page are escaped; the scripts and styles of others are refused by its content
    security policy.
    """
    script = _source("page.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return _rendered("page.html", page=page, script=script, digest=digest) + "\n"


def html_fragment(sheets: Iterable[Sheet]) -> str:
    """Write sheets for a notebook's page, whose own look stays as it is; without scripts."""
    blocks = [SheetBlock(sheet=sheet) for sheet in dict.fromkeys(sheets)]
    return _rendered("fragment.html", blocks=blocks)


def sort_value(text: str) -> str:
    """Return the number that a cell begins with, by which it is sorted; empty for a text.

    >>> sort_value("2.7K reading (declared)"), sort_value("+0.8%"), sort_value("1.5 MiB")
    ('2700', '0.8', '1572864')
    >>> sort_value("9,408"), sort_value("112x112x64")
    ('9408', '')
    """
    found = _NUMBER.match(text)
    if found is None:
        return ""
    unit = next(filter(None, found.groups()[1:]), "")
    number = float(found[1].replace(",", "")) * _WORTH[unit]
    return f"{number:.15g}"


def _pieces(span: Span) -> tuple[str, str, str]:
    """Return the text before the part that has a role, that part, and the text behind it."""
    start, end = span.styled if span.role else (0, 0)
    return span.text[:start], span.text[start:end], span.text[end:]


def _indented(span: Span) -> list[tuple[int, Span]]:
    """Return each line of a note with how deep it stands; only the first has the role."""
    span = span.visible
    lines = [span, *map(Span, span.below)]
    return [(_depth(line.text), Span(line.text.lstrip(), line.role, line.word)) for line in lines]


def _depth(text: str) -> int:
    return min((len(text) - len(text.lstrip()) + 1) // 2, 3)


def is_address(url: str) -> bool:
    """Whether a link may lead there: to a page of the web, or to one of the same site.

    >>> is_address("https://arxiv.org/abs/1409.4842"), is_address("../tables/resnet@50.html")
    (True, True)
    >>> is_address("javascript:alert(1)"), is_address("//example.org"), is_address("/etc/x.html")
    (False, False, False)
    """
    return bool(re.fullmatch(r"https?://[^\s]+|(\.\./)*([\w@.-]+/)*[\w@.-]+\.html(#[\w-]+)?", url))


def _address(link: Link | str) -> str:
    """Return where a link leads; empty for a text, and for anything but a page."""
    url = link.url if isinstance(link, Link) else ""
    return url if is_address(url) else ""


def _anchor(title: str) -> str:
    """Return the name by which the contents lead to a section.

    >>> _anchor("What is printed"), _anchor("Größe <b>")
    ('what-is-printed', 'gr-e-b')
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _groups(sheet: Sheet) -> list[tuple[tuple[Span, ...], ...]]:
    """Return the lines between rules: sorting leaves each group where it is, a total at the end."""
    starts = sorted({0, *(n for n in sheet.rule_before if n < len(sheet.lines))})
    ends = [*starts[1:], len(sheet.lines)]
    return [sheet.lines[start:end] for start, end in zip(starts, ends, strict=True)]


def _source(name: str) -> str:
    return (files("archcount.reporting") / "templates" / name).read_text(encoding="utf-8")


def _rendered(name: str, **values: object) -> str:
    """Render a template; `number` gives each thing of it that needs a name another number."""
    numbers = count(1)
    template = _environment().get_template(name)
    return template.render(style=_source("page.css"), number=lambda: next(numbers), **values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("archcount.reporting"),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "address": _address,
        "is_address": is_address,
        "anchor": _anchor,
        "drawn": Markup,  # a picture, whose writer has escaped its texts
        "groups": _groups,
        "indented": _indented,
        "pieces": _pieces,
        "sort_value": sort_value,
        "trusted": Markup,  # the style and the script of these templates, and nothing else
    }
    return environment
