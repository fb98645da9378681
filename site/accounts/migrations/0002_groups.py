"""The groups behind the roles. Their rights follow once all permissions exist: see accounts.roles."""

from django.conf import settings
from django.db import migrations

GROUPS = ["Édition", "Direction"]
# Wagtail's stock groups: nobody here has these roles, and two pairs of editors would confuse.
STOCK_GROUPS = ["Editors", "Moderators"]


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    User = apps.get_model(settings.AUTH_USER_MODEL)
    Group.objects.filter(name__in=STOCK_GROUPS).delete()
    for name, role in zip(GROUPS, ["editor", "admin"], strict=True):
        group, _ = Group.objects.get_or_create(name=name)
        group.user_set.add(*User.objects.filter(role=role))


def remove_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.filter(name__in=GROUPS).delete()
    for name in STOCK_GROUPS:
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_users"),
        # After every migration of Wagtail's that gives its stock groups something.
        ("wagtailcore", "0090_remove_grouppagepermission_permission_type"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtailimages", "0023_add_choose_permissions"),
        ("wagtaildocs", "0011_add_choose_permissions"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
