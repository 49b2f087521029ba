"""Tracing: one pass through a module on the meta device, every operation charged."""
