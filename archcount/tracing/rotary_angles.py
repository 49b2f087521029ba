"""The angles of rotary positions: what made them, and their base."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step

OTHERS = "other angles"
"""The base of angles that have none, such as scaled ones."""


def is_of_pairs(numbers: Tensor | None, pairs: int, is_by_turns: bool) -> bool:
    """Return whether both numbers of a pair have one angle, as far as the numbers are known."""
    if numbers is None or numbers.shape[-1] != 2 * pairs:
        return True
    if is_by_turns:
        return torch.equal(numbers[..., ::2], numbers[..., 1::2])
    return torch.equal(numbers[..., :pairs], numbers[..., pairs:])


def base(numbers: Sequence[Tensor | None], pairs: int, is_by_turns: bool) -> dict[str, float | str]:
    """Return the base of the angles as a setting, nothing where their numbers are not known.

    Args:
        numbers: cosine and sine of each position and pair, or both as complex numbers.
        pairs: how many pairs are turned.
        is_by_turns: whether those of a pair, where each is there twice, follow one another.
    """
    known = [each for each in numbers if each is not None]
    if len(known) != len(numbers) or pairs < 2:
        return {}
    cosine, sine = (known[0].real, known[0].imag) if len(known) == 1 else known
    rows = [each.squeeze() for each in (cosine, sine)]
    if any(each.dim() != 2 or len(each) < 2 for each in rows):
        return {}
    first, second = (torch.complex(rows[0][at].double(), rows[1][at].double()) for at in (0, 1))
    found = (second / first).angle()  # from one position to the next
    if len(found) == 2 * pairs:
        found = found[::2] if is_by_turns else found[:pairs]
    if len(found) != pairs or not float(found[-1]) > 0:
        return {}
    number = float(found[-1]) ** (-pairs / (pairs - 1))
    expected = number ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
    if not torch.allclose(found, expected, rtol=1e-4, atol=1e-9):
        return {"base": OTHERS} if cosine.dtype in (torch.float32, torch.float64) else {}
    short = float(f"{number:.4g}")
    return {"base": int(short) if short.is_integer() else short}


def maker(spec: TensorSpec, step: Step, steps: LayerSteps) -> str:
    """Return by which function a constant was made, empty where none is seen."""
    for _ in range(8):
        inner = steps.step(step.sources.get(spec.storage))
        if inner is None:
            made = steps.constants.get(spec.storage)
            if made is None:
                return ""
            inner = Step(made, {})
        if inner.word in ("cos", "sin", "polar"):
            return inner.word
        found = next(inner.operation.tensors(), None)
        if inner.word not in _MOVES or found is None:
            return ""
        step, spec = inner, found
    return ""


_MOVES = frozenset(
    "mul cat stack clone _to_copy index index_select embedding repeat repeat_interleave".split()
)
"""What does not make another function of a cosine."""
