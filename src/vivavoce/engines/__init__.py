"""Engines: whatever turns samples into words, one folder each, behind one port (`base`)."""
