"""The Python interface: load a table, count it, compare it, explain it, check it; any model too."""
