"""Vivavoce: live speech in, words out as they are said, none of them lost."""

__version__ = "0.1.0"
