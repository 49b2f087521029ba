"""Records of what is counted of a language model."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcount.loading.tokens import CacheSize


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpertLayers:
    """Layers of experts that are alike.

    Attributes:
        layers: how many.
        of: experts in each.
        active: those of them that a token is routed to, on average.
    """

    layers: int
    of: int
    active: int | Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenWork:
    """The multiply-accumulates of one token, on average, beside the rule of thumb.

    By the rule, each active parameter is multiplied once in the forward pass and twice in the
    backward pass: 6 FLOPs a parameter and token, 6ND. `forward` is `rule` and the four
    differences after it.

    Attributes:
        forward: of the forward pass.
        backward: of the backward pass, for the gradients that are needed.
        rule: active parameters.
        embeddings: less for embeddings, whose rows are looked up; a table that is the output layer
            too is multiplied.
        unmultiplied: less for parameters of norms, biases and others that are in no product.
        reuse: more for weights that a token is multiplied by several times, less for those that not
            every token is.
        attention: more for products of activations.
        backward_difference: of the backward pass to twice the forward pass.
    """

    forward: int | Fraction
    backward: int | Fraction
    rule: int | Fraction
    embeddings: int | Fraction
    unmultiplied: int | Fraction
    reuse: int | Fraction
    attention: int | Fraction
    backward_difference: int | Fraction

    @property
    def training(self) -> int | Fraction:
        """Multiply-accumulates of forward and backward pass."""
        return self.forward + self.backward


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageCount:
    """The figures of a language model.

    Attributes:
        is_decode: whether a step of one token was counted, with a cache of those before it.
        tokens: how many were computed, of all sequences.
        context: the tokens of each sequence after the call.
        params: parameters, shared ones once.
        embedding: those of them whose rows are looked up.
        tied: those of the embedding that are multiplied by too.
        routed: those of routed experts.
        active: those that one token uses: all, but of routed experts those that it is routed to.
        experts: the layers with routed experts.
        work: of one token.
        cache: what the model keeps of the tokens, None where it keeps nothing.
    """

    is_decode: bool
    tokens: int
    context: int
    params: int
    embedding: int
    tied: int
    routed: int
    active: int | Fraction
    experts: tuple[ExpertLayers, ...]
    work: TokenWork | None
    cache: CacheSize | None

    @property
    def non_embedding(self) -> int:
        """Parameters without those of embeddings."""
        return self.params - self.embedding
