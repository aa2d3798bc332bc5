"""What a server says of itself: logs, metrics, traces. Nothing of it leaves the machine unasked."""
