"""Moonshine, the embedded engine."""
