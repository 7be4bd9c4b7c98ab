from django.apps import AppConfig


class ColdChainConfig(AppConfig):
    name = "balmis.contexts.coldchain"
    label = "coldchain"
    default_auto_field = "django.db.models.BigAutoField"
