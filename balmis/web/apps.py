from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "balmis.web"
    label = "web"
