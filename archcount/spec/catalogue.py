"""The shipped tables: the only reader of `tables/`."""

from __future__ import annotations

from pathlib import Path

from archcount.errors import UsageError, quote, suggestion

_PACKAGE = Path(__file__).resolve().parent.parent


def _folder() -> Path:
    """Return the folder of shipped tables: inside an installed package, or beside a checkout."""
    installed = _PACKAGE / "_tables"
    return installed if installed.is_dir() else _PACKAGE.parent / "tables"


def shipped_tables() -> dict[str, Path]:
    """Return the shipped table files by name.

    >>> "googlenet" in shipped_tables()
    True
    """
    return {path.stem: path for path in sorted(_folder().glob("*.yaml"))}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def find_table(name: str) -> tuple[Path, str]:
    """Find a table by its shipped name, or by a path.

    Returns:
        The file, and what messages call it.

    Raises:
        UsageError: it is neither.

    >>> find_table("googlenet")[1]
    'googlenet.yaml'
    """
    shipped = shipped_tables()
    if name in shipped:
        return shipped[name], shipped[name].name
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or "/" in name or "\\" in name or _exists(path):
        return path, name
    raise UsageError.of(
        f"unknown table {quote(name)}",
        allowed=f"{', '.join(shipped)}, or the path of a .yaml file",
        remedy=_variant(name) or suggestion(name, shipped) or "see `archcount list`",
    )


def _variant(name: str) -> str:
    """Advise where a table's name with a variant's behind it is written, as in resnet50."""
    from archcount.spec.summary import read_summary

    for table, path in shipped_tables().items():
        if name.startswith(table):
            variant = name.removeprefix(table).strip("-_ ")
            if variant in read_summary(path).variants:
                return f"write {table} --variant {variant}"
    return ""
