"""Sessions as they run: journalled, decoded in host processes, watched."""
