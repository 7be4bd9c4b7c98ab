from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "balmis.contexts.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
