"""OpenAI's two interfaces, and the servers compatible with them."""
