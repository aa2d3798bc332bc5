"""`vivavoce.asgi:app`, for uvicorn, gunicorn and whoever mounts it."""

from vivavoce.server.app import create_app

app = create_app()
