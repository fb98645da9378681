"""The whole product on one machine, with nothing to configure: `make demo`."""

from config.logs import logging_settings

from .base import *  # noqa: F403
from .base import SECRET_KEY, env

DEBUG = False
DEMO = True
SECRET_KEY = SECRET_KEY or "demo-only-not-a-secret-demo-only-not-a-secret-demo-only"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
SERVE_IMAGES = True
EMAIL_BACKEND = "config.mail_files.EmailBackend"
WEBHOOKS_ALLOW_PRIVATE = True  # the receiver is on this machine
# Quiet at a terminal, unless all requests are wanted, or lines as production writes them.
LOGGING = logging_settings(
    json=env.bool("LOG_JSON", default=False), requests=env("LOG_REQUESTS", default="ERROR")
)
