"""A session on disk before anything else sees it: audio, commands, events."""
