"""Pages in a real browser: they open quietly, can be worked with, and run nobody else's script."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import page_models

import archcount as ac
from archcount.cli.more_tables import more_tables

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}

PAYLOADS = [
    "<script>document.title='live'</script>",
    "<img src=x onerror=document.title='live'>",
    "</script><script>document.title='live'</script>",
    "\"' onmouseover=document.title='live' x=\"",
    "</style></title><svg onload=document.title='live'>",
    "[x](javascript:document.title='live')",
]

SITE = tuple("alexnet bert gpt2 lenet1989 lenet5 mamba mistral".split())
BEHIND = ("networks.html", "errata.html", "tables/toy.html")
OTHERS = ("googlenet", "gpt3", "hostile model", "1,800 modules", "175 billion")
ADDRESS = "javascript:document.title='live'"


def hostile(toy: str) -> str:
    """Put markup into every text of the toy that a page shows, rows' labels among them."""
    title, label, claim, because, note, heading = PAYLOADS
    source = {"title": title, "table": label, "authors": [heading], "year": 2014, "url": ADDRESS}
    head, _, rest = toy.partition("table: |")
    rows, variants, more = rest.partition("variants:")
    first, *others = rows.strip("\n").split("\n")
    lines = [f"{first} | type", *(f"{line} | {label}" for line in others)]
    head = head.replace("{title: A toy network, table: Table 1}", json.dumps(source))
    head = head.replace("{w: width}", json.dumps({"w": "width", "type": heading, "ops": claim}))
    erratum = {"verdict": "off", "because": because}
    added = {
        "notes": [note],
        "errata": [{"row": "stage", "cell": "ops", **erratum}],
        "claims": [{"what": "params", "printed": "3K", "from": claim, "erratum": erratum}],
    }
    sections = "".join(f"{name}: {json.dumps(value)}\n" for name, value in added.items())
    table = "\n".join(lines)
    return f"{head}table: |\n{table}\n{variants}{more}{sections}"


