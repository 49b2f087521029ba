"""How Sphinx makes the guide: `make guide` writes it to build/guide."""

from __future__ import annotations

import json
import re
from typing import Any

from myst_parser.parsers.sphinx_ import MystParser
from pygments.lexers import BashSessionLexer

import archcount

project = "archcount"
author = "the archcount authors"
release = version = archcount.__version__
html_title = f"archcount {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["conf.py"]
myst_heading_anchors = 3  # as a code host makes them, so that links lead to both
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_show_copyright = False
html_copy_source = html_show_sourcelink = False
html_theme_options = {"source_repository": "https://github.com/archcount/archcount"}

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
autodoc_inherit_docstrings = False
autodoc_class_signature = "separated"  # and without the constructors: functions make all of them
default_role = "code"
toc_object_entries_show_parents = "hide"
napoleon_use_ivar = True
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 88

nitpicky = True
# Types outside of the public surface have no page to lead to; links between pages are all held.
nitpick_ignore_regex = [("py:.*", r"(?!archcount\.\w+$).*")]


class NotebookParser(MystParser):
    """A notebook as a page: its texts, its code, and what that gave as text."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: Any) -> None:
        """Read the cells as Markdown."""
        parts = []
        for cell in json.loads(inputstring)["cells"]:
            text = "".join(cell["source"])
            parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
            for output in cell.get("outputs", ()):
                given = "".join(output.get("text") or output["data"]["text/plain"]).rstrip()
                parts.append(f"```{{code-block}} text\n:class: output\n\n{given}\n```")
        super().parse("\n\n".join(parts) + "\n", document)


class CommandLexer(BashSessionLexer):
    """A command behind `$` and its output, in which a line that begins with # is no prompt."""

    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")


def add_toctrees(app: Any, docname: str, source: list[str]) -> None:
    """Give the first page the contents that its own lists of links describe.

    So the page has its links once, and reads on a code host as it does here. Of every page, the
    blank line goes that ends the output of an example for doctest.
    """
    source[0] = source[0].replace("\n\n```\n", "\n```\n")
    if docname == "index":
        for section in source[0].split("\n## ")[1:]:
            pages = re.findall(r"\]\(([\w-]+)\.(?:md|ipynb)\)", section)
            caption = section.partition("\n")[0]
            lines = ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"]
            source[0] += "\n\n" + "\n".join(lines) + "\n"


def add_to_html(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Have the keyboard reach what scrolls, and screen readers the level of captions."""
    for part, old, new in (
        ("body", "<pre>", '<pre tabindex="0">'),
        ("body", '<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
        ("furo_navigation_tree", 'role="heading"', 'role="heading" aria-level="2"'),
    ):
        context[part] = context.get(part, "").replace(old, new)


def setup(app: Any) -> None:
    """Connect what is not an option of Sphinx."""
    app.add_lexer("console", CommandLexer)
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
    app.connect("source-read", add_toctrees)
    app.connect("html-page-context", add_to_html, priority=900)  # behind the theme
