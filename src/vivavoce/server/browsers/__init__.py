"""What keeps a page of another site from using a visitor's browser against this server."""
