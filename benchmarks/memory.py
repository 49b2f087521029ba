"""The most memory that counting takes, each in a process of its own.

python benchmarks/memory.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from interleaved import Result, command_line, process

COMMAND = str(Path(sys.executable).with_name("archcount"))
_HERE = str(Path(__file__).resolve().parent)
_DECODER = f"import sys; sys.path.insert(0, {_HERE!r}); import memory; memory.count_decoder()"
_SWEEP = [COMMAND, "sweep", "mobilenet_v1", "--let", "alpha=1/32,1/16,1/8,1/4", "--batch", "1"]


def count_decoder() -> None:
    """Count a decoder of GPT-3's size: 96 layers of width 12,288 on 2,048 positions."""
    import torch
    from torch import Tensor, nn

    import archcount

    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(50_257, 12_288)
            layer = nn.TransformerEncoderLayer(12_288, 96, 4 * 12_288, batch_first=True)
            self.layers = nn.TransformerEncoder(layer, 96, enable_nested_tensor=False)

        def forward(self, ids: Tensor) -> Tensor:
            return self.layers(self.tokens(ids)) @ self.tokens.weight.T

    with torch.device("meta"):
        model = Decoder()
    total = archcount.count(model, input="int64[1,2048]").total
    assert total.params > 174 * 10**9, total.params


def measure(rounds: int) -> list[Result]:
    """Run each once, however many rounds others take."""
    formula = [COMMAND, "table", "--engine", "formula", "--compare-paper"]
    return [
        _peak("archcount table --engine formula --compare-paper", formula, 80),
        _peak("importing torch and fvcore", [sys.executable, "-c", "import torch, fvcore.nn"]),
        _peak("counting a decoder of GPT-3's size", [sys.executable, "-c", _DECODER], 1000),
        _peak("a sweep of 1,000 points", [*_SWEEP, "--input", "32..281"]),
        _peak("a sweep of 100,000 points", [*_SWEEP, "--input", "32..25031"]),
    ]


def _peak(name: str, command: list[str], most: float | None = None) -> Result:
    peaks: list[float] = []
    process(command, peaks)
    [peak] = peaks
    return Result(
        part="memory",
        name=name,
        mebibytes=peak,
        asked=f"under {most:g} MB" if most else "",
        met=peak * 1.048576 < most if most else None,
        rounds=1,
    )


if __name__ == "__main__":
    command_line(__doc__, measure)
