#!/usr/bin/env bash
# Measures `archcount bench` on a GPU, in at most eight minutes, with a bare loop beside it.
#
#   benchmarks/gpu.sh                                          # needs a GPU
#   DEVICE=cpu BATCH=2 BUDGET=1 TOTAL=3600 benchmarks/gpu.sh   # whether every command is right
#
# DEVICE   cuda by default, as `archcount bench --device` takes it
# BATCH    images, or texts of 128 tokens, per iteration: 128
# NETWORKS tables: googlenet inception_v3 resnet@50
# BUDGET   the most seconds of sampling per configuration: 2
# TOTAL    the most seconds of everything: 470. What does not fit is left out, and said so.
# OUT      where results go, benchmarks/results by default: seven files of JSON, and a log
# PYTHON   the interpreter: python3. Its torch is used, whatever its release.
# WHEELS   a folder of wheels of what it lacks, for a machine without a network
#
# A command that fails or takes too long is said, and the others go on.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
device=${DEVICE:-cuda} batch=${BATCH:-128} budget=${BUDGET:-2} total=${TOTAL:-470}
out=${OUT:-$here/benchmarks/results} python=${PYTHON:-python3}
export PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1
mkdir -p "$out"
log=$out/gpu.md
: >"$log"
failed=0

say() { printf '%s\n' "$*" | tee -a "$log"; }

# Install what the interpreter lacks, and never another torch.
need() {
    local missing
    missing=$("$python" - <<'END'
from importlib.util import find_spec
names = {"fvcore": "fvcore", "numpy": "numpy", "pandas": "pandas", "pydantic": "pydantic",
         "yaml": "PyYAML", "rich": "rich", "sympy": "sympy", "typer": "typer"}
print(*(package for module, package in names.items() if find_spec(module) is None))
END
    )
    [ -n "$missing" ] || return 0
    say "installing $missing"
    local site
    site=$(mktemp -d)
    if [ -n "${WHEELS:-}" ]; then
        "$python" -m pip install -q --no-index --no-deps --target "$site" "$WHEELS"/*.whl
    else
        # shellcheck disable=SC2086 - several words
        "$python" -m pip install -q --no-deps --target "$site" -c "$here/constraints.txt" \
            $missing yacs iopath portalocker tabulate termcolor pydantic_core annotated-types \
            typing-inspection annotated-doc shellingham click markdown-it-py mdurl Pygments
    fi || say "could not install $missing"
    export PYTHONPATH=$PYTHONPATH:$site
}

# measure SECONDS NAME COMMAND...: run a command in the time that is left, and say how it went.
measure() {
    local seconds=$1 name=$2 left code start
    shift 2
    left=$((total - SECONDS))
    if [ "$left" -lt 10 ]; then
        say "## $name: left out, the time is up"
        failed=1
        return
    fi
    [ "$seconds" -lt "$left" ] || seconds=$left
    [ "$device" = cuda ] || seconds=$left
    start=$SECONDS
    say "## $name" && say '```' && say "$*"
    # Stopped by an interrupt, bench keeps what it has measured.
    timeout --signal INT --kill-after 10 "$seconds" "$@" 2>&1 | tee -a "$log"
    code=${PIPESTATUS[0]}
    say '```'
    say "$name: exit $code, $((SECONDS - start)) s"
    [ "$code" = 0 ] || failed=1
}

bench() {
    local seconds=$1 name=$2
    shift 2
    measure "$seconds" "$name" "$python" -m archcount bench "$@" --device "$device" \
        --batch "$batch" --budget "$budget" --on-oom halve -o "$out/gpu-$name.json"
}

loop() {
    local seconds=$1 name=$2
    shift 2
    measure "$seconds" "$name" "$python" "$here/benchmarks/bench_check.py" --loops-only \
        --device "$device" --batch "$batch" --seconds "$budget" --pairs 1 \
        --append "$out/gpu-bare-loop.jsonl" "$@"
}

need
rm -f "$out/gpu-bare-loop.jsonl"
"$python" -c 'import torch; print(torch.__version__, torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU")' \
    2>&1 | tee -a "$log"
networks=${NETWORKS:-googlenet inception_v3 resnet@50}
decoder="$here/benchmarks/decoder.py:small"
# shellcheck disable=SC2086 - several words
{
    bench 100 networks $networks --dtype float32,bf16
    bench 60 decoder "$decoder" --input "int64[$batch,128]" --dtype float32,bf16
    loop 60 bare-loop-bf16 --dtype bf16 --channels-last $networks
    loop 30 bare-loop-decoder --dtype bf16 decoder
    bench 50 channels-last $networks --dtype bf16 --channels-last
    bench 60 rows $networks --mode forward --dtype float32,bf16 --per-row
    loop 60 bare-loop-float32 decoder $networks
    bench 60 decoder-compiled "$decoder" --input "int64[$batch,128]" --dtype bf16 --compile
    bench 120 compiled $networks --dtype bf16 --channels-last --compile
    loop 60 bare-loop-compiled --dtype bf16 --channels-last --compile "${networks##* }"
}
say "in all $SECONDS s; results in $out"
exit "$failed"
