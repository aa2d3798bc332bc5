"""Where the clients of each protocol connect: one file per dialect, and its line."""
