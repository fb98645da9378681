"""Permission policies that the Wagtail admin asks."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from wagtail.permission_policies import ModelPermissionPolicy


class ReadOnlyPolicy(ModelPermissionPolicy):
    """Whoever has the view permission may look; nobody adds, changes or deletes, superusers included.

    `also`: what else there is to do, each with a permission of its own ("refund": refund_order).
    """

    def __init__(self, model: Any, *, also: frozenset[str] = frozenset()) -> None:
        super().__init__(model)
        self._allowed = {"view"} | also

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in self._allowed and super().user_has_permission(user, action)

    def users_with_any_permission(self, actions: Any) -> QuerySet[Any]:
        return (
            super().users_with_any_permission({"view"})
            if "view" in actions
            else get_user_model().objects.none()
        )


class PeoplePolicy(ModelPermissionPolicy):
    """What has history stays: an account is closed, by nobody deleted."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: AbstractBaseUser | AnonymousUser, actions: set[str]) -> bool:
        return super().user_has_any_permission(user, set(actions) - {"delete"})
