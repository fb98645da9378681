"""Fixtures for everybody: one person per role, and a stranger."""

from __future__ import annotations

import pytest

from accounts.models import Role, User
from tests.factories import make_user


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
