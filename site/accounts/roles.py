"""What each role may do in the Wagtail admin: one table, made true after every migrate.

Students and tutors have no group, so they never enter the admin. The two groups here belong to this file: a
right on a model given to them by hand is taken back at the next migrate; whoever needs another set of rights
makes another group. Rights on pages, images and documents hang on the roots of Wagtail's trees.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from accounts.models import Role

EDITION = "Édition"
DIRECTION = "Direction"

GROUP_OF_ROLE: dict[str, str] = {Role.EDITOR: EDITION, Role.ADMIN: DIRECTION}

_REDIRECTS = frozenset(
    f"wagtailredirects.{action}_redirect" for action in ("view", "add", "change", "delete")
)

PERMISSIONS: dict[str, frozenset[str]] = {
    EDITION: _REDIRECTS | {"wagtailadmin.access_admin"},
    DIRECTION: frozenset(
        {
            "wagtailadmin.access_admin",
            # People are deactivated, never deleted.
            "accounts.view_user",
            "accounts.add_user",
            "accounts.change_user",
            # Deleting a course or a tutor with a history deactivates them: see courses.admin_views.
            "courses.view_course",
            "courses.add_course",
            "courses.change_course",
            "courses.delete_course",
            "courses.view_subject",
            "courses.add_subject",
            "courses.change_subject",
            "courses.delete_subject",
            "courses.view_tutor",
            "courses.add_tutor",
            "courses.change_tutor",
            "courses.delete_tutor",
            "courses.view_tutorcourse",
            "courses.add_tutorcourse",
            "courses.change_tutorcourse",
            "courses.delete_tutorcourse",
            # Deleting a coupon that was used switches it off: see payments.admin.coupons.
            "payments.view_coupon",
            "payments.add_coupon",
            "payments.change_coupon",
            "payments.delete_coupon",
            # Credits are given by hand, never edited.
            "payments.view_creditentry",
            "payments.add_creditentry",
            # What was booked, paid and sent is read here; it changes through services only.
            "booking.view_appointment",
            "booking.arrange_appointment",
            "payments.view_order",
            "payments.refund_order",
            "payments.view_orderline",
            "payments.view_refund",
            "payments.view_checkout",
            "payments.view_stripeevent",
            "payments.view_review",
            "payments.resolve_review",
            # Ratings are hidden or shown, their answers stay the student's.
            "ratings.view_rating",
            "ratings.hide_rating",
            "notifications.view_outboxmessage",
            "notifications.view_stoppeddestination",
            "home.change_sitesettings",
        }
    )
    | _REDIRECTS,
}

_PAGES = frozenset(f"wagtailcore.{action}_page" for action in ("add", "change", "publish", "lock", "unlock"))

ON_ROOT_PAGE: dict[str, frozenset[str]] = {
    EDITION: _PAGES,
    DIRECTION: _PAGES | {"wagtailcore.bulk_delete_page"},
}

_FILES = frozenset(
    {
        "wagtailimages.add_image",
        "wagtailimages.change_image",
        "wagtailimages.choose_image",
        "wagtaildocs.add_document",
        "wagtaildocs.change_document",
        "wagtaildocs.choose_document",
    }
)

ON_ROOT_COLLECTION: dict[str, frozenset[str]] = {EDITION: _FILES, DIRECTION: _FILES}


def groups_of(role: str) -> list[Group]:
    """The groups that an account of this role is in: one or none."""
    name = GROUP_OF_ROLE.get(role)
    return [Group.objects.get_or_create(name=name)[0]] if name else []


def give_rights() -> None:
    """Make both groups hold the rights of the tables, as far as the permissions and the trees exist."""
    root_page, root_collection = Page.get_first_root_node(), Collection.get_first_root_node()
    for name, permissions in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(_rows(permissions))
        if root_page:
            for permission in _rows(ON_ROOT_PAGE[name]):
                GroupPagePermission.objects.get_or_create(group=group, page=root_page, permission=permission)
        if root_collection:
            for permission in _rows(ON_ROOT_COLLECTION[name]):
                GroupCollectionPermission.objects.get_or_create(
                    group=group, collection=root_collection, permission=permission
                )


def _rows(names: Iterable[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app_label, codename = name.split(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(Permission.objects.filter(wanted))
