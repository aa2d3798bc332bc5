"""Amazon Transcribe."""
