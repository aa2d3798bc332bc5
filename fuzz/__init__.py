"""Bytes of every kind into everything that reads what strangers send."""
