"""The shipped networks, of which CI takes some for what is slow."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

import pytest

import archcount as ac
from archcount.spec.catalogue import shipped_tables

Network = tuple[str, str]
"""The names of a table and of a variant."""

NETWORKS: list[Network] = [
    (name, variant) for name in shipped_tables() for variant in ac.load(name).networks
]
FIRST: list[Network] = [
    each for i, each in enumerate(NETWORKS) if each[0] not in dict(NETWORKS[:i])
]
"""The first network of each table."""


SIZES = {
    name: re.search("^input: *(.*)$", path.read_text(), re.M)
    for name, path in shipped_tables().items()
}


def is_of_images(network: Network) -> bool:
    """Return whether a network reads channels, height and width, which are no names of its own."""
    size = SIZES[network[0]]
    return size is not None and re.fullmatch(r"\d+x\d+x\d+", size[1]) is not None


def marked(networks: Sequence[Network], in_ci: Collection[Network]) -> list[Any]:
    """Return networks as parameters of a test, of which CI runs some, and `make test-all` all."""
    return [
        pytest.param(
            *each,
            id="-".join(part for part in each if part),
            marks=[] if each in in_ci else pytest.mark.slow,
        )
        for each in networks
    ]


def sampled(networks: Sequence[Network], number: int) -> list[Any]:
    """Return networks as parameters of a test, of which CI runs so many."""
    return marked(networks, Random(0).sample(networks, min(number, len(networks))))
