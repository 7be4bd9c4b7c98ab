from django.apps import AppConfig


class SupplyConfig(AppConfig):
    name = "balmis.contexts.supply"
    label = "supply"
    default_auto_field = "django.db.models.BigAutoField"
