"""The JSON Schema for editors, checked by an independent validator."""

from __future__ import annotations

from typing import get_args

import pytest
import yaml
from jsonschema import Draft202012Validator

from archcount.layers.by_word import FOLLOWERS
from archcount.layers.cost import MAC_CATEGORIES, TABLE_CATEGORIES
from archcount.layers.sliding_window import REALISATIONS
from archcount.spec.catalogue import shipped_tables
from archcount.spec.grid import RESERVED
from archcount.spec.json_schema import json_schema
from archcount.spec.schema import Elementwise, LayerEntry


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_shipped_tables_fit_the_schema(validator, path):
    assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize("name", ["gpt2", "gpt3", "llama3", "mixtral"])
def test_tables_of_models_fit_the_schema(validator, data, name):
    assert list(validator.iter_errors(yaml.safe_load(shipped_tables()[name].read_text()))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rows: models", "rows: columns"),
        ("turned: true", "turned: twice"),
        ("{row: logits, ", "{name: logits, "),
        ("layers: Layers", "layers: {title: Layers}"),
        ("of vocab", "in vocab"),
    ],
)
def test_what_is_no_table_of_models_the_schema_refuses(validator, data, old, new):
    text = shipped_tables()["llama3"].read_text()
    assert old in text
    assert not validator.is_valid(yaml.safe_load(text.replace(old, new)))


def test_the_toy_fits_the_schema(validator, toy_text):
    assert list(validator.iter_errors(yaml.safe_load(toy_text))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("archcount: 1", "archcount: 2"),
        ("input: 3x8x8", "input: 3x8x8x8x8"),
        ("act: relu}", "act: maxout}"),
        ("K: 1000, count: params", "K: 1001, count: params"),
        ("classifier: [", "classifier: {concat: [], x: ["),
        ("let:", "lets:"),
    ],
)
def test_what_the_tool_refuses_the_schema_refuses(validator, toy_text, old, new):
    text = toy_text.replace(old, new, 1)
    if "x: [" in new:
        text = text.replace("linear classes]", "linear classes]}", 1)
    assert not validator.is_valid(yaml.safe_load(text))


def test_words_of_the_schema_are_those_of_the_code():
    def words(name: str) -> set[str]:
        literal = get_args(LayerEntry.model_fields[name].annotation)[0]
        return set(get_args(literal))

    assert words("same") == set(REALISATIONS)
    assert words("act") == {"none", *FOLLOWERS["act"]}
    assert words("norm") == {"none", *FOLLOWERS["norm"]}
    assert set(get_args(Elementwise)) == set(TABLE_CATEGORIES) - set(MAC_CATEGORIES)


def test_names_reserved_for_modules_are_those_of_torch():
    from torch import nn

    from archcount.architecture.network import Network

    network = Network({"a": nn.Identity()}, {}, {})
    taken = {name for name in dir(network) if not name.startswith("_")} - {"a"}
    assert taken <= RESERVED | {"heads"}, taken - RESERVED
