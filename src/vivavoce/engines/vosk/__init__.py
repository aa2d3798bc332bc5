"""Vosk."""
