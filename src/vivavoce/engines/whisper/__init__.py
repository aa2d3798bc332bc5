"""Whisper, by way of faster-whisper."""
