"""What can be seen of a server from outside: logs, metrics, traces."""
