"""Settings of the test command: real PostgreSQL and Redis, nothing remembered between tests."""

from .base import *  # noqa: F403
from .base import DATABASES, DRAMATIQ_BROKER, MAKE_WEBHOOK_URLS

SECRET_KEY = "test-only-not-a-secret-test-only-not-a-secret-test-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# A pool would keep connections open when the test database is dropped.
DATABASES["default"]["OPTIONS"].pop("pool")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Receivers of the tests run on this machine; a demo's worker on the same Redis must not hear of them.
MAKE_WEBHOOK_URLS = dict.fromkeys(MAKE_WEBHOOK_URLS, "")
MAKE_WEBHOOK_SECRET = ""
WEBHOOKS_ALLOW_PRIVATE = True
WEBHOOKS_PER_SECOND = 1000
DRAMATIQ_BROKER["OPTIONS"]["namespace"] = "dramatiq-test"
