"""Fixtures for everybody: one person per role, and a stranger."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings
from django.test import Client

from accounts.models import Role, User
from tests.factories import logged_in, make_user
from tests.payments.sandbox_process import stripe_sandbox, stripe_sandbox_process
from tests.stack import processes

__all__ = ["processes", "stripe_sandbox", "stripe_sandbox_process"]

pytest_plugins = ["tests.databases", "tests.demo", "tests.chromium"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a minute by itself begins first, so that no worker waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def student(db: None) -> User:
    return make_user(Role.STUDENT, email="eleve@exemple.ca")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user(Role.STUDENT, email="inconnu@exemple.ca")


@pytest.fixture
def editor(db: None) -> User:
    return make_user(Role.EDITOR, email="edition@exemple.ca")


@pytest.fixture
def admin(db: None) -> User:
    return make_user(Role.ADMIN, email="direction@exemple.ca")


@pytest.fixture
def office(admin: User) -> Client:
    """The direction's browser."""
    return logged_in(admin)


@pytest.fixture(scope="session")
def redis_client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


@pytest.fixture(autouse=True)
def nothing_remembered(redis_client: redis.Redis) -> None:
    forget_everything(redis_client)


def forget_everything(redis_client: redis.Redis) -> None:
    """Caches, sessions, rate limits and queued messages of the test before are gone."""
    for key in redis_client.scan_iter(f"{settings.REDIS_PREFIX}*", count=1000):
        redis_client.delete(key)
