"""What moves, chooses, makes or compares numbers: free, but for what is added where it is put."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import FREE, Charge, Operation, TensorSpec
from archcount.operators.operator import (
    CostRule,
    LayerName,
    LayerRule,
    Operator,
    aten,
    called,
    each,
    free,
    moved,
    named_by_itself,
)
from archcount.operators.shapes import Result, contiguous, is_contiguous


def _put(operation: Operation) -> Charge:
    """Count one operation for each number that is added where it is put, none where it is set."""
    arguments = operation.arguments
    if not operation.output.is_floating:
        return FREE
    if not arguments.get("accumulate") and arguments.get("reduce") is None:
        return FREE
    given = next(
        (arguments[name] for name in ("values", "src") if name in arguments), operation.output
    )
    return Charge(Cost(other=given.elements))


def _bagged(operation: Operation) -> Charge:
    """Count an addition for each number that is looked up, a product more where it is weighted."""
    weight, indices = operation.tensor("weight"), operation.tensor("indices")
    weighted = operation.arguments["per_sample_weights"] is not None
    is_mean = operation.arguments["mode"] == 1
    found = (1 + weighted) * indices.elements * weight.shape[-1]
    return Charge(Cost(other=found + is_mean * operation.output.elements))


def _renormed(operation: Operation) -> Charge:
    """Count a power, an addition and a scale for each number of the rows that are looked up."""
    width = operation.tensor("self").shape[-1]
    return Charge(Cost(other=3 * operation.tensor("indices").elements * width))


def _sampled(*times: int) -> CostRule:
    """Return a rule that counts, for each number, what its way to interpolate takes."""

    def rule(operation: Operation) -> Charge:
        each = times[operation.arguments["interpolation_mode"]]
        return Charge(Cost(other=each * operation.output.elements))

    return rule


def _folded(operation: Operation) -> Charge:
    """Count an addition for each number of the columns that are put together."""
    return Charge(Cost(other=operation.tensor("self").elements))


def _added(operation: Operation) -> Charge:
    """Count one addition for each number of the source."""
    source = operation.arguments.get("src", operation.arguments.get("source"))
    return Charge(Cost(other=source.elements)) if operation.output.is_floating else FREE


def _concat(operation: Operation) -> LayerName | None:
    """Name a concatenation: none with nothing, such as of keys with an empty cache."""
    if sum(part.elements > 0 for part in operation.arguments["tensors"]) == 1:
        return None
    dims = len(operation.output.shape)
    return "concat", {"axis": operation.arguments["dim"] % max(dims, 1) - dims}


def _concat_shape(operation: Operation) -> Result:
    """Return a concatenation."""
    parts, axis = operation.arguments["tensors"], operation.arguments["dim"]
    first = parts[0]
    dims = len(first.shape)
    if not -dims <= axis < dims:
        return None
    axis %= dims
    rest = first.shape[:axis] + first.shape[axis + 1 :]
    for part in parts:
        if part.dtype != first.dtype or len(part.shape) != dims or not is_contiguous(part):
            return None
        if part.shape[:axis] + part.shape[axis + 1 :] != rest:
            return None
    whole = sum([part.shape[axis] for part in parts])
    return (contiguous((*rest[:axis], whole, *rest[axis:]), first.dtype),)


def _resized(operation: Operation) -> LayerName:
    """Name an upsampling: by sizes and by how often, whichever its code was given."""
    given = operation.arguments
    kind = operation.name.removeprefix("aten.").strip("_").replace("_", " ")
    name = "self" if "self" in given else "input"
    before = operation.tensor(name).shape[2:]
    after = operation.output.shape[2:]
    times = tuple(size / old for size, old in zip(after, before, strict=True))
    settings: dict[str, Any] = {"to": "x".join(map(str, after)), "times": times}
    is_aligned = bool(given.get("align_corners"))
    if "align_corners" in given:
        settings["align corners"] = is_aligned
    scales = [value for key, value in given.items() if key.startswith("scale")]
    scales = scales[0] if len(scales) == 1 and isinstance(scales[0], list) else scales
    # A factor that is not what the sizes come to is used where places are worked out from it.
    if None not in scales and tuple(scales) != times and scales and not is_aligned:
        settings["scales"] = tuple(scales)
    return kind, settings


_BORDERS = {"reflection": "reflect", "replication": "replicate"}


def _pad(operation: Operation) -> LayerName | None:
    """Name a padding: what is added at each side, the last axis first, and what stands there."""
    amount = operation.arguments.get("pad", operation.arguments.get("padding"))
    assert amount is not None, f"{operation.name}: no widths"
    if not any(amount):
        return None
    border = operation.name.removeprefix("aten.").partition("_pad")[0]
    pairs = [*zip(amount[::2], amount[1::2], strict=True)]
    by = padded_by(pairs[::-1])
    settings = {"by": by, "padding mode": _BORDERS.get(border, "zeros")}
    if operation.arguments.get("value"):
        settings |= {"padding mode": "constant", "value": operation.arguments["value"]}
    return "pad", settings


def padded_by(widths: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Write the widths of a padding along each axis as torch does: from the last that has one.

    >>> padded_by([(0, 0), (1, 2), (3, 3)])
    (3, 3, 1, 2)
    """
    first = next((place for place, pair in enumerate(widths) if any(pair)), len(widths))
    return tuple(width for pair in reversed(widths[first:]) for width in pair)


