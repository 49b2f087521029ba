"""The parameters of a model divided among the modules that it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archcount.engines.model_count import ModuleCount
from archcount.tracing.module_flow import Run


def own_params(modules: Mapping[str, ModuleCount], run: Run) -> dict[str, int]:
    """Return the parameters of each module that runs, without those of modules inside that do.

    What several modules share is in each of them.
    """
    whole = {each.path: 0 for each in _runs(run)}
    whole |= {path: modules[path].params for path in whole.keys() & modules.keys()}
    own = dict(whole)
    for path in whole.keys() - {""}:
        around = path.rpartition(".")[0]
        while around not in whole:
            around = around.rpartition(".")[0]
        own[around] -= whole[path]
    return {path: max(0, params) for path, params in own.items()}


def _runs(run: Run) -> Iterator[Run]:
    """Yield a run of a module, and those inside."""
    yield run
    for each in run.inner:
        if not each.name[0]:
            yield from _runs(each)
