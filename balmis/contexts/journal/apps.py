from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "balmis.contexts.journal"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
