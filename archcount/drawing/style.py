"""The colours of a picture, light and dark, as the style sheet of its SVG."""

from __future__ import annotations

from collections.abc import Iterator

ROOT = "archcount-drawing"
"""The class of the `svg` element, and the begin of every class inside."""
THEMES = ("auto", "light", "dark")
"""Colours that follow the reader's setting, or one of them."""

_FILLS = {
    "conv": ("#dbe8fa", "#4a7fc1", "#17304f", "#6ba3e6"),
    "pool": ("#fbdfda", "#c8604f", "#47221d", "#e58b7c"),
    "linear": ("#dbf0df", "#4a9560", "#18391f", "#77c48b"),
    "attention": ("#fde6cd", "#c67c2a", "#452a0d", "#eaa457"),
    "recurrent": ("#fadfec", "#b5558a", "#431f34", "#e08bb8"),
    "embed": ("#d8eff1", "#38909a", "#113639", "#66c1cb"),
    "norm": ("#e7e4f6", "#7d70bf", "#2b2750", "#a79eea"),
    "act": ("#fdf2cc", "#b08d1e", "#413408", "#dcb94f"),
    "other": ("#eceff2", "#87919d", "#2a3038", "#929ca8"),
    "copy": ("#f6f7f9", "#9aa3ad", "#20252b", "#7d8793"),
    "join": ("#ffffff", "#6b7580", "#1d2127", "#a2abb5"),
    "input": ("#ffffff", "#6b7580", "#1d2127", "#a2abb5"),
    "plain": ("#f4f6f8", "#8b95a1", "#252b32", "#8e98a4"),
    "good": ("#d9f0dd", "#3a8f52", "#173a20", "#6fc486"),
    "explained": ("#fdf0c8", "#a97f0b", "#433506", "#dbb544"),
    "wrong": ("#fbd9d5", "#c2402f", "#4c1e19", "#ee8374"),
    "silent": ("#f1f3f5", "#98a1ab", "#252a31", "#868f9a"),
    "share0": ("#f1f5fa", "#8fa3ba", "#1f262e", "#7488a0"),
    "share1": ("#d6e5f6", "#6f97c4", "#1c3147", "#6d97c6"),
    "share2": ("#adcbec", "#4c7fb8", "#1f4468", "#79aade"),
    "share3": ("#7fafe0", "#2f6aa8", "#235a8c", "#8cbcec"),
    "share4": ("#5494d3", "#1f5690", "#2b74b6", "#a5cdf5"),
}
"""The fill and the edge of boxes by family or tone, in light and in dark."""

_TEXT = {"light": ("#ffffff", "#1b1f24", "#59636e", "#7b858f"),
         "dark": ("#14171b", "#e9edf1", "#a8b1bb", "#8b95a0")}  # fmt: skip
"""Background, text, lesser text, and lines."""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif'
"""The families that texts are drawn in, the first that is installed."""


def fill_of(name: str) -> tuple[str, str]:
    """Return the light fill and edge of a family or tone, for writers without style sheets."""
    return _FILLS[name][:2]


def style_sheet(theme: str = "auto") -> str:
    """Return the rules of one theme; with `auto` those of both, as the reader prefers."""
    rules = [
        f".{ROOT} text{{font-family:{FONT};font-size:12px}}",
        f".{ROOT} .{ROOT}-small{{font-size:11px}}",
        f".{ROOT} .{ROOT}-tiny{{font-size:10px}}",
        f".{ROOT} .{ROOT}-bold{{font-weight:600}}",
        f".{ROOT} .{ROOT}-heading{{font-size:15px;font-weight:600}}",
        f".{ROOT} rect,.{ROOT} circle{{stroke-width:1}}",
        f".{ROOT} .{ROOT}-soft{{fill-opacity:.5}}",
        f".{ROOT} .{ROOT}-line{{fill:none;stroke-width:1.25}}",
        *_rules("dark" if theme == "dark" else "light"),
    ]
    if theme == "auto":
        rules.append(f"@media screen and (prefers-color-scheme:dark){{{''.join(_rules('dark'))}}}")
    return "\n".join(rules)


def _rules(theme: str) -> Iterator[str]:
    back, text, lesser, line = _TEXT[theme]
    yield f".{ROOT} .{ROOT}-back{{fill:{back}}}"
    yield f".{ROOT} text{{fill:{text}}}"
    yield f".{ROOT} .{ROOT}-lesser{{fill:{lesser}}}"
    yield f".{ROOT} .{ROOT}-line{{stroke:{line}}}"
    yield f".{ROOT} .{ROOT}-tip{{fill:{line}}}"
    frame = "#000" if theme == "light" else "#fff"
    yield f".{ROOT} .{ROOT}-frame{{fill:{frame};fill-opacity:.025;stroke:{line};stroke-opacity:.7}}"
    start = 0 if theme == "light" else 2
    for name, colours in _FILLS.items():
        fill, edge = colours[start : start + 2]
        yield f".{ROOT} .{ROOT}-{name}{{fill:{fill};stroke:{edge}}}"
