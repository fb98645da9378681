"""An account is made whole, once per address, in the groups of its role."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.services import create_account, set_role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def group_names(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def test_an_account_takes_a_raw_password() -> None:
    user = create_account(
        email=" zoe@Exemple.CA ",
        first_name="Zoé",
        last_name="Roy",
        role=Role.STUDENT,
        phone="514 555-0199",
        password="une-phrase-de-passe",
    )

    user.refresh_from_db()
    assert user.email == "zoe@exemple.ca"
    assert user.phone == "514 555-0199"
    assert user.check_password("une-phrase-de-passe")


def test_an_account_takes_a_password_hashed_before_the_payment() -> None:
    user = create_account(
        email="zoe@exemple.ca",
        first_name="Zoé",
        last_name="Roy",
        role=Role.STUDENT,
        password_hash=make_password("une-phrase-de-passe"),
    )

    user.refresh_from_db()
    assert user.check_password("une-phrase-de-passe")


def test_a_raw_password_is_never_stored_as_a_hash() -> None:
    with pytest.raises(ValueError, match="hash"):
        create_account(
            email="zoe@exemple.ca",
            first_name="Zoé",
            last_name="Roy",
            role=Role.STUDENT,
            password_hash="en clair",
        )
    assert not User.objects.exists()


def test_an_account_without_a_password_lets_nobody_in() -> None:
    user = create_account(email="zoe@exemple.ca", first_name="Zoé", last_name="Roy", role=Role.TUTOR)

    assert not user.has_usable_password()
    assert not user.check_password("")


def test_an_address_has_one_account_whatever_its_case() -> None:
    make_user(email="zoe@exemple.ca")

    with pytest.raises(IntegrityError), transaction.atomic():
        create_account(email="ZOE@exemple.ca", first_name="Zoé", last_name="Roy", role=Role.STUDENT)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "groups"),
    [
        (Role.STUDENT, []),
        (Role.TUTOR, []),
        (Role.EDITOR, ["Édition"]),
        (Role.ADMIN, ["Direction"]),
    ],
)
def test_the_groups_are_those_of_the_role(role: str, groups: list[str]) -> None:
    made = make_user(role)
    moved = make_user(Role.ADMIN if role != Role.ADMIN else Role.EDITOR)

    set_role(user=moved, role=role)

    moved.refresh_from_db()
    assert moved.role == role
    assert group_names(made) == groups
    assert group_names(moved) == groups
