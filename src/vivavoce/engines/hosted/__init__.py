"""What runs in the process of its own that has a model or a service."""