def _laid_out(operation: Operation) -> LayerName | None:
    """Name what gives a tensor other strides: it is no layer where it keeps all the numbers."""
    if operation.output.elements == operation.tensor("self").elements:
        return None
    return named_by_itself(operation)


def _triangle_shape(operation: Operation) -> Result:
    """Return a triangle of a matrix, such as a causal mask."""
    given = operation.tensor("self")
    plain = contiguous(given.shape, given.dtype)
    return (plain,) if given.layout[1:] == plain.layout[1:] and len(given.shape) > 1 else None


def _where_shape(operation: Operation) -> Result:
    """Return a choice between two numbers, such as of a mask that is added."""
    one, other = operation.arguments.get("self"), operation.arguments.get("other")
    if not isinstance(one, TensorSpec) or not isinstance(other, TensorSpec):
        return None
    mask = operation.tensor("condition")
    if one.shape or other.shape or one.dtype != other.dtype or mask.dtype != "bool":
        return None
    plain = contiguous(mask.shape, one.dtype)
    return (plain,) if mask.layout[1:] == plain.layout[1:] else None


def _embedding(kind: str) -> LayerRule:
    def rule(operation: Operation) -> LayerName:
        entries, width = operation.tensor("weight").shape
        settings: dict[str, Any] = {"entries": entries, "out": width}
        if "mode" in operation.arguments:
            settings["type"] = ("sum", "mean", "max")[operation.arguments["mode"]]
        return kind, settings

    return rule


def _embedding_shape(operation: Operation) -> Result:
    """Return the vectors that are looked up."""
    weight, indices = operation.tensor("weight"), operation.tensor("indices")
    is_plain = is_contiguous(weight) and len(weight.shape) == 2 and len(indices.shape) > 0
    if not is_plain or indices.dtype not in ("int32", "int64"):
        return None
    return (contiguous((*indices.shape, weight.shape[1]), weight.dtype),)


