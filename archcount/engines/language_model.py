"""Figures of a language model: active parameters, work for each token, and the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from torch import Tensor, nn

from archcount.engines.experts import ExpertUsage, find_experts
from archcount.engines.language_count import ExpertLayers, LanguageCount, TokenWork
from archcount.engines.model_count import ModuleCount
from archcount.engines.parameter_usage import ParameterUsage, parameter_usage
from archcount.loading.tokens import CacheSize, TokenRun
from archcount.tracing.forward_pass import ForwardPass


def language_count(
    run: TokenRun,
    cache: CacheSize | None,
    parts: Mapping[str, nn.Module],
    parameters: Iterable[Tensor],
    traced: ForwardPass,
    total: ModuleCount,
) -> LanguageCount:
    """Return the figures of a language model.

    Args:
        run: what was run.
        cache: what the model keeps of the tokens.
        parts: its modules by path.
        parameters: of the model, each once.
        traced: the pass.
        total: the model as a whole, as it was counted.
    """
    tokens = run.counted
    uses = parameter_usage(parameters, traced)
    experts = find_experts(parts, uses, tokens) if tokens else ExpertUsage()
    looked_up = [use for use in uses.values() if use.is_looked_up]
    return LanguageCount(
        is_decode=run.is_decode,
        tokens=tokens,
        context=run.seen,
        params=total.params,
        embedding=sum(use.numbers for use in looked_up),
        tied=sum(use.numbers for use in looked_up if use.macs),
        routed=sum(uses[memory].numbers for memory in experts.shares),
        active=_whole(_active(uses, experts)),
        experts=tuple(
            ExpertLayers(layers=layers, of=of, active=_whole(active))
            for (active, of), layers in experts.layers.items()
        ),
        work=_work(uses, experts, tokens, total) if tokens else None,
        cache=cache,
    )


def _active(uses: Mapping[int, ParameterUsage], experts: ExpertUsage) -> Fraction:
    return sum(
        (use.numbers * experts.shares.get(memory, Fraction(1)) for memory, use in uses.items()),
        Fraction(0),
    )


def _work(
    uses: Mapping[int, ParameterUsage], experts: ExpertUsage, tokens: int, total: ModuleCount
) -> TokenWork:
    """Return the multiply-accumulates of a token, and why they are not one for each parameter."""
    active = {
        memory: use.numbers * experts.shares.get(memory, Fraction(1))
        for memory, use in uses.items()
    }
    forward, backward = Fraction(total.macs, tokens), Fraction(total.backward, tokens)
    multiplied = [memory for memory, use in uses.items() if use.macs]
    rest = [memory for memory, use in uses.items() if not use.macs]
    looked_up = sum(active[memory] for memory in rest if uses[memory].is_looked_up)
    unmultiplied = sum(active[memory] for memory in rest if not uses[memory].is_looked_up)
    with_weights = sum(uses[memory].macs for memory in multiplied)
    return TokenWork(
        forward=_whole(forward),
        backward=_whole(backward),
        rule=_whole(sum(active.values(), Fraction(0))),
        embeddings=_whole(-Fraction(looked_up)),
        unmultiplied=_whole(-Fraction(unmultiplied)),
        reuse=_whole(Fraction(with_weights, tokens) - sum(active[each] for each in multiplied)),
        attention=_whole(Fraction(total.macs - with_weights, tokens)),
        backward_difference=_whole(backward - 2 * forward),
    )


def _whole(number: Fraction) -> int | Fraction:
    """Return a whole number as one."""
    return int(number) if number.denominator == 1 else number
