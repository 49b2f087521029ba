"""What the list says of each table: year, authors, task and kind; and its filters."""

from __future__ import annotations

import re

import pytest

import archcount as ac
from archcount.spec.catalogue import shipped_tables

LISTED = {heading.name: heading for heading in ac.list().record}
UNDATED = {"conv5x5_branch", "naive_inception_module"}
"""Worked examples of slides and articles that bear no date and no name."""
TASKS = {"classification", "segmentation", "detection", "language model", "translation"}


@pytest.mark.parametrize("name", shipped_tables())
def test_every_file_says_year_authors_and_task(name):
    """Each file has `year:` and `authors:` under `source:`, and a `task:` of its own."""
    heading = LISTED[name]
    assert heading.task in TASKS
    if name not in UNDATED:
        assert heading.source.authors
        # the first two digits of an arXiv number are the year of the first version
        arxiv = re.match(r"(\d\d)\d\d\.", heading.source.arxiv)
        assert heading.source.year == 2000 + int(arxiv[1]) if arxiv else heading.source.year


FAMILIES = {
    "attention": "transformer",
    "attend": "transformer",
    **dict.fromkeys(("lstm", "gru", "rnn"), "recurrent"),
    "selective_scan": "state space",
    **dict.fromkeys(("conv", "dwconv", "sepconv", "sparse_conv"), "convolutional"),
}


@pytest.mark.parametrize("name", shipped_tables())
def test_the_kind_is_that_of_the_layers_that_are_built(name):
    table = ac.load(name)
    architecture = table.architecture(variant=table.networks[0])
    nodes = [row.node for row in architecture.rows]
    parts = [part for node in nodes for part in (*node.layers(), *node.joins())]
    layers = {getattr(part.kind, "word", "") for part in parts}
    found = {FAMILIES[word] for word in layers & set(FAMILIES)}
    first = next(
        (kind for kind in ("transformer", "recurrent", "state space") if kind in found), ""
    )
    if first:
        assert LISTED[name].kind == first
    elif "tokens" in layers:  # a linear layer on each token, and across them, as MLP-Mixer
        assert LISTED[name].kind == "mlp"
    else:
        assert {LISTED[name].kind} == found


@pytest.mark.parametrize("name", shipped_tables())
def test_the_number_of_networks_is_that_of_the_table(name):
    assert LISTED[name].networks == len(ac.load(name).networks)


@pytest.mark.parametrize(
    ("filters", "some", "others"),
    [
        ({"year": "2014"}, {"googlenet", "vgg", "fcn"}, {"resnet", "alexnet"}),
        ({"year": "1989..2012"}, {"lenet1989", "lenet5", "alexnet"}, {"vgg"}),
        ({"task": "segmentation"}, {"unet", "fcn", "enet"}, {"googlenet"}),
        ({"kind": "mlp"}, {"mlp_mixer", "resmlp", "gmlp"}, {"resnet"}),
        ({"kind": "mlp", "year": "1998"}, set(), {"lenet5", "gmlp"}),
    ],
)
def test_filters_choose_tables(filters, some, others):
    names = {heading.name for heading in ac.list(**filters).record}
    assert some <= names
    assert not names & others
    assert names or not some


def test_filters_choose_what_is_counted():
    assert {item.name for item in ac.list(totals=True, year="1989..1998").record} == {
        "lenet1989",
        "lenet5",
    }


@pytest.mark.parametrize(
    ("filters", "what"),
    [
        ({"task": "segmentatoin"}, "did you mean 'segmentation'"),
        ({"kind": "cnn"}, "allowed: convolutional, "),
        ({"year": "199"}, "year '199'; allowed: a year, or years such as 2014..2016"),
        ({"year": "2016..2014"}, "year '2016..2014'"),
    ],
)
def test_a_filter_that_can_choose_nothing_is_an_error(filters, what):
    with pytest.raises(ac.UsageError, match=re.escape(what)):
        ac.list(**filters)


def test_no_table_at_all_is_said():
    assert ac.list(year="1950").render("plain").startswith("0 tables of 0 networks\n")
