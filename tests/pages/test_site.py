"""A site of tables, without a browser: its files and links, and where it is written."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from helpers.commands import in_terminal, invoke
from pages.test_table_pages import text_of

import archcount as ac
from archcount.api import site_report

NAMES = ("lenet5", "gpt2")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place") / "site"
    return ac.site(folder, *NAMES, guide="guide/index.html")


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*")) if file.is_file()}  # fmt: skip


def links(html: str) -> list[str]:
    return [unquote(unescape(address)) for address in re.findall(r'<a [^>]*?href="([^"]*)"', html)]


def test_every_table_and_network_has_a_page(made):
    # GPT-2's Table 2 has four models
    sizes = ("117m", "345m", "762m", "1542m")
    tables = {
        "tables/lenet5.html",
        "tables/gpt2.html",
        *(f"tables/gpt2@{size}.html" for size in sizes),
    }
    found = files(made.folder)
    pages = {"index.html", "networks.html", "errata.html"} | tables
    assert found.keys() == pages | {"archcount-site.txt"}
    assert made.pages == len(pages)
    assert made.bytes == sum(len(found[page]) for page in pages)
    assert not made.problems


def test_links_lead_to_pages_of_the_site_or_of_the_web(made):
    for name, content in files(made.folder).items():
        for address in links(content.decode()):
            if address.startswith("#"):
                assert f'id="{address[1:]}"' in content.decode()
            elif not address.startswith("https://"):
                place = (made.folder / name).parent / address
                assert place.exists() or place == place.parent / "index.html", (name, address)
    index = links((made.folder / "index.html").read_text())
    assert {"tables/lenet5.html", "networks.html", "errata.html", "guide/index.html"} <= {*index}
    model = links((made.folder / "tables/gpt2@762m.html").read_text())
    assert {"../index.html", "../guide/index.html", "gpt2@117m.html"} <= {*model}


def test_the_index_and_the_errata_have_the_numbers_of_the_commands(made):
    tallies = [
        ac.compare(ac.count(ac.load(name), engine="formula"), ac.load(name)) for name in NAMES
    ]
    right = sum(report.verdicts.get("match", 0) for report in tallies)
    index = text_of((made.folder / "index.html").read_text())
    assert "5 networks of 2 tables" in index
    assert f"{right} match" in index
    # the paper prints 117M to 1542M, which other sizes of the vocabulary give; LeNet-5 has 60,000
    assert "gpt2 some explained 4 2019 transformer language model 4 124M to 1.56B" in index
    assert "60.0K" in index
    errata = text_of((made.folder / "errata.html").read_text())
    for item in ac.errata(*NAMES).record:
        assert " ".join(item.because.split()) in errata
    networks = (made.folder / "networks.html").read_text()
    assert "<title>lenet5: 60,000 params, 326,520 MACs</title>" in networks
    assert 'aria-label="5 networks by params and MACs, from lenet5 to gpt2@1542m"' in networks


def test_a_site_is_the_same_each_time_and_replaces_an_earlier_one(tmp_path):
    ac.site(tmp_path / "site", "lenet5")
    first = files(tmp_path / "site")
    (tmp_path / "site/tables/gone.html").write_text("of a table that is no more")
    ac.site(tmp_path / "site", "lenet5")
    assert files(tmp_path / "site") == first
    assert [*tmp_path.iterdir()] == [tmp_path / "site"]


@pytest.mark.parametrize("before", ["other", "file", "nowhere"])
def test_other_folders_are_left_alone(before, tmp_path):
    folder = tmp_path / "site"
    if before == "other":
        folder.mkdir()
        (folder / "thesis.txt").write_text("ten years")
    elif before == "file":
        folder.write_text("ten years")
    else:
        folder = tmp_path / "no" / "site"
    done = invoke("site", "lenet5", "-o", str(folder))
    said = {
        "other": "holds something else than a site; allowed: a new or an empty folder",
        "file": "is a file; allowed: a folder",
        "nowhere": "no such file or directory; allowed: a folder in one that exists",
    }
    assert done.returncode == 2
    assert said[before] in done.stderr
    left = [path.name for path in sorted(tmp_path.rglob("*"))]
    assert left == {"other": ["site", "thesis.txt"], "file": ["site"], "nowhere": []}[before]


@pytest.mark.parametrize("earlier", [False, True])
def test_it_is_written_whole_or_not_at_all(earlier, tmp_path, monkeypatch):
    folder = tmp_path / "site"
    if earlier:
        ac.site(folder, "lenet5")
    before = files(folder)

    def broken(page):
        raise KeyboardInterrupt

    monkeypatch.setattr(site_report, "errata_page", broken)
    with pytest.raises(KeyboardInterrupt):
        ac.site(folder, "lenet5")
    assert files(folder) == before
    assert [*tmp_path.iterdir()] == ([folder] if earlier else [])


def test_tables_of_a_folder_are_in_it_and_broken_ones_are_said(tmp_path, data, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    (own / "toy.yaml").write_text((data / "toy.yaml").read_text())
    (own / "bad.yaml").write_text("archcount: 1\nname: bad\n")
    named = invoke("site", "--tables", str(own), "toy", "bad", "-o", str(tmp_path / "site"))
    assert named.returncode == 2
    assert "bad.yaml:1:1: source is missing" in named.stderr
    assert [*tmp_path.iterdir()] == [own]
    with monkeypatch.context() as patch:
        patch.setattr("archcount.spec.catalogue.shipped_tables", dict)
        done = invoke("site", "--tables", str(own), "-o", str(tmp_path / "site"))
    assert done.returncode == 0
    assert done.stdout == ""
    problem, last = done.stderr.splitlines()[0], done.stderr.splitlines()[-1]
    assert "bad.yaml is left out" in problem
    assert re.fullmatch(r".*/site: 6 pages, [\d.]+ KiB", last)
    assert "bad.yaml is left out" in text_of((tmp_path / "site/index.html").read_text())
    assert (tmp_path / "site/tables/toy@wide.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "unknown table 'nothing'"),
        (["--guide", "javascript:alert(1)"], "is no address of a page"),
    ],
)
def test_wrong_arguments_of_a_site_are_told(arguments, message, tmp_path):
    done = invoke("site", *arguments, "-o", str(tmp_path / "site"))
    assert done.returncode == 2
    assert message in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_terminal_is_shown_what_is_done(tmp_path):
    shown = in_terminal(80, "site", "chinchilla", "chinchilla", "-o", str(tmp_path / "site"))
    assert "1 of 1 tables: chinchilla" in shown
    assert "54 pages" in shown  # the index, networks, errata, the table, and 50 models


def test_a_site_that_cannot_be_moved_back_is_not_lost(tmp_path, monkeypatch):
    from archcount.api.site_folder import _replace

    old, new = tmp_path / "site", tmp_path / "new"
    for folder, text in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / "index.html").write_text(text)
    rename, calls = Path.rename, []

    def fails_after_the_first(self, target):
        calls.append(self)
        if len(calls) > 1:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_after_the_first)
    with pytest.raises(OSError, match="Input/output"):
        _replace(new, old)
    assert [file.read_text() for file in tmp_path.glob(".site.*/index.html")] == ["old"]