OPERATORS = {
    **aten("cat", Operator(cost=free, layer=_concat, shape=_concat_shape)),
    **aten("tril triu", Operator(cost=free, shape=_triangle_shape)),
    **aten("where", Operator(cost=free, shape=_where_shape)),
    **aten("copy", Operator(cost=free, layer=called("write"))),
    **aten(
        "embedding",
        Operator(cost=free, layer=_embedding("embedding"), shape=_embedding_shape),
    ),
    **aten(
        "_embedding_bag _embedding_bag_forward_only",
        Operator(cost=_bagged, layer=_embedding("embedding bag")),
    ),
    **aten("embedding_renorm", Operator(cost=_renormed)),
    # bilinear, nearest, bicubic, as upsampling does
    **aten("grid_sampler_2d _grid_sampler_2d_cpu_fallback", Operator(cost=_sampled(7, 0, 31))),
    **aten("cudnn_grid_sampler", Operator(cost=each("other", 7))),
    **aten("grid_sampler_3d", Operator(cost=_sampled(15, 0))),
    **aten("col2im", Operator(cost=_folded)),
    **aten(
        "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d "
        "replication_pad2d replication_pad3d",
        Operator(cost=free, layer=_pad),
    ),
    **aten(
        "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d _upsample_nearest_exact3d",
        Operator(cost=free, layer=_resized),
    ),
    **aten("upsample_linear1d", Operator(cost=each("other", 3), layer=_resized)),
    **aten(
        "upsample_bilinear2d _upsample_bilinear2d_aa",
        Operator(cost=each("other", 7), layer=_resized),
    ),
    **aten("upsample_trilinear3d", Operator(cost=each("other", 15), layer=_resized)),
    **aten(
        "upsample_bicubic2d _upsample_bicubic2d_aa",
        Operator(cost=each("other", 31), layer=_resized),
    ),
    **aten("as_strided", Operator(cost=free, layer=_laid_out)),
    **aten("native_dropout", Operator(cost=each("scale"), layer=moved)),
    **aten(
        "clone _to_copy _unsafe_view lift_fresh unsafe_split unsafe_split_with_sizes squeeze "
        "unsqueeze transpose t detach",
        Operator(cost=free, layer=moved),
    ),
    **aten("index_put _index_put_impl _unsafe_index_put put scatter", Operator(cost=_put)),
    **aten("scatter_add scatter_reduce index_add index_reduce", Operator(cost=_added)),
    **aten(
        # what is moved, chosen, made or repeated
        "stack roll flip repeat repeat_interleave index index_select _unsafe_index gather "
        "masked_scatter masked_select masked_fill fill zero sort topk argsort im2col "
        "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle unfold_copy "
        "split_with_sizes_copy index_copy index_fill take resize_as slice_scatter "
        "select_scatter diagonal_scatter as_strided_scatter diag_embed block_diag complex "
        "max_unpool2d max_unpool3d rot90 _chunk_cat _pack_padded_sequence _pad_packed_sequence "
        "to_padded_tensor _lazy_clone _unsafe_masked_index _padded_dense_to_jagged_forward "
        "_jagged_to_padded_dense_forward _pin_memory _copy_from empty empty_strided empty_like "
        "new_empty new_empty_strided zeros zeros_like new_zeros ones ones_like new_ones full "
        "full_like new_full scalar_tensor arange linspace logspace range eye hann_window "
        "hamming_window bartlett_window blackman_window kaiser_window fft_fftfreq fft_rfftfreq "
        "empty_permuted _efficientzerotensor lift _new_zeros_with_same_feature_meta "
        "tril_indices triu_indices set_ resize rand randn randint rand_like randn_like "
        "randint_like randperm uniform normal bernoulli exponential multinomial geometric "
        "cauchy log_normal random binomial poisson normal_functional _standard_gamma "
        "_sample_dirichlet "
        # what gives indices, masks or numbers to the program
        "argmax argmin any all median nanmedian mode kthvalue nonzero nonzero_static "
        "_local_scalar_dense item equal is_nonzero one_hot bincount unique_dim _unique2 _unique "
        "unique_consecutive unique_dim_consecutive allclose _is_all_true _is_any_true isnan "
        "isinf eq ne lt le gt ge heaviside searchsorted bucketize isin count_nonzero "
        "_assert_async _assert_tensor_metadata _has_compatible_shallow_copy_type "
        "_to_sparse _to_sparse_csr _to_sparse_csc _to_sparse_bsr _to_sparse_bsc _to_dense "
        "_coalesce _coalesced _sparse_coo_tensor_with_dims "
        "_sparse_coo_tensor_with_dims_and_tensors "
        "_sparse_compressed_tensor_with_dims sparse_compressed_tensor sparse_coo_tensor "
        "sparse_mask _validate_compressed_sparse_indices _convert_indices_from_coo_to_csr "
        "_convert_indices_from_csr_to_coo sparse_resize _dimI _dimV "
        "_resize_output _no_grad_fill _no_grad_zero _no_grad_normal _no_grad_uniform _nnz size "
        "stride dense_dim sparse_dim is_non_overlapping_and_dense is_strides_like_format "
        "_functional_assert_scalar _functional_assert_async is_same_size is_set_to "
        "_has_same_storage_numel record_stream "
        "_use_cudnn_ctc_loss _use_miopen_ctc_loss _linalg_check_errors "
        "_nested_tensor_from_mask_left_aligned _validate_sparse_coo_tensor_args is_pinned "
        "is_coalesced",
        Operator(cost=free),
    ),
    **aten(
        # views, which a program that was rewritten without them makes as tensors of their own
        " ".join(
            f"{name}_copy"
            for name in "alias as_strided diagonal expand permute _reshape_alias select detach "
            "slice split split_with_sizes squeeze t transpose unsqueeze unbind view view_as_real "
            "view_as_complex".split()
        ),
        Operator(cost=free, layer=moved),
    ),
}
