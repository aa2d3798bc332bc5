"""Other processes that serve the same sessions: how one asks another for a session, and watches."""
