"""Django settings. Everything that differs between places comes from the environment."""

import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from balmis.core.access.identity_provider import read_provider
from balmis.core.access.lookups import read_limits
from balmis.core.access.rules import read_rules

BASE = Path(__file__).resolve().parent.parent


def database_of(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    known = {"dbname", "user", "password", "host", "port"}
    options: dict[str, Any] = {k: v for k, v in parts.items() if k not in known}
    # the server binds parameters and keeps the plans of statements that come again
    options |= {"server_side_binding": True, "prepare_threshold": 5}
    if pool := int(os.environ.get("BALMIS_POOL", "0")):
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "ENGINE": "balmis.config.postgresql",
        "NAME": parts.get("dbname") or "balmis",
        "USER": parts.get("user") or "",
        "PASSWORD": parts.get("password") or "",
        "HOST": parts.get("host") or "",
        "PORT": str(parts.get("port") or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,
    }


def _secret_key() -> str:
    if given := os.environ.get("BALMIS_SECRET_KEY"):
        return given
    return secrets.token_urlsafe(50)  # `balmis` commands keep one in the data folder


DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///balmis")
DATABASES = {"default": database_of(DATABASE_URL)}
SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("BALMIS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("BALMIS_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "django_htmx",
    "procrastinate.contrib.django",
    "balmis.contexts.journal",
    "balmis.contexts.places",
    "balmis.contexts.access",
    "balmis.contexts.people",
    "balmis.contexts.notices",
    "balmis.contexts.campaigns",
    "balmis.contexts.planning",
    "balmis.contexts.units",
    "balmis.contexts.eligibility",
    "balmis.contexts.supply",
    "balmis.contexts.coldchain",
    "balmis.contexts.booking",
    "balmis.contexts.clinic",
    "balmis.contexts.safety",
    "balmis.contexts.reporting",
    "balmis.web",
]

MIDDLEWARE = [
    "balmis.web.shared.middleware.observe",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "balmis.web.shared.middleware.content_policy",
    "balmis.web.shared.middleware.lead_up",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "balmis.web.shared.middleware.NoNul",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "balmis.web.shared.presence.keep_sign_in",
    "balmis.web.shared.middleware.PlaceTime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

SIGN_IN_RULES = read_rules(
    os.environ.get("BALMIS_SECOND_FACTOR"), os.environ.get("BALMIS_LOCKS", "")
)
IDENTITY_PROVIDER = read_provider(
    {
        "issuer": os.environ.get("BALMIS_OIDC_ISSUER", ""),
        "client": os.environ.get("BALMIS_OIDC_CLIENT", ""),
        "secret": os.environ.get("BALMIS_OIDC_SECRET", ""),
        "name": os.environ.get("BALMIS_OIDC_NAME", ""),
        "user": os.environ.get("BALMIS_OIDC_USER", ""),
        "number": os.environ.get("BALMIS_OIDC_NUMBER", ""),
        "born": os.environ.get("BALMIS_OIDC_BORN", ""),
        "scope": os.environ.get("BALMIS_OIDC_SCOPE", ""),
        "acr": os.environ.get("BALMIS_OIDC_ACR", ""),
    }
)
LOOKUP_LIMITS = read_limits(os.environ.get("BALMIS_LOOKUPS", ""))

ROOT_URLCONF = "balmis.config.urls"
ASGI_APPLICATION = "balmis.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "balmis.web.shared.template_context.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "access.User"
PASSWORD_KEY = os.environ.get("BALMIS_PASSWORD_KEY", "")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "balmis.contexts.access.passwords.KeyedHasher",
][:: -1 if PASSWORD_KEY else 1]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "balmis.contexts.access.passwords.GuessValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

HTTPS = os.environ.get("BALMIS_HTTPS") == "1"
PROXIES = int(os.environ.get("BALMIS_PROXIES", "0"))  # trusted, in front of the program
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # of this host alone, for all of it, and never without TLS
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one working day
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # who watches from inside gets an answer
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
USE_THOUSAND_SEPARATOR = False  # only through the filter `number`: ids stand in forms and links
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("ko", "한국어"),
    ("zh-hans", "简体中文"),
    ("vi", "Tiếng Việt"),
]
FORMAT_MODULE_PATH = ["balmis.config.formats"]
LOCALE_PATHS = [BASE / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "web" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# Messages to people: without a mail server or a gateway they are printed by the worker.
EMAIL_HOST = os.environ.get("BALMIS_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("BALMIS_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("BALMIS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("BALMIS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("BALMIS_SMTP_TLS") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("BALMIS_MAIL_FROM", "balmis@localhost")
PUBLIC_URL = os.environ.get("BALMIS_URL", "http://127.0.0.1:8321").rstrip("/")
SMS_URL = os.environ.get("BALMIS_SMS_URL", "")
SMS_TOKEN = os.environ.get("BALMIS_SMS_TOKEN", "")

PROCRASTINATE_ON_APP_READY = "balmis.worker.jobs.register"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "balmis.config.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("BALMIS_LOG", "WARNING")},
    "loggers": {"balmis": {"level": os.environ.get("BALMIS_LOG", "INFO")}},
}