@pytest.fixture(scope="session")
def pages(tmp_path_factory, data):
    """The files of a table with every kind of section, of one of models, of a hostile one."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "toy.yaml").write_text(hostile((data / "toy.yaml").read_text()))
    tables = {"googlenet": "googlenet", "gpt3": "gpt3", "hostile": folder / "toy.yaml"}
    machine = {"peak": "989T", "bandwidth": "3.35T"}
    models = {
        "model": (page_models.small(), {"input": "3x10x10", "train": True, **machine}),
        "hostile model": (page_models.Hostile(), {"input": "float32[2,8]", **machine}),
        "1,800 modules": (page_models.many(), {"input": "3x8x8"}),
        "175 billion": (page_models.decoder(), {"input": "int64[1,2048]"}),
    }
    made = {name: ac.report(table, engine="formula") for name, table in tables.items()}
    made |= {name: ac.report(model, **options) for name, (model, options) in models.items()}
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page.to_html())
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="session")
def site(tmp_path_factory, data):
    """The folder of a site of eight tables, one of them hostile."""
    place = tmp_path_factory.mktemp("site")
    (place / "own").mkdir()
    (place / "own/toy.yaml").write_text(hostile((data / "toy.yaml").read_text()))
    with more_tables([place / "own"]):
        return ac.site(place / "made", *SITE, "toy").folder


def grid(page):
    return page.locator("table.grid")


def column(page, place: int) -> list[str]:
    cells = page.locator(f"table.grid > tbody > tr:visible > :nth-child({place})")
    return [text.split("\n")[0] for text in cells.all_inner_texts()]


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")


def test_it_asks_for_nothing_but_itself(opened, pages):
    page = opened(pages["googlenet"])
    assert page.title() == "googlenet: Going deeper with convolutions"
    assert opened.requests == [pages["googlenet"].as_uri()]


def test_numbers_are_sorted_as_numbers_and_the_total_stays_below(opened, pages):
    page = opened(pages["googlenet"])
    params = grid(page).get_by_role("button", name="params", exact=True)
    params.click()
    # Table 1 of the paper, the K of each row, ascending; rows without a number come last
    printed = "2.7 112 159 364 380 437 463 580 840 1000 1072 1388".split()
    shown = [text.split("K")[0] for text in column(page, 11)]
    assert shown == [*printed, *[""] * 7]
    heading = grid(page).get_by_role("columnheader", name="params", exact=True)
    assert heading.get_attribute("aria-sort") == "ascending"
    params.click()
    assert [text.split("K")[0] for text in column(page, 11)] == [*printed[::-1], *[""] * 7]
    params.click()
    assert heading.get_attribute("aria-sort") is None
    assert column(page, 1)[:3] == ["convolution", "max pool", "convolution"]
    macs = page.locator("#every-count").get_by_role("button", name="MACs")
    for biggest in (-2, 0):  # ascending, then descending; the total, which is more, stands last
        macs.click()
        rows = page.locator("#every-count tbody tr > :first-child").all_inner_texts()
        assert (rows[biggest], rows[-1]) == ("conv2", "total")  # 360M, the most


def test_millions_come_before_billions(opened, pages):
    page = opened(pages["gpt3"])
    grid(page).get_by_role("button", name="n_params", exact=True).click()
    # as the paper prints them: its rows go from small to large
    printed = "125M 350M 760M 1.3B 2.7B 6.7B 13.0B 175.0B".split()
    assert [text.split(" ")[0] for text in column(page, 2)] == printed
    grid(page).get_by_role("button", name="n_params", exact=True).click()
    assert [text.split(" ")[0] for text in column(page, 2)] == printed[::-1]


def test_rows_are_filtered(opened, pages):
    page = opened(pages["googlenet"])
    box = page.locator("section", has=grid(page)).get_by_label("Filter rows")
    box.fill("INCEPTION (5")
    assert column(page, 1) == ["inception (5a)", "inception (5b)"]
    assert page.get_by_text("2 of 19 rows").is_visible()
    box.fill("")
    assert len(column(page, 1)) == 19


def test_what_is_folded_opens(opened, pages):
    page = opened(pages["googlenet"], scripts=False)
    inside = page.get_by_text("the paper's own cells disagree with one another")
    assert not inside.is_visible()
    page.get_by_text("What the verdicts mean").click()
    assert inside.is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_keyboard_alone_reaches_the_arithmetic(opened, pages, scripts):
    page = opened(pages["googlenet"], scripts=scripts)
    says = page.get_by_role("dialog", name="conv2, params: match")
    for _ in range(120):
        page.keyboard.press("Tab")
        name = page.locator(":focus").get_attribute("aria-label")
        if name == "112K: conv2, params: match":
            break
    page.keyboard.press("Enter")
    assert says.is_visible()
    # 1 x 1 x 64 x 64 and 3 x 3 x 64 x 192 of the paper's second convolution: 112 x 1024
    assert "64 x 64 = 4,096" in says.inner_text()
    assert "9 x 64 x 192 = 110,592" in says.inner_text()
    page.keyboard.press("Escape")
    assert not says.is_visible()
    assert page.locator(":focus").get_attribute("aria-label") == "112K: conv2, params: match"


def test_a_mouse_that_rests_opens_it_and_a_click_keeps_it(opened, pages):
    page = opened(pages["googlenet"])
    cell = page.get_by_role("button", name="1072K: inception_5a, params: reading, known")
    says = page.get_by_role("dialog", name="inception_5a, params: reading, known")
    cell.hover()
    says.wait_for()
    page.mouse.move(1, 1)
    says.wait_for(state="hidden")
    cell.hover()
    says.wait_for()
    cell.click()
    page.mouse.move(1, 1)
    page.wait_for_timeout(400)
    assert says.is_visible()


def test_no_script_of_a_table_lives(opened, pages):
    page = opened(pages["hostile"])
    open_all(page)
    shown = page.inner_text("body")
    assert page.title().startswith("toy: <script>")
    for payload in PAYLOADS:
        assert payload in shown
    for element in page.locator("[popovertarget]").all():
        element.hover(timeout=3000) if element.is_visible() else None
    assert page.title().startswith("toy: <script>")
    assert page.evaluate("document.scripts.length") == 1
    assert (
        page.evaluate(
            "document.querySelectorAll('svg [onload], img, [onerror], [onmouseover]').length"
        )
        == 0
    )
    assert (
        page.evaluate("[...document.links].filter(a => !/^(https?|file):/.test(a.protocol)).length")
        == 0
    )


def test_a_tree_is_folded_and_a_table_of_layers_sorted(opened, pages):
    page = opened(pages["175 billion"])
    inner = page.locator(".tree").get_by_text("mlp", exact=True)
    assert not inner.is_visible()
    page.get_by_role("button", name="Open all").click()
    assert inner.is_visible()
    page.get_by_role("button", name="Fold all").click()
    assert not inner.is_visible()
    page.get_by_text("Layers in one table").click()
    layers = page.get_by_role("region", name="layers that take most MACs")
    # the output layer reads 2,048 x 12,288 for 50,257 words; a block's layers four times the width
    layers.get_by_role("button", name="MACs").click()
    layers.get_by_role("button", name="MACs").click()
    first = layers.locator("tbody tr").first
    assert first.inner_text().startswith("blocks.0.attention")
    layers.locator("xpath=preceding-sibling::*").get_by_label("Filter rows").fill("head linear")
    assert layers.locator("tbody tr:visible").count() == 1


@pytest.mark.parametrize("name", ["1,800 modules", "175 billion"])
def test_a_large_model_opens_within_a_second(opened, pages, name):
    page = opened(pages[name])
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < ready < 1000


def test_no_name_of_a_module_is_markup(opened, pages):
    page = opened(pages["hostile model"])
    open_all(page)
    shown = page.inner_text("body")
    for name in (page_models.IMAGE, page_models.SCRIPT, page_models.MATHS):
        assert name in shown
    charts = " ".join(page.locator("svg.chart").all_text_contents())
    assert page_models.IMAGE in charts
    assert page_models.MATHS in charts
    assert page.title() == "Hostile"
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.querySelectorAll('img, [onerror], svg a').length") == 0


def tables(page) -> list[str]:
    return page.locator(".linked tbody tr:visible > :first-child").all_inner_texts()


def test_tables_of_a_site_are_searched_filtered_sorted_and_opened(opened, site):
    page = opened(site / "index.html")
    assert tables(page) == sorted((*SITE, "toy"))
    page.get_by_label("Kind").select_option("transformer")
    assert tables(page) == ["bert", "gpt2", "mistral"]
    page.get_by_label("Year").select_option("2018")  # BERT's
    assert tables(page) == ["bert"]
    assert page.get_by_text("1 of 8 rows").is_visible()
    page.get_by_label("Kind").select_option("all")
    page.get_by_label("Year").select_option("all")
    page.get_by_label("Filter rows").fill("lecun")
    assert tables(page) == ["lenet1989", "lenet5"]
    page.get_by_label("Filter rows").fill("")
    page.get_by_role("button", name="Year").click()
    # 1989, 1998, 2012, and later ones
    assert tables(page)[:3] == ["lenet1989", "lenet5", "alexnet"]
    page.get_by_role("link", name="gpt2").click()
    assert page.title().startswith("gpt2: Language Models are Unsupervised Multitask Learners")
    page.get_by_role("link", name="gpt2@762m").click()
    assert page.title().startswith("gpt2@762m")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Errata").click()
    page.get_by_label("Paper").select_option("Yann LeCun et al. 1998")
    assert {*tables(page)} == {"lenet5"}


def test_a_site_is_a_plain_list_without_scripts(opened, site):
    page = opened(site / "index.html", scripts=False)
    assert len(tables(page)) == 8
    assert page.locator("select, input").count() == 0
    page.get_by_role("link", name="Networks").click()
    assert page.locator("svg.chart").count() == 2


def test_no_text_of_a_site_is_markup(opened, site):
    for name in ("index.html", "networks.html", "errata.html"):
        page = opened(site / name)
        assert "live" not in page.title()
        assert page.evaluate("document.scripts.length") == 1
        found = "document.querySelectorAll('img, [onerror], [onload], [onmouseover]').length"
        assert page.evaluate(found) == 0
    for payload in PAYLOADS[:2]:
        assert payload in opened(site / "index.html").inner_text("body")


@pytest.mark.parametrize("width", [380, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["index.html", *(pytest.param(each, marks=pytest.mark.slow) for each in BEHIND)]
)
def test_anyone_can_read_a_site(opened, site, name, width, scheme):
    page = opened(site / name, width=width, scheme=scheme)
    open_all(page)
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [380, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    ["hostile", "model", *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)],
)
def test_anyone_can_read_it(opened, pages, name, width, scheme):
    page = opened(pages[name], width=width, scheme=scheme)
    open_all(page)
    if page.locator(".cell.bad").count():
        page.locator(".cell.bad").first.click()
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
