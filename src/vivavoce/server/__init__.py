"""HTTP and WebSockets around the hub and the library."""
