"""Engines: whatever turns samples into words, one file each, behind one port (`base`)."""
