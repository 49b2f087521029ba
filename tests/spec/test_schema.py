"""The JSON Schema for editors, checked by an independent validator."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import readme
import yaml
from jsonschema import Draft202012Validator

from archcount.errors import InvalidTableError
from archcount.layers.by_word import FOLLOWERS
from archcount.layers.cost import MAC_CATEGORIES, TABLE_CATEGORIES
from archcount.layers.sliding_window import REALISATIONS
from archcount.spec.catalogue import shipped_tables
from archcount.spec.grid import RESERVED
from archcount.spec.json_schema import json_schema
from archcount.spec.load import load_table
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


GUIDE = readme.tables(readme.GUIDE.read_text())


@pytest.mark.parametrize("name", GUIDE)
def test_tables_of_the_guide_fit_the_schema(validator, name):
    assert list(validator.iter_errors(yaml.safe_load(GUIDE[name]))) == []


def test_the_blocks_of_the_reference_fit_the_schema(validator):
    text = readme.REFERENCE.read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    file = yaml.safe_load(GUIDE["tiny.yaml"]) | yaml.safe_load(blocks[0])
    assert list(validator.iter_errors(file)) == []


def _mappings(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _mappings(item)


@pytest.mark.parametrize("name", GUIDE)
def test_a_wrong_key_is_refused_wherever_it_stands(validator, tmp_path, name):
    table = yaml.safe_load(GUIDE[name])
    for mapping in _mappings(table):
        mapping["no such key"] = []
        assert not validator.is_valid(table), mapping
        del mapping["no such key"]
    assert validator.is_valid(table)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("tiny.yaml", "input:", "inputs:", "did you mean 'input'"),
        ("tiny.yaml", "{title:", "{titel: x, title:", "did you mean 'title'"),
        ("residual.yaml", "norm: batch", "normal: batch", "did you mean 'norm'"),
        ("verdicts.yaml", "{count: weights}", "{counts: weights}", "did you mean 'count'"),
        ("verdicts.yaml", "{what: depth,", "{wath: depth,", "did you mean 'what'"),
        ("verdicts.yaml", "cell: ops, verdict", "column: ops, verdict", "cell"),
        ("language_models.yaml", "is: heads", "are: heads", "heading, is;"),
        ("language_models.yaml", "{row: embed, block", "{row: embed, blok", "did you mean 'block'"),
        ("inverted.yaml", "when: t > 1", "if: t > 1", "when"),
        ("two_depths.yaml", "loss_weight:", "weight:", "loss_weight"),
        ("two_depths.yaml", "read: {block: large}", "reads: {block: large}", "did you mean 'read'"),
        ("seq2seq.yaml", "q: linear d", "query: linear d", "q, k, v"),
        ("small_lm.yaml", "active: 2", "top: 2", "of:, active: and block:"),
    ],
)
def test_the_tool_refuses_a_wrong_key_too_and_says_which_are_right(
    validator, tmp_path, name, old, new, says
):
    text = GUIDE[name]
    assert old in text
    text = text.replace(old, new)
    assert not validator.is_valid(yaml.safe_load(text))
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(InvalidTableError, match=says):
        load_table(file, every_variant=True)


def _entries():
    schema = json_schema()
    yield "TableFile", schema
    yield from schema["$defs"].items()
    for form in schema["$defs"]["Block"]["anyOf"]:
        yield "Block", form
        for part in form.get("properties", {}).values():
            if "properties" in part:
                yield "Block", part


def test_every_key_has_a_description_for_editors():
    for name, entry in _entries():
        assert entry["description"], (name, entry)
        for key, part in entry.get("properties", {}).items():
            is_said = name == "Block" and "$ref" in part and key == "block"
            assert part.get("description") or is_said, (name, key)


def test_the_reference_names_every_key():
    text = readme.REFERENCE.read_text()
    for name, entry in _entries():
        for key in entry.get("properties", {}):
            assert re.search(rf"[`{{ ]{key}\b[`:, ]", text), (name, key)


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
