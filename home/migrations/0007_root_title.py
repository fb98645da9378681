"""The root of all pages, which editors see in the explorer, has a French name."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BEFORE, AFTER = "Root", "Toutes les pages"


def name_it(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, BEFORE, AFTER)


def name_it_as_before(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, AFTER, BEFORE)


def _rename(apps: Apps, old: str, new: str) -> None:
    pages = apps.get_model("wagtailcore", "Page").objects
    pages.filter(depth=1, title=old).update(title=new, draft_title=new)


class Migration(migrations.Migration):
    dependencies = [("home", "0006_typography")]
    operations = [migrations.RunPython(name_it, name_it_as_before)]
