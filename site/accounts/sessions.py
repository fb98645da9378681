"""Sessions in the database behind the cache, as Django keeps them, with fewer questions."""

from __future__ import annotations

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDatabaseStore
from django.utils.crypto import get_random_string

KEY_LENGTH = 32


class SessionStore(CachedDatabaseStore):
    def _get_new_session_key(self) -> str:
        """Django asks the cache and the database whether a key is taken, which of 160 random bits none is.

        Were it, the database would refuse it, and Django then takes another.
        """
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)

    def save(self, must_create: bool = False) -> None:
        """Django creates a new session through this very method, and then caches it a second time."""
        if self.session_key is None:
            self.create()
        else:
            super().save(must_create)
