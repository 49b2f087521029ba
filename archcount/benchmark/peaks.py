"""The peak performance of a device: a large matrix product and a large copy, measured."""

from __future__ import annotations

from time import perf_counter_ns

import torch

from archcount.benchmark.devices import HostClock, Work, apply_settings, clock_for, is_out_of_memory
from archcount.benchmark.results import Peak
from archcount.benchmark.settings import DTYPES, Configuration

_LONG_NS = 50_000_000
"""The duration from which a product is large enough."""
_LARGEST = 16_384
"""The most rows and columns of a product."""
_TIME_NS = 1_000_000_000
_COPY = {"cpu": 2**28}
"""Bytes of the copy, far more than any cache holds; four times as many elsewhere."""


def measure_peak(configuration: Configuration) -> Peak:
    """Multiply square matrices and copy memory for a second each; return the fastest."""
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
    """Find a product that takes long enough; if memory is too small, the largest that fits.

    Raises:
        RuntimeError: the device does not support the dtype.
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
    """Return two ways to multiply matrices; which is faster depends on the processor."""
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
