"""Code that looks at numbers, on the meta device: those of masks and constants are known there."""

from __future__ import annotations

import random

import pytest
import torch
from helpers.model_libraries import library
from torch import Tensor, nn

import archcount as ac
from archcount.loading.reference import UserCodeError

X, MASK = "[2,5,4]", "mask:int64[2,5]"


class Runs(nn.Module):
    """Runs a function of itself and of its inputs; its layer has 4 x 3 weights."""

    def __init__(self, function) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3, bias=False)
        self.lstm = nn.LSTM(10, 20, batch_first=True)
        self.register_buffer("order", torch.tensor([0, 2, 1]))
        self.register_buffer("kept", torch.tensor([True, False, True]))
        self.function = function

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


def report(function, given, **options):
    return ac.count(Runs(function), input=given, **options)


def macs(function, given, **options):
    return report(function, given, **options).total.macs


def if_all(m, x, mask):
    return m.layer(x) if mask.bool().all() else x


def if_equal(m, x, mask):
    return m.layer(x) if torch.equal(mask, torch.ones_like(mask)) else x


def if_allclose(m, x, mask):
    return m.layer(x) if torch.allclose(mask.float(), torch.ones(2, 5)) else x


# The whole of x is 2 x 5 rows of 4 numbers with 3 outputs each: 120. A mask given as a shape is
# all ones, so what it chooses is all of it.
@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (if_all, 120),
        (if_equal, 120),
        (if_allclose, 120),
        (lambda m, x, mask: m.layer(x[:, : int(mask.sum(1).max().item()) - 1]), 96),
        (lambda m, x, mask: m.layer(x[:, : sum(mask[0].tolist())]), 120),
        (lambda m, x, mask: m.layer(x[mask.nonzero(as_tuple=True)]), 120),
        (lambda m, x, mask: m.layer(x[mask.bool()]), 120),
        (lambda m, x, mask: m.layer(x[:, mask[0].bool()]), 120),
        (lambda m, x, mask: m.layer(x.masked_select(mask.bool()[..., None]).view(-1, 4)), 120),
        (lambda m, x, mask: m.layer(x.repeat_interleave(mask.sum(1), 0)), 10 * 5 * 12),
        # One value: 2 x 1 rows.
        (lambda m, x, mask: m.layer(x[:, : len(torch.unique(mask))]), 24),
        (lambda m, x, mask: m.layer(x[:, : int(torch.bincount(mask[0])[1])]), 120),
        (lambda m, x, mask: m.layer(x[:, : int(mask.cpu().numpy().sum(1).max())]), 120),
        # No torch.dispatch at all: the mode that is entered when a pass fails.
        (lambda m, x, mask: m.layer(x[:, : int(mask.numpy().sum(1).max())]), 120),
    ],
)
def test_numbers_of_a_mask_are_ones_and_are_remarked_on(function, expected):
    found = report(function, [X, MASK])
    assert found.total.macs == expected
    (remark,) = found.record.remarks
    assert "mask all ones" in remark
    assert "--inputs" in remark


def test_what_nobody_looks_at_is_not_remarked_on():
    def attends(m, x, mask):
        scores = x @ x.transpose(1, 2)  # 2 x 5 x 5 x 4
        return m.layer(scores.masked_fill(mask[:, None] == 0, float("-inf")).softmax(-1) @ x)

    found = report(attends, [X, MASK])
    assert (found.total.macs, found.record.remarks) == (200 + 200 + 120, ())


