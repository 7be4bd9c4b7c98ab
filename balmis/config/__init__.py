"""Settings, addresses, the ASGI application, logs, the embedded database."""
