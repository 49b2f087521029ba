"""Throughput that can be trusted: how fast forward and backward run, and how sure that is."""