def test_given_numbers_are_those_that_count():
    mask = torch.tensor([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    found = report(lambda m, x, mask: m.layer(x[mask.bool()]), (torch.zeros(2, 5, 4), mask))
    assert (found.total.macs, found.record.remarks) == (3 * 12, ())
    assert macs(if_all, (torch.zeros(2, 5, 4), mask)) == 0
    assert mask.tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]


def test_names_say_what_is_assumed():
    def rows(m, x, **named):
        (values,) = named.values()
        return m.layer(x[: int(values.sum())])

    x = "[20,4]"
    assert macs(rows, [x, "attention_mask:int64[3]"]) == 3 * 12
    assert macs(rows, [x, "mask:bool[3]"]) == 3 * 12
    assert macs(rows, [x, "key_padding_mask:bool[3]"]) == 0  # true is where nothing is
    assert macs(rows, [x, "ids:int64[3]"]) == 0
    with pytest.raises(UserCodeError, match="reads values"):  # how long, nobody can guess
        report(rows, [x, "lengths:int64[3]"])


# Rows of 4 numbers with 3 outputs, 12 multiply-accumulates each.
@pytest.mark.parametrize(
    ("function", "rows"),
    [
        (lambda m, x: m.layer(x[:, :3][:, m.kept]), 4),
        (lambda m, x: m.layer(x[:, : m.order.max()]), 4),
        (lambda m, x: m.layer(x[:, torch.arange(5) < 3]), 6),
        (lambda m, x: m.layer(x[:, torch.tensor([True, False, True, False, False])]), 4),
        (lambda m, x: m.layer(x.repeat_interleave(torch.tensor([1, 2, 3, 1, 1]), 1)), 16),
        # Made on a device that has no numbers, where torch never reads those it is given.
        (lambda m, x: m.layer(x[:, torch.tensor([True] * 3 + [False] * 2, device=x.device)]), 6),
        (lambda m, x: m.layer(x[:, x.new_tensor([1, 0, 0, 0, 0]).bool()]), 2),
        # Made of tensors in a list: 2 and 1 of the rows of a batch of two.
        (lambda m, x: m.layer(x[:, : torch.tensor([m.order.max()], device=x.device)[0]]), 4),
        (lambda m, x: m.layer(x[:, : m.order.new_tensor([[m.order[2]], [4]])[0, 0]]), 2),
        # What says no more than a size has numbers, whatever it is the size of.
        (lambda m, x: m.layer(x[torch.ones_like(x[..., 0]).bool()]), 10),
        (lambda m, x: m.layer(x[x.new_zeros(2, 5).eq(0)]), 10),
        # No GPU is needed where the code names one.
        (lambda m, x: m.layer(x.cuda()), 10),
        (lambda m, x: m.layer(x.to("cuda", torch.float32) + torch.zeros(4, device="cuda:0")), 10),
        (lambda m, x: m.layer(x.to(device="cuda").cpu()), 10),
    ],
)
def test_constants_have_numbers(function, rows):
    found = report(function, X)
    assert (found.total.macs, found.record.remarks) == (12 * rows, ())


def written(m, x):
    """Write through a view, and read through another."""
    made = torch.zeros(2, 5, dtype=torch.int64)
    view = made[1]
    view[1:3] = 1
    view += made[1].clone()
    return m.layer(x[:, : int(made.T.sum())])


def written_after(m, x):
    """Read before it is written to: the first sum is 5, whenever it is worked out."""
    made = torch.ones(5, dtype=torch.int64)
    before = made.sum()
    made.zero_()
    after = made.sum()
    assert int(after) == 0
    return m.layer(x[:, : int(before)])


def transposed_in_place(m, x):
    made = torch.arange(6).view(2, 3)
    rows = made.sum(1)  # 3 and 12
    made.t_()
    return m.layer(x[:, : int(rows[0])][:, : int(made.sum(1)[0])])  # 0 + 3


def put(m, x):
    made = torch.zeros(5, dtype=torch.bool)
    made[torch.tensor([0, 3])] = True
    return m.layer(x[:, made])


@pytest.mark.parametrize(
    ("function", "rows"),
    [(written, 8), (written_after, 10), (transposed_in_place, 6), (put, 4)],
)
def test_writes_are_followed_in_their_order(function, rows):
    assert macs(function, X) == 12 * rows == macs(function, X, device="cpu")


def test_a_tensor_made_of_activations_has_no_numbers():
    with pytest.raises(UserCodeError, match=r"tensor\(\) reads values of a tensor"):
        report(lambda m, x: m.layer(x) * torch.tensor([m.layer(x).sum()]), X)


def filled_whole(m, x, made):
    made[:] = x[..., 0]


def filled_through_a_view(m, x, made):
    view = made[0]
    view.copy_(m.layer(x)[0, :, 0])


def filled_out(m, x, made):
    torch.add(x[..., 0], 1, out=made)


@pytest.mark.parametrize("fill", [filled_whole, filled_through_a_view, filled_out])
def test_what_something_unknown_is_written_to_is_unknown(fill):
    def looks(m, x):
        made = torch.zeros(2, 5)
        rest = made[1:]
        fill(m, x, made)
        return m.layer(x) if rest.sum() > 0 else x

    with pytest.raises(UserCodeError) as raised:
        report(looks, X)
    told = str(raised.value)
    assert "reads values of a tensor that has none on the meta device" in told
    assert "return m.layer(x) if rest.sum() > 0 else x" in told
    assert f"{__file__}:" in told
    assert "--device cpu" in told
    assert "--inputs" in told


def test_equal_calls_of_different_numbers_are_not_mixed_up():
    def looks(m, x):
        masks = [torch.arange(5) < size for size in (2, 4)]
        return [m.layer(x[:, mask]) for mask in masks]

    assert macs(looks, X) == 12 * 2 * (2 + 4)


def test_states_of_a_recurrent_layer_may_be_made_on_the_cpu():
    def runs(m, x):
        return m.lstm(x, (torch.zeros(1, 3, 20), torch.zeros(1, 3, 20)))

    # 15 steps of 4 gates of 20 numbers, of 10 inputs and 20 states each, are 36,000.
    assert macs(runs, "[3,15,10]") == 3 * 36_000


def padded(m, x, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), True, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(m.lstm(packed)[0], batch_first=True)[0]


def test_packed_rows_are_counted_by_their_lengths():
    # 10 + 15 + 5 steps of 4 gates of 20 numbers, of 10 inputs and 20 states.
    assert macs(padded, (torch.zeros(3, 15, 10), torch.tensor([10, 15, 5]))) == 30 * 2400


def test_a_window_may_be_made_on_the_cpu():
    def spectrum(m, x):
        found = torch.stft(x, 6, window=torch.hann_window(6), return_complex=True)
        return m.layer(found.abs().transpose(1, 2))

    # 40 samples, a hop of 1: 41 frames of 4 frequencies for each of 2 rows.
    assert macs(spectrum, "[2,40]") == 2 * 41 * 12


def drops(m, x):
    """Leave a layer out at random, as in training, but never."""
    return m.layer(x) if torch.rand([]) >= 0 and torch.empty(3).uniform_().max() <= 1 else x


def shuffles(m, x):
    return m.layer(x[:, torch.randperm(5, generator=torch.Generator()) > 2])  # 2 of 5


@pytest.mark.parametrize(("function", "rows"), [(drops, 10), (shuffles, 4)])
def test_what_is_drawn_is_remarked_on_where_it_is_looked_at(function, rows):
    found = report(function, X)
    assert found.total.macs == 12 * rows
    (remark,) = found.record.remarks
    assert "draws at random" in remark


TABLE = torch.tensor([1, 1, 0, 0, 0])


def test_a_constant_of_the_program_keeps_its_numbers():
    def reads(m, x):
        return m.layer(x[:, (TABLE + torch.ones(5, dtype=torch.int64)) > 1])

    assert macs(reads, X) == 4 * 12
    assert TABLE.tolist() == [1, 1, 0, 0, 0]


def test_a_buffer_that_is_written_to_is_the_copys():
    def writes(m, x):
        m.order += 1
        return m.layer(x[:, : int(m.order.max())])

    model = Runs(writes)
    assert ac.count(model, input=X).total.macs == 2 * 3 * 12
    assert model.order.tolist() == [0, 2, 1]


def test_averages_of_a_batch_norm_that_counts_its_batches():
    norm = nn.BatchNorm1d(4, momentum=None)  # its factor is 1 / the number of batches
    assert not ac.count(norm, input="[2,4]", train=True).record.uncounted
    assert int(norm.num_batches_tracked) == 0


def test_what_a_function_returns_is_passed_as_it_is():
    seen: list[object] = []

    class Takes(nn.Module):
        def forward(self, x: Tensor, text: str, sizes, use_cache: bool = True, cache=()):
            seen.extend([text, sizes, use_cache, cache])
            return x

    named = {"text": "3x4", "sizes": (1, 2), "use_cache": False, "cache": None}
    given = {"x": torch.zeros(1), **named}
    ac.count(Takes(), input=lambda: given)
    ac.count(Takes(), input=lambda: (torch.zeros(1), "3x4", (1, 2), False, None))
    ac.count(Takes(), input=lambda: ((torch.zeros(1),), named))
    assert seen == ["3x4", (1, 2), False, None] * 3


def test_inputs_on_the_cpu_are_drawn_and_what_depends_on_them_is_remarked_on():
    def chooses(m, x):
        chosen = m.layer(x[x.sum(-1) > 0])
        return m.layer(chosen @ torch.ones(3, 4)) if len(chosen) else x

    found = [report(chooses, "[40,50,4]", device="cpu") for _ in range(2)]
    rows, rest = divmod(found[0].total.macs, 12 + 12 + 12)  # the layer, 3 x 4, the layer
    # Of 2,000 rows half are chosen, give or take; with zeros it was none. Each count has the same.
    assert (800 < rows < 1200, rest) == (True, 0)
    assert found[0].record == found[1].record
    (remark,) = found[0].record.remarks
    assert "drawn at random" in remark
    same = report(lambda m, x: m.layer(x), "[4,5,4]", device="cpu")
    assert (same.total.macs, same.record.remarks) == (20 * 12, ())
    given = report(chooses, torch.ones(4, 5, 4), device="cpu")
    assert (given.total.macs, given.record.remarks) == (20 * 36, ())


def test_a_language_model_may_look_at_its_ids():
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Embedding(7, 4), nn.Linear(4, 3)

        def forward(self, input_ids, past_key_values=None):
            x = self.embed(input_ids)
            x = self.layer(x) if (input_ids == 0).all() else x
            seen = x if past_key_values is None else torch.cat([past_key_values, x], 1)
            return x, seen

    from archcount.engines import models
    from archcount.loading.tokens import TokenRun

    found = models.count(Tokens(), TokenRun(tokens=6), name="tokens")
    assert found.total.macs == 6 * 12
    assert any("input_ids all zeros" in remark for remark in found.remarks)


def test_values_that_are_no_tensors_are_written_by_name():
    def takes(m, x, use_cache=True, mode="", scale=1.0, cache=0):
        assert (use_cache, mode, scale, cache) == (False, "x=1", 0.5, None)
        return m.layer(x)

    values = ["use_cache=false", "mode='x=1'", "scale=0.5", "cache=None"]
    assert macs(takes, [X, *values]) == 120
    with pytest.raises(ac.UsageError, match="name=value as Python writes it, or name:shape"):
        macs(takes, [X, "use_cache=int64[1]"])


def program(draw: random.Random) -> list[list[int]]:
    """Make, view and write to tensors of whole numbers at random, looking at some on the way."""
    held = [torch.arange(6).view(2, 3), torch.ones(3, 2, dtype=torch.int64), torch.tensor([2, 1])]
    seen = []
    for _ in range(12):
        one, other = draw.choice(held), draw.choice(held)
        do = draw.randrange(13)
        if do == 0 and one.ndim == 2:
            held.append(one.t())
        elif do == 1 and one.ndim == 2:
            held.append(one[draw.randrange(len(one))])
        elif do == 2:
            held.append(one + other.sum())
        elif do == 3:
            one += other.flatten()[0].clone()
        elif do == 4:
            one.flatten()[draw.randrange(one.numel())] = draw.randrange(9)  # a view, or a copy
        elif do == 5:
            held.append(one.clone().flatten().flip(0))
        elif do == 6 and one.shape == other.shape:
            one.copy_(other.clone())
        elif do == 7:
            seen.append(one.flatten().tolist())
        elif do == 8 and one.ndim == 2:
            one.t_()
        elif do == 9:
            held.append(torch.zeros_like(one).masked_fill(one > 2, 5))
        elif do == 10:
            held.append(one.flatten()[one.flatten() > 1].new_zeros(2) + int(one.max()))
        elif do == 11:
            one[one > 4] = 3
        elif do == 12:
            held.append(torch.cat([one.flatten(), other.flatten()])[:4])
    return [*seen, *(each.flatten().tolist() for each in held)]


SEEN: list[list[int]] = []


@pytest.mark.parametrize("seed", range(12))
def test_numbers_are_those_of_a_run_with_numbers(seed):
    def runs(m, x):
        SEEN[:] = program(random.Random(seed))
        return x

    report(runs, X)
    assert program(random.Random(seed)) == SEEN


def test_hooks_by_which_transformers_gathers_hidden_states_are_run():
    def hook(module, args, output):
        return output @ torch.ones(3, 3)  # 2 x 5 rows of 3 x 3

    model = nn.Sequential(nn.Linear(4, 3, bias=False))
    model[0].register_forward_hook(hook)
    assert ac.count(model, input=X).total.macs == 120
    hook.__module__ = "transformers.utils.output_capturing"
    found = ac.count(model, input=X)
    assert (found.total.macs, found.record.remarks) == (120 + 90, ())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Bert", "Bart", "T5", "Llama", "Longformer", "Deberta"])
def test_models_of_transformers_take_ids_and_a_mask(name):
    """As many as a run on the CPU with its numbers."""
    transformers = library("transformers")
    sizes = {
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_heads": 4,
        "vocab_size": 100,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "attention_window": 8,
        "max_position_embeddings": 64,
    }
    config = getattr(transformers, f"{name}Config")
    known = vars(config()).keys() | set(getattr(config, "attribute_map", ()))
    model = getattr(transformers, f"{name}Model")(
        config(**{key: value for key, value in sizes.items() if key in known})
    )
    ids, mask = torch.full((2, 16), 7), torch.ones(2, 16, dtype=torch.int64)
    given = {"input_ids": ids, "attention_mask": mask}
    texts = {"input_ids": "int64[2,16]", "attention_mask": "int64[2,16]"}
    if name == "T5":
        given["decoder_input_ids"], texts["decoder_input_ids"] = ids[:, :8], "int64[2,8]"
    found = [ac.count(model, input=one).total.macs for one in (lambda: given, texts)]
    expected = ac.count(model, input=lambda: given, device="cpu").total.macs
    assert found == [expected, expected]
    assert expected > 100_000
