"""Fixtures for everybody: one person per role, and a stranger."""

from __future__ import annotations

import pytest

from accounts.models import Role, User
from tests.factories import make_user
from tests.payments.sandbox_process import stripe_sandbox, stripe_sandbox_process

__all__ = ["stripe_sandbox", "stripe_sandbox_process"]


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
