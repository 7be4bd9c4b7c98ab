"""The ASGI application: pages and API."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
