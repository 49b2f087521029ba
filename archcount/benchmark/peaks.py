"""What a device does at its best, measured on the spot: a large product, a large copy."""

from __future__ import annotations

from time import perf_counter_ns

import torch

from archcount.benchmark.devices import HostClock, Work, apply_settings, clock_for, is_out_of_memory
from archcount.benchmark.results import Peak
from archcount.benchmark.settings import DTYPES, Configuration

_LONG_NS = 50_000_000
"""A product is large enough when it takes so long."""
_LARGEST = 16_384
"""Rows and columns of a product at most."""
_TIME_NS = 1_000_000_000
_COPY = {"cpu": 2**28}
"""Bytes that are copied, far more than caches hold; four times as many elsewhere."""


def measure_peak(configuration: Configuration) -> Peak:
    """Multiply two square matrices, and copy memory, as fast as it goes within a second each.

    Args:
        configuration: whose device, type of numbers, threads and TF32 setting are taken.
    """
    apply_settings(configuration)
    device = torch.device(configuration.device)
    dtype: torch.dtype = getattr(torch, DTYPES[configuration.dtype])
    clock = clock_for(device)
    size, ways = _large_enough(clock, device, dtype)
    product, way = min((_best(clock, work), name) for name, work in ways.items())
    source = torch.zeros(_COPY.get(device.type, 2**30), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copy = _best(clock, lambda: target.copy_(source))
    return Peak(
        device=configuration.device,
        dtype=configuration.dtype,
        flops=2 * size**3 * 1e9 / product,
        bytes_per_second=2 * source.nbytes * 1e9 / copy,
        source="measured",
        tf32=configuration.tf32,
        how=f"the fastest product of {size}x{size} matrices in a second, {way}; the fastest copy "
        f"of {source.nbytes >> 20} MiB, read and written",
    )


def _large_enough(
    clock: HostClock, device: torch.device, dtype: torch.dtype
) -> tuple[int, dict[str, Work]]:
    """Find how large a product takes long enough; where memory ends before, the largest that fits.

    Raises:
        RuntimeError: the device does not multiply such numbers at all.
    """
    size, ways = 512, _products(512, device, dtype)
    while True:
        for work in ways.values():
            clock.block(work, 1)
        taken = min(clock.block(work, 1).samples_ns[0] for work in ways.values())
        if taken >= _LONG_NS or size >= _LARGEST:
            return size, ways
        try:
            larger = _products(2 * size, device, dtype)
            for work in larger.values():
                clock.block(work, 1)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return size, ways
        size, ways = 2 * size, larger


def _products(size: int, device: torch.device, dtype: torch.dtype) -> dict[str, Work]:
    """Give ways to multiply two matrices; which library is the faster differs by processor."""
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in "lr")
    result = torch.empty(size, size, device=device, dtype=dtype)
    image, kernels = left.reshape(1, size, 1, size), right.reshape(size, size, 1, 1)
    return {
        "as a matrix product": lambda: torch.mm(left, right, out=result),
        "as a 1x1 convolution": lambda: torch.conv2d(image, kernels),
    }


def _best(clock: HostClock, work: Work) -> int:
    found: list[int] = []
    until = perf_counter_ns() + _TIME_NS
    while len(found) < 3 or perf_counter_ns() < until:
        found += clock.block(work, 1).samples_ns
    return min(found)
