"""Measured figures as text, with no more digits than they are worth, and their units."""

from __future__ import annotations


def significant(number: float | None, digits: int = 4) -> str:
    """Write a number with so many digits that count.

    >>> significant(1234.56), significant(0.0123456), significant(56.0)
    ('1,235', '0.01235', '56.00')
    """
    if not number:
        return "" if number is None else "0"
    text = f"{number:#.{digits}g}"
    if "e" in text or number >= 10**digits:
        return f"{number:,.0f}" if number >= 1 else f"{number:.2e}"
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}" + (point + rest if rest else "")


def percent(share: float | None) -> str:
    """Write a share in percent.

    >>> percent(0.0123), percent(0.5), percent(1.042)
    ('1.2%', '50.0%', '104.2%')
    """
    return "" if share is None else f"{100 * share:.1f}%"


def rate(per_second: float | None, what: str = "") -> str:
    """Write operations or bytes a second with their unit.

    >>> rate(176_202_887_944), rate(2.5e10, "B/s")
    ('176.2G', '25.00 GB/s')
    """
    if per_second is None:
        return ""
    for unit, worth in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)):
        if per_second >= worth:
            return f"{significant(per_second / worth)}{' ' if what else ''}{unit}{what}"
    return f"{significant(per_second)}{' ' if what else ''}{what}"


def milliseconds(nanoseconds: float | None) -> str:
    """Write nanoseconds in milliseconds, without the unit.

    >>> milliseconds(12_345_678), milliseconds(None)
    ('12.35', '')
    """
    return "" if nanoseconds is None else significant(nanoseconds / 1e6)


def seconds(nanoseconds: float | None) -> str:
    """Write nanoseconds in seconds, with the unit.

    >>> seconds(1_500_000_000)
    '1.500 s'
    """
    return "" if nanoseconds is None else f"{significant(nanoseconds / 1e9)} s"


def size(number: int | None) -> str:
    """Write bytes in units of 1,024.

    >>> size(512), size(3 * 2**20)
    ('512 B', '3.0 MiB')
    """
    if number is None:
        return ""
    for unit, worth in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= worth:
            return f"{number / worth:.1f} {unit}"
    return f"{number} B"


def short(number: int) -> str:
    """Write a number with three digits after the point and its unit.

    >>> short(6_998_552), short(1_582_671_872), short(11_520)
    ('6.999M', '1.583G', '11.520K')
    """
    for unit, worth in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= worth:
            return f"{number / worth:.3f}{unit}"
    return f"{number}"


def params_headline(number: int) -> str:
    """Write a number of parameters as `headline` does, without the word.

    >>> params_headline(25_557_032), params_headline(174_604_259_328)
    ('25.6 M', '175 B')
    """
    return headline(number, " params").removesuffix(" params")


def headline(number: int, of: str) -> str:
    """Write a number with three digits and the unit of what it counts.

    >>> headline(25_557_032, " params"), headline(4_089_184_256, "MACs"), headline(999_950, "MACs")
    ('25.6 M params', '4.09 GMACs', '1.00 MMACs')
    >>> headline(112, " params"), headline(0, "MACs"), headline(6_738_415_616, " params")
    ('112 params', '0 MACs', '6.74 B params')
    """
    for unit, worth in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= 0.9995 * worth:
            letter = "B" if (unit, of) == ("G", " params") else unit  # billions, as papers write
            return f"{significant(number / worth, 3)} {letter}{of}"
    return f"{number} {of.strip()}"
