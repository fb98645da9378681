"""Production: every secret comes from the environment; what is missing stops the start (config.checks)."""

from typing import Any

import sentry_sdk
from sentry_sdk.types import Event

from config.logs import logging_settings

from .base import *  # noqa: F403
from .base import BEHIND_PROXY, env

PRODUCTION = True

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^vivant$", "^pret$"]  # asked by the load balancer, inside
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING = logging_settings(json=True, requests="INFO")


def _without_query(event: Event, hint: dict[str, Any]) -> Event:
    event.get("request", {}).pop("query_string", None)
    return event


if SENTRY_DSN := env("SENTRY_DSN", default=""):
    # What people typed stays here: no bodies, no variables, no cookies, no addresses with secrets in them.
    sentry_sdk.init(
        dsn=SENTRY_DSN,
        environment=env("SENTRY_ENVIRONMENT", default="production"),
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=_without_query,
    )
