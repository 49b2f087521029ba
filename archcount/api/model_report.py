"""Any PyTorch model, counted in one call of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archcount.engines.model_count import ATTENTION, ModelCount, ModuleCount
from archcount.engines.moved import Machine
from archcount.errors import InvalidValueError, UsageError, quote
from archcount.loading.programs import module_of
from archcount.printed.quantity import parse_quantity
from archcount.reporting.language_sheets import language_sheets
from archcount.reporting.model_columns import DEFAULT, MOVED, read_columns
from archcount.reporting.model_roofline import moved_text, roofline_sheets
from archcount.reporting.model_sheets import DEPTH, model_sheets, remarks, tidy_modules
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span
from archcount.reporting.training_sheets import training_sheets

if TYPE_CHECKING:
    from torch import nn

_DEVICES = ("meta", "cpu")


@dataclass(frozen=True)
class ModelReport(Report):
    """What was counted in one call of a model.

    Attributes:
        depth: how many levels of modules are shown to people.
        columns: what is shown of each, by the names of `COLUMNS`.
        fold: whether equal layers are shown once.
    """

    command = "count {record.name}"
    schema = "archcount.count/2"
    index = "module"

    record: ModelCount
    depth: int = DEPTH
    columns: tuple[str, ...] = DEFAULT
    fold: bool = True

    @property
    def total(self) -> ModuleCount:
        """The model as a whole: `params`, `macs`, `backward_macs`, `cost`."""
        return self.record.total

    def _tidy(self) -> Lines:
        return tidy_modules(self.record)

    def _sheets(self) -> Parts:
        language = self.record.language
        training, machine = self.record.training, self.record.machine
        asked = [language_sheets(language, moved_text(self.record))] if language else []
        asked += [training_sheets(training)] if training else []
        asked += (
            [roofline_sheets(self.record, machine, self.depth, fold=self.fold)] if machine else []
        )
        main = model_sheets(self.record, self.depth, self.columns, fold=self.fold)
        return [main, *asked]

    def _remarks(self) -> Iterable[Span]:
        return remarks(self.record)


def count_model(
    module: nn.Module,
    input: Any = "",
    *,
    name: str = "",
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
    prefill: int | None = None,
    decode: int | None = None,
    dtype: str = "",
    peak: str | float = "",
    bandwidth: str | float = "",
    columns: str | Sequence[str] = DEFAULT,
    attention: str = "full",
) -> ModelReport:
    """Count one call of a model, module by module; the model itself is left alone.

    Args:
        module: the model: a module, scripted or not, or an exported program.
        input: what it is called with: a text such as "3x224x224" (one image) or
            "input_ids:int64[1,128]", a list of such, a shape as a tuple, a tensor, a tuple of
            these by order or a mapping by name, or a function that gives one of them. Left away
            with `prefill` and `decode`.
        name: what it is called in the report; its class where it is empty.
        batch: how many images an input such as "3x224x224" stands for.
        train: in training mode.
        device: `meta`, which takes no memory, or `cpu` for a model that looks at its numbers.
        prefill: call a language model with so many token ids of each sequence.
        decode: call it with one, and with its own cache of so many before it.
        dtype: how weights are stored: fp32, bf16, fp16, int8 or int4. The model computes in the
            same type, in bfloat16 where weights are integers.
        peak: FLOP/s of a machine, such as "989T", and with `bandwidth` the roofline.
        bandwidth: B/s of its memory, such as "3.35T".
        columns: what is shown of each module: type, kernel, input, output, params, trainable,
            buffers, macs, flops, backward, share, bytes, intensity.
        attention: the convention by which the products of `scaled_dot_product_attention` are
            counted: `full`, dense; `causal`, the lower triangle under a causal mask; `flash`,
            dense, and going back the scores once more.

    Raises:
        UsageError: it is no module, its input or a column cannot be read, or it keeps no cache for
            `decode`.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.

    >>> from torch import nn
    >>> report = count_model(nn.Linear(4, 3), (2, 4))
    >>> report.total.macs, report.total.backward_macs  # the gradient of the weights
    (24, 24)
    """
    check_run(batch, device)
    has_input = input is not None and not (isinstance(input, str) and not input)
    check_tokens(prefill, decode, has_input=has_input)
    check_attention(attention)
    from archcount.engines import model_questions
    from archcount.loading.tokens import TokenRun
    from archcount.tracing.script_copy import class_name

    module = module_of(module)
    tokens = decode if prefill is None else prefill
    if tokens is not None:
        is_decode = prefill is None
        input = TokenRun(tokens=tokens, is_decode=is_decode, batch=batch, device=device)
    shown = read_columns(columns)
    return ModelReport(
        model_questions.count(
            module,
            input,
            name=name or class_name(module),
            batch=batch,
            train=train,
            device=device,
            dtype=dtype,
            machine=read_machine(peak, bandwidth),
            attention=attention,
            is_moved=any(name in MOVED for name in shown),
        ),
        columns=shown,
    )


def check_attention(attention: str) -> None:
    """Check the name of a convention of attention.

    Raises:
        UsageError: there is no such convention.
    """
    if attention not in ATTENTION:
        raise UsageError.of(
            f"unknown convention of attention {attention!r}", allowed=", ".join(ATTENTION)
        )


def check_tokens(prefill: int | None, decode: int | None, *, has_input: bool) -> None:
    """Check how many tokens a language model is to be called with.

    Raises:
        UsageError: both are asked for, or one beside an input, or no such number of tokens.
    """
    asked = {"--prefill": prefill, "--decode": decode}
    given = {option: tokens for option, tokens in asked.items() if tokens is not None}
    for option, tokens in given.items():
        if not isinstance(tokens, int) or isinstance(tokens, bool) or not 1 <= tokens < 2**31:
            raise UsageError.of(f"{option} {tokens}", allowed="tokens, from 1 to 2^31")
    if len(given) > 1:
        raise UsageError.of(
            "--prefill and --decode are two calls", remedy="count one after the other"
        )
    if given and has_input:
        raise UsageError.of(
            f"{next(iter(given))} makes the input itself", remedy="leave the input away"
        )


def read_machine(peak: str | float, bandwidth: str | float) -> Machine | None:
    """Return the machine of a roofline, None where none is given.

    Raises:
        UsageError: a rate cannot be read, or one is given without the other.

    >>> read_machine("989T", 3.35e12)
    Machine(flops=989000000000000.0, bytes_per_second=3350000000000.0)
    """
    if not peak and not bandwidth:
        return None
    if not peak or not bandwidth:
        raise UsageError.of(
            "--peak and --bandwidth go together", remedy="give both, such as 989T and 3.35T"
        )
    return Machine(
        flops=_rate("--peak", peak, "FLOP/s, such as 989T or 1.5e12"),
        bytes_per_second=_rate("--bandwidth", bandwidth, "B/s, such as 3.35T or 900G"),
    )


def _rate(option: str, given: str | float, allowed: str) -> float:
    try:
        value = float(parse_quantity(given).value()) if isinstance(given, str) else float(given)
    except (InvalidValueError, TypeError, ValueError):
        value = 0.0
    if not 0 < value < float("inf"):
        shown = quote(given) if isinstance(given, str) else repr(given)
        raise UsageError.of(f"{option} {shown}", allowed=allowed)
    return value


def check_run(batch: int, device: str) -> None:
    """Check the device and the batch that a model is to be run with.

    Raises:
        UsageError: there is no such device, or no such batch.
    """
    if device not in _DEVICES:
        shown = quote(device) if isinstance(device, str) else repr(device)
        raise UsageError.of(f"unknown device {shown}", allowed=", ".join(_DEVICES))
    if not isinstance(batch, int) or isinstance(batch, bool) or not 0 <= batch < 2**31:
        raise UsageError.of(f"batch {batch}", allowed="a whole number from 0 to 2^31")
