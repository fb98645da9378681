"""What each role may do in the Wagtail admin, and what it may not."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, Site

from accounts.models import Role, User
from accounts.roles import ON_ROOT_COLLECTION, ON_ROOT_PAGE, PERMISSIONS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def permission_names(user: User) -> set[str]:
    return User.objects.get(pk=user.pk).get_all_permissions()


def test_every_permission_of_the_tables_exists() -> None:
    tables = [*PERMISSIONS.values(), *ON_ROOT_PAGE.values(), *ON_ROOT_COLLECTION.values()]
    wanted = {name for table in tables for name in table}
    existing = {
        f"{label}.{codename}"
        for label, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }

    assert wanted - existing == set()


def test_an_editor_has_the_admin_redirects_and_no_other_model() -> None:
    assert permission_names(make_user(Role.EDITOR)) == {
        "wagtailadmin.access_admin",
        "wagtailredirects.view_redirect",
        "wagtailredirects.add_redirect",
        "wagtailredirects.change_redirect",
        "wagtailredirects.delete_redirect",
    }


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TUTOR])
def test_students_and_tutors_have_no_permission(role: str) -> None:
    assert permission_names(make_user(role)) == set()


def test_an_admin_reads_orders_and_changes_people_but_deletes_neither(admin: User) -> None:
    names = permission_names(admin)

    assert {"payments.view_order", "payments.view_refund", "notifications.view_outboxmessage"} <= names
    assert {"accounts.add_user", "accounts.change_user", "courses.change_tutor"} <= names
    assert names.isdisjoint(
        {
            "payments.add_order",
            "payments.change_order",
            "payments.delete_order",
            "payments.add_refund",
            "accounts.delete_user",
            "auth.change_group",
            "auth.change_permission",
        }
    )


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN])
def test_the_page_tree_is_open_to_editors_and_admins(role: str) -> None:
    home = Page.objects.get(depth=2)
    rights = home.permissions_for_user(make_user(role))

    assert rights.can_add_subpage()
    assert rights.can_publish_subpage()


def test_a_right_given_by_hand_is_taken_back_at_the_next_migrate() -> None:
    edition = Group.objects.get(name="Édition")
    edition.permissions.add(Permission.objects.get(codename="view_order"))
    Group.objects.get(name="Direction").permissions.clear()

    call_command("migrate", verbosity=0)

    assert set(edition.permissions.values_list("codename", flat=True)) == {
        "access_admin",
        "view_redirect",
        "add_redirect",
        "change_redirect",
        "delete_redirect",
    }
    assert Group.objects.get(name="Direction").permissions.filter(codename="view_order").exists()


def test_wagtails_own_groups_are_gone() -> None:
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Direction", "Édition"]


def test_the_migration_puts_existing_accounts_into_their_groups() -> None:
    editor = make_user(Role.EDITOR)
    editor.groups.clear()

    import_module("accounts.migrations.0002_groups").make_groups(apps, None)

    assert [group.name for group in editor.groups.all()] == ["Édition"]


# Pages of the admin that an account without the right is sent away from.
@pytest.mark.parametrize(
    ("url_name", "may"),
    [
        ("wagtailadmin_home", {Role.EDITOR, Role.ADMIN}),
        ("wagtailadmin_explore_root", {Role.EDITOR, Role.ADMIN}),
        ("wagtailimages:index", {Role.EDITOR, Role.ADMIN}),
        ("wagtaildocs:index", {Role.EDITOR, Role.ADMIN}),
        ("wagtailusers_users:index", {Role.ADMIN}),
        ("wagtailusers_users:add", {Role.ADMIN}),
        ("wagtailredirects:index", {Role.EDITOR, Role.ADMIN}),
        ("wagtailsnippets_payments_order:list", {Role.ADMIN}),
        ("wagtailsnippets_payments_checkout:list", {Role.ADMIN}),
        ("wagtailsnippets_notifications_outboxmessage:list", {Role.ADMIN}),
        ("wagtailusers_groups:index", set()),
        ("wagtailsites:index", set()),
    ],
)
def test_who_opens_which_page_of_the_admin(client: Client, url_name: str, may: set[str]) -> None:
    opened = who_opens(client, reverse(url_name))

    assert opened == may


def test_only_admins_change_the_settings_of_the_site(client: Client) -> None:
    site = Site.objects.get(is_default_site=True)

    assert who_opens(client, reverse("wagtailsettings:edit", args=["home", "sitesettings", site.pk])) == {
        "admin"
    }


def who_opens(client: Client, address: str) -> set[str]:
    opened = set()
    for role in Role.values:
        client.force_login(make_user(role))
        if client.get(address).status_code == 200:
            opened.add(role)
    return opened
