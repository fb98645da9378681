"""Permission policies that the Wagtail admin asks."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from wagtail.permission_policies import ModelPermissionPolicy


class ReadOnlyPolicy(ModelPermissionPolicy):
    """Rows that people look at and only services write: not even a superuser edits them by a form."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: AbstractBaseUser | AnonymousUser, actions: set[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)


class PeoplePolicy(ModelPermissionPolicy):
    """What has history stays: an account is closed, by nobody deleted."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: AbstractBaseUser | AnonymousUser, actions: set[str]) -> bool:
        return super().user_has_any_permission(user, set(actions) - {"delete"})
