"""Bytes in, 16 kHz mono float32 samples out; and where in them somebody speaks.

The samples depend on the bytes alone, never on how or when they arrived.
"""
