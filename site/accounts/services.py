"""Every write on accounts that touches several rows, and the mails that go with it."""

from __future__ import annotations

from django.contrib.auth.hashers import identify_hasher
from django.db import transaction
from django.dispatch import Signal

from accounts.limits import within_limit
from accounts.models import User
from accounts.roles import groups_of

# Sent with `user` inside the transaction that makes an account for somebody.
account_invited = Signal()
password_forgotten = Signal()


@transaction.atomic
def create_account(
    *,
    email: str,
    first_name: str,
    last_name: str,
    role: str,
    phone: str = "",
    password: str | None = None,
    password_hash: str | None = None,
) -> User:
    """Make an account in the groups of its role.

    The password comes raw, or hashed by Django (`make_password`) when it had to wait for a payment. With
    neither, nobody can log in before a password was chosen through a link sent by e-mail.
    Raises IntegrityError when the e-mail has an account already, whatever its case.
    """
    if password and password_hash:
        raise ValueError("a password comes raw or hashed, not both")
    if password_hash is not None:
        identify_hasher(password_hash)  # raises ValueError: a raw password must never be stored as a hash
    user = User(
        email=User.objects.normalize_email(email),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        phone=phone.strip(),
        role=role,
    )
    if password_hash is not None:
        user.password = password_hash
    else:
        user.set_password(password)
    user.save(force_insert=True)
    user.groups.add(*groups_of(role))
    return user


@transaction.atomic
def set_role(*, user: User, role: str) -> None:
    """Change what somebody may do; the groups follow."""
    user.role = role
    user.save(update_fields=["role"])
    user.groups.set(groups_of(role))


@transaction.atomic
def invite_account(*, email: str, first_name: str, last_name: str, role: str, phone: str = "") -> User:
    """Make an account for somebody, who is mailed a link to choose its password once this is committed."""
    user = create_account(email=email, first_name=first_name, last_name=last_name, role=role, phone=phone)
    account_invited.send(User, user=user)
    return user


def ask_for_password_link(*, email: str) -> None:
    """Send a link to choose a new password, if the address has an account; the asker can't tell.

    Sending is the worker's job, so that the answer takes the same time either way and a mail server that is
    down is no error page.
    """
    user = User.objects.with_email(email)
    if (
        user is not None
        and user.is_active
        and within_limit("password-link-to", str(user.pk), limit=5, seconds=3600)
    ):
        with transaction.atomic():
            password_forgotten.send(User, user=user)
