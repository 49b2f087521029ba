"""Counts as expressions: one run over symbolic numbers, and for which values it holds."""
