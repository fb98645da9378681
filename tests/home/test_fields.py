"""Blocks stay out of migrations: a new label or a new block asks for none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.writer import MigrationWriter
from wagtail.blocks import CharBlock

from home.fields import BlocksField
from home.models import ContentPage, HomePage


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_migration_of_ours_tells_what_blocks_there_are() -> None:
    root = Path(settings.ROOT)
    found = [
        path.name
        for app in ("home", "courses", "booking", "payments", "notifications", "site/accounts")
        for path in (root / app / "migrations").glob("*.py")
        if "StreamField" in path.read_text() or "wagtail.blocks" in path.read_text()
    ]
    assert found == []


def test_the_same_field_is_written_whatever_its_blocks() -> None:
    fields = [
        BlocksField([("line", CharBlock(label=label))], blank=True, verbose_name="contenu")
        for label in ("Ligne", "Phrase")
    ]
    written = {MigrationWriter.serialize(field)[0] for field in fields}
    assert written == {"models.JSONField(blank=True, default=list, verbose_name='contenu')"}


@pytest.mark.django_db
def test_a_migration_reads_blocks_as_they_are_stored_and_loses_none() -> None:
    page = ContentPage(title="Essai", slug="essai", body=[("rich_text", "<p>Un texte.</p>")])
    HomePage.objects.get().add_child(instance=page)
    then = MigrationLoader(connection).project_state([("home", "0003_brand")]).apps
    row = then.get_model("home.ContentPage").objects.get(pk=page.pk)

    assert isinstance(row._meta.get_field("body"), models.JSONField)
    assert [(block["type"], block["value"]) for block in row.body] == [("rich_text", "<p>Un texte.</p>")]
    row.body[0]["value"] = "<p>Un autre.</p>"
    row.save()
    assert [str(block.value) for block in ContentPage.objects.get().body] == ["<p>Un autre.</p>"]
