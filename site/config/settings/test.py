"""Settings of the test command: real PostgreSQL and Redis, nothing remembered between tests."""

import os

os.environ["ENV_FILE"] = os.devnull  # a developer's real keys have no business in a test

from .base import *  # noqa: F403
from .base import CACHES, DATABASES, DRAMATIQ_BROKER, MAKE_WEBHOOK_URLS

SECRET_KEY = "test-only-not-a-secret-test-only-not-a-secret-test-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# A pool would keep connections open when the test database is dropped.
DATABASES["default"]["OPTIONS"].pop("pool")
# One Redis serves all workers of the session, and maybe other people: each keeps to its own names in it.
REDIS_PREFIX = "fanal-test-" + os.environ.get("PYTEST_XDIST_WORKER", "main")
CACHES = {"default": {**CACHES["default"], "KEY_PREFIX": REDIS_PREFIX}}
DRAMATIQ_BROKER["OPTIONS"]["namespace"] = f"{REDIS_PREFIX}-dramatiq"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # what the site's own processes read
]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Receivers of the tests run on this machine.
MAKE_WEBHOOK_URLS = dict.fromkeys(MAKE_WEBHOOK_URLS, "")
MAKE_WEBHOOK_SECRET = ""
WEBHOOKS_ALLOW_PRIVATE = True
WEBHOOKS_PER_SECOND = 1000

# Nothing is taken into the search's index, nor into Wagtail's of references: the fixture `indexing` does.
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
