"""The HTML of sheets and pages, without a browser; tests/pages opens them in one."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from archcount.reporting.html import html_fragment, html_page, sort_value
from archcount.reporting.page import (
    Bar,
    Bars,
    Commands,
    Facts,
    Figure,
    Fold,
    Lines,
    Link,
    Page,
    Section,
    SheetBlock,
)
from archcount.reporting.sheet import Column, Span, make_sheet

HOSTILE = (
    """</script></style></title><script>alert(1)</script><img src=x onerror="alert('x')">'"&"""
)


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.found)


def sheet(*texts: str, rule_before=(), right=False):
    columns = [
        Column("Row", lambda text: text),
        Column("Number", lambda text: Span(text, "bad"), right=right),
    ]
    return make_sheet("A title", columns, texts, rule_before=rule_before)


def every_block(text: str, url: str) -> tuple:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
    verdict = Span(text, "bad", text[:3])
    return (
        SheetBlock(sheet=make_sheet(text, [Column(text, lambda of: Span(of, "bad"))], [text], notes=[verdict])),
        SheetBlock(sheet=make_sheet(text, (), ())),
        Lines(spans=(Span(text, "warn"), Span(f"a\n  {text}"))),
        Facts(facts={text: text, "link": Link(text=text, url=url)}),
        Commands(commands={text: text}),
        Bars(title=text, names=(text, text, text), bars=(Bar(label=text, number=2, shown=text, other=1, other_shown=text, verdict=verdict),)),
        Figure(title=text, description=text, svg=drawn),
        Fold(summary=text, blocks=(Lines(spans=(Span(text),)),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,<script>", ' https://x" onclick=x', "JaVaScRiPt:x"],
)
def test_no_text_becomes_a_tag_an_attribute_or_an_address(url):
    plain, hostile = (
        Page(title=text, answer=Span(text, "bad"), warnings=(Span(text),),
             sections=(Section(title=text, blocks=every_block(text, address)),))
        for text, address in (("abc", "abc"), (HOSTILE, url))
    )  # fmt: skip
    found, expected = Tags(html_page(hostile)).found, Tags(html_page(plain)).found
    assert [tag for tag, _ in found] == [tag for tag, _ in expected]
    assert not any(name.startswith("on") for _, attributes in found for name in attributes)
    assert {attributes["href"] for tag, attributes in found if tag == "a"} == {"#main"}


def test_a_page_of_the_web_is_a_link():
    page = Page(
        title="x", sections=(Section(blocks=every_block("x", "https://arxiv.org/abs/1409.4842v1")),)
    )
    links = [attributes["href"] for tag, attributes in Tags(html_page(page)).found if tag == "a"]
    assert links == ["#main", "https://arxiv.org/abs/1409.4842v1"]


def test_a_page_runs_its_own_script_alone_and_asks_for_nothing():
    html = html_page(Page(title="x", sections=()))
    [script] = re.findall("<script>(.*?)</script>", html, re.S)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert policy is not None
    assert f"script-src 'sha256-{digest}';" in policy[1]
    assert policy[1].startswith("default-src 'none';")
    names = {name for _, attributes in Tags(html).found for name in attributes}
    assert not names & {"src", "srcset", "background", "poster"}


def test_a_fragment_has_no_script_and_styles_itself_alone():
    html = html_fragment([sheet("1", "2")])
    assert "<script" not in html
    [style] = re.findall("<style>(.*?)</style>", html, re.S)
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    selectors = [
        each.strip() for rule in re.findall(r"([^{};]+)\{", style) for each in rule.split(",")
    ]
    assert not [each for each in selectors if ".archcount" not in each and each[0] != "@"]


def test_the_role_of_a_word_is_a_class_of_that_word():
    word = make_sheet("x", [Column("Ops", lambda text: Span(text, "good", "match"))], ["34M match"])
    assert '34M <span class="good">match</span></th>' in html_fragment([word])
    note = make_sheet("x", (), (), notes=[Span("off, new: a < b", "bad", below=("  known: c",))])
    html = html_fragment([note])
    assert '<li><span class="bad">off, new</span>: a &lt; b</li>' in html
    assert '<li class="in1">known: c</li>' in html


def test_a_table_that_is_too_wide_is_scrolled_by_the_keyboard():
    assert '<div class="scroll" role="region" aria-label="A title" tabindex="0">' in html_fragment(
        [sheet("1")]
    )


def test_lines_after_a_rule_stay_below_those_before_it():
    html = html_fragment([sheet("b", "a", "total", rule_before=(2,))])
    first, second = html.split("<tbody>")[1:]
    assert first.count("<tr>") == 2
    assert "total" in second


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # what it says in base units; 1024^2 for MiB
        ("34M", "34000000"), ("-27.4%", "-27.4"), ("1,582,671,872", "1582671872"), ("512 B", "512"), ("6.7B off", "6700000000"), ("25.00 GB/s", "25000000000"),
        ("1.5 MiB", "1572864"), ("2.7K reading (declared)", "2700"), ("12", "12"), ("7x7x832", ""),
        ("match", ""), ("", ""), ("3 of 12", "3"),
    ],
)  # fmt: skip
def test_numbers_are_sorted_as_numbers(text, value):
    assert sort_value(text) == value
