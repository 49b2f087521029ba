"""The model of one configuration on its device, and its iterations."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import torch
from torch import Tensor, nn

from archcount.benchmark.devices import PeakKind, apply_settings, clock_for, peak_memory
from archcount.benchmark.loss import Loss
from archcount.benchmark.results import RowTime
from archcount.benchmark.row_times import rows_of
from archcount.benchmark.samples import Block
from archcount.benchmark.settings import DTYPES, Configuration
from archcount.errors import UsageError
from archcount.loading.inputs import Inputs, make_inputs
from archcount.loading.model_target import load_model
from archcount.loading.reference import find_callable, users_code
from archcount.tracing.nested_tensors import tensors_in


class Session:
    """A model on its device, with its inputs, ready to run; without a module, the target's.

    Raises:
        UsageError: the target or the inputs cannot be read.
        UserCodeError: the user's code raised an error.

    >>> session = Session(Configuration(target="torch.nn:Linear", batch=2, inputs=("4",),
    ...     arguments={"in_features": 4, "out_features": 3}))
    >>> session.first_call() > 0, len(session.block(3).samples_ns)
    (True, 3)
    """

    def __init__(
        self,
        configuration: Configuration,
        module: nn.Module | None = None,
        wrap: Callable[[nn.Module], nn.Module] | None = None,
    ) -> None:
        self._configuration = configuration
        self._device = torch.device(configuration.device)
        self._dtype: torch.dtype = getattr(torch, DTYPES[configuration.dtype])
        self._clock = clock_for(self._device)
        self._is_train = configuration.mode == "train"
        apply_settings(configuration)
        torch.manual_seed(configuration.seed)
        own: tuple[str, ...] = ()
        if module is None:
            module, own = load_model(
                configuration.target,
                arguments=configuration.arguments,
                input=configuration.inputs[0] if configuration.inputs else "",
                device="cpu",
            )
        self._module = self._moved(module)
        self._inputs = self._prepared(own)
        tensors = tensors_in((self._inputs.args, self._inputs.kwargs))
        self.batch = next((one.shape[0] for one in tensors if one.ndim), 0) or configuration.batch
        self._called: Any = wrap(self._module) if wrap else self._module
        if configuration.compile:
            self._called = torch.compile(self._called, mode=configuration.compile)
        self.loss = Loss(self._module, self.batch)
        self._optimizer = self._made_optimizer()
        self._scaler = (
            torch.amp.GradScaler(self._device.type)
            if self._is_train and configuration.amp and configuration.dtype == "fp16"
            else None
        )

    def first_call(self) -> int:
        """Run the first iteration, including compilation and autotuning; return its nanoseconds."""
        with users_code(f"{self._configuration.target} failed"):
            start = perf_counter_ns()
            self._clock.block(self._iteration, 1)
            return perf_counter_ns() - start

    def block(self, iterations: int, prime: int = 0) -> Block:
        """Run consecutive iterations, after `prime` untimed ones that fill the caches again."""
        with users_code(f"{self._configuration.target} failed"):
            if prime:
                self._clock.block(self._iteration, prime)
            return self._clock.block(self._iteration, iterations)

    def host_ns(self) -> int | None:
        """Return the nanoseconds that Python takes to launch an iteration on an idle device.

        None on the CPU, and where a gradient scaler synchronizes in every iteration.
        """
        return None if self._scaler is not None else self._clock.host_ns(self._iteration)

    def leave_when_called(self) -> None:
        """End the process instead of running the model again."""
        self._called = lambda *args, **kwargs: os._exit(0)

    def loss_words(self) -> str:
        """Return the name of the loss, known after the first call."""
        return self.loss.words

    @property
    def gradient_bytes(self) -> int:
        """Bytes of the gradients of all trained parameters."""
        return sum(item.nbytes for item in self._module.parameters() if item.requires_grad)

    def peak_memory(self) -> tuple[int | None, PeakKind]:
        """Return the peak memory of an iteration."""
        return peak_memory(self._device, self._iteration)

    def rows(self, walks: int) -> list[RowTime]:
        """Time every row of a table's network by itself.

        Raises:
            UsageError: it is no table's network.
        """
        (image,) = self._inputs.args
        with self._autocast(), users_code(f"{self._configuration.target} failed by rows"):
            return rows_of(self._module, image, self._clock, is_train=self._is_train, walks=walks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Notes on the model: a dtype other than the requested one."""
        own = _own_dtype(self._module, self._dtype)
        asked = torch.float32 if self._configuration.amp else self._dtype
        return () if own == asked else (f"its weights are {str(own).removeprefix('torch.')}",)

    def save_outputs(self, path: Path) -> None:
        """Save the outputs in evaluation mode to a file."""
        torch.save(self._outputs(), path)

    def difference(self, path: Path) -> float | None:
        """Compare the outputs in evaluation mode with saved ones.

        Returns:
            The largest absolute difference relative to the largest saved number, None if they
            cannot be compared.

        Raises:
            UsageError: some are not finite.
        """
        ours, theirs = self._outputs(), torch.load(path)
        if [item.shape for item in ours] != [item.shape for item in theirs] or not ours:
            return None
        if not all(bool(item.isfinite().all()) for item in (*ours, *theirs)):
            raise UsageError.of("some outputs are not finite")
        most = max(float(item.abs().max()) for item in theirs)
        away = max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True))
        return away / most if most else None

    def _outputs(self) -> list[Tensor]:
        was = self._module.training
        self._module.eval()
        with torch.no_grad(), self._autocast():
            given = list(tensors_in(self._called(*self._inputs.args, **self._inputs.kwargs)))
        self._module.train(was)
        return [item.double().cpu() for item in given if item.is_floating_point()]

    @property
    def _iteration(self) -> Callable[[], object]:
        return self._train if self._is_train else self._forward

    def _forward(self) -> None:
        with torch.inference_mode(), self._autocast():
            self._called(*self._inputs.args, **self._inputs.kwargs)

    def _train(self) -> None:
        self._module.zero_grad(set_to_none=True)
        with self._autocast():
            loss = self.loss(self._called(*self._inputs.args, **self._inputs.kwargs))
        if self._scaler is not None:
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        else:
            loss.backward()  # type: ignore[no-untyped-call]
        if self._optimizer is None:
            return
        if self._scaler is None:
            self._optimizer.step()
        else:
            self._scaler.step(self._optimizer)
            self._scaler.update()

    def _autocast(self) -> Any:
        if not self._configuration.amp:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=self._dtype)

    def _moved(self, module: nn.Module) -> nn.Module:
        dtype = None if self._configuration.amp else self._dtype
        if dtype is torch.float32:
            dtype = None  # a model of another dtype keeps it
        module = module.to(self._device, dtype)
        if self._configuration.channels_last:
            module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return module.train(self._is_train)

    def _prepared(self, own: tuple[str, ...]) -> Inputs:
        """Make the inputs on the device, with random numbers."""
        configuration = self._configuration
        given: Any = list(configuration.inputs) or own
        if configuration.maker:
            given = find_callable(configuration.maker)
        dtype = torch.float32 if configuration.amp else _own_dtype(self._module, self._dtype)
        made = make_inputs(
            given, batch=configuration.batch, dtype=dtype, device=configuration.device
        )
        if not configuration.maker:
            for tensor in tensors_in((made.args, made.kwargs)):
                self._fill(tensor)
        return made

    def _fill(self, tensor: Tensor) -> None:
        if tensor.is_floating_point():
            # Zeros cost some devices less power, and so less time. Drawn as float32, so that all
            # dtypes get the same images.
            tensor.copy_(torch.randn(tensor.shape, dtype=torch.float32))
        if self._configuration.channels_last and tensor.ndim == 4:
            tensor.data = tensor.contiguous(memory_format=torch.channels_last)

    def _made_optimizer(self) -> torch.optim.Optimizer | None:
        if not (self._is_train and self._configuration.optimizer):
            return None
        weights = [weight for weight in self._module.parameters() if weight.requires_grad]
        if not weights:
            raise UsageError.of(
                f"{self._configuration.target} has no parameters to train",
                remedy="use --mode forward",
            )
        return torch.optim.SGD(weights, lr=1e-6, momentum=0.9)


def _own_dtype(module: nn.Module, asked: torch.dtype) -> torch.dtype:
    for weight in module.parameters():
        if weight.is_floating_point():
            return weight.dtype
    return asked
