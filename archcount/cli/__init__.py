"""The command line: the only room that prints, writes files and exits."""

from archcount.cli.app import main

__all__ = ["main"]
