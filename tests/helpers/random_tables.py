"""Random table files: layers, blocks and rows that a seed draws."""

from __future__ import annotations

TABLE = """archcount: 1
name: random
source: {{title: A random table, table: Table 1}}
input: 8x{height}x{width}
let: {{w: 16, v: 8, g: 2, p: 0.5, s: 2, times: 2}}
layer: {{pad: same, same: {same}, bias: true, norm: {norm}}}
blocks:
{blocks}
table: |
  row | block
{rows}
"""


WIDTHS = (
    "w", "v", "2*w", "w/2", "w+v", "8*v", "max(w,v)", "min(w,24)", "w//3", "input.c", "v*w//4",
    "16", "g*4", "w-v+16", "(w+1)//2",
)  # fmt: skip


KERNELS = ("1x1", "3x3", "2x2", "5x5", "3x1", "4x4", "7x7", "1x3")


STRIDES = ("", "", "/2", "/3", "/2x1")


PADS = ("", "pad=valid", "pad=1", "pad=same same=asymmetric", "pad=2", "pad=1x0")


MAXPOOLS = (
    "", "pad=valid", "pad=valid ceil=true", "pad=1", "pad=1 ceil=true", "same=ceil",
    "same=asymmetric",
)  # fmt: skip


AVGPOOLS = (
    "", "pad=valid", "pad=valid ceil=true", "same=asymmetric", "same=asymmetric count_pad=true",
    "pad=1 count_pad=true",
)  # fmt: skip


def layer(draw):
    patch = draw.choice(KERNELS) + draw.choice(STRIDES)
    width, pad = draw.choice(WIDTHS), draw.choice(PADS)
    return draw.choice(
        (
            f"conv {patch} {width} {pad}",
            f"conv {patch} {width} {pad} dilation=2",
            f"conv {patch} {width} {pad} groups=g",
            f"dwconv {patch} {pad} multiplier={draw.choice(('1', 'g', '2'))}",
            f"sepconv {patch} {width} {pad}",
            f"maxpool {patch} {draw.choice(MAXPOOLS)}",
            f"avgpool {patch} {draw.choice(AVGPOOLS)}",
            f"subsample {draw.choice('123')} {width}",
            f"adaptive_avgpool {draw.choice(('3', '2x4'))}",
            "conv 3x3/s w",
            "scale p",
            f"padding 2x1 {draw.choice(('', 'mode=reflect', 'sides=before'))}",
            f"upsample 2x1 {draw.choice(('', 'mode=bilinear'))}",
            f"crop {draw.choice(('3', 'g+2', '2*v'))}",
            "channel_shuffle g",
            "slice 0 g",
        )
    ).strip()


def block(draw, depth=0):
    """Write a block in YAML's flow style."""
    kind = draw.random()
    if kind < 0.55 or depth > 1:
        return f'"{layer(draw)}"'
    inner = [block(draw, depth + 1) for _ in range(3)]
    if kind < 0.7:
        return f"[{', '.join(inner[: draw.randint(1, 3)])}]"
    if kind < 0.82:
        return f"{{concat: [{inner[0]}, {inner[1]}]}}"
    if kind < 0.95:
        return f"{{add: [{inner[0]}, shortcut]}}"
    return f"{{repeat: times, block: {inner[0]}}}"


def random_table(draw):
    blocks = {f"b{number}": block(draw) for number in range(draw.randint(1, 5))}
    if draw.random() < 0.5:
        blocks["end"] = draw.choice(("[flatten, linear w]", "[global_avgpool, flatten, linear v]"))
    return TABLE.format(
        height=draw.randint(8, 60),
        width=draw.randint(8, 60),
        same=draw.choice(("symmetric", "asymmetric")),
        norm=draw.choice(("none", "batch")),
        blocks="\n".join(f"  {name}: {text}" for name, text in blocks.items()),
        rows="\n".join(f"  r_{name} | {name}" for name in blocks),
    )
