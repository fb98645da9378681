"""The Wagtail admin as an editor finds it: what it offers, in French, and what it never shows."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Canvas
from wagtail.images import get_image_model
from wagtail.models import Page, Workflow

from accounts.models import Role, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def menu(client: Client) -> list[str]:
    """The labels of the admin's menu, those inside of another after it."""
    html = client.get("/admin/").content.decode()
    found = re.search(
        r'<script id="wagtail-sidebar-props" type="application/json">(.*?)</script>', html, re.S
    )
    assert found
    labels: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if isinstance(label := node.get("label"), str) and node.get("name") not in ("account", "logout"):
                labels.append(label)
            for one in node.values():
                walk(one)

    walk(json.loads(found[1]))
    return labels


def picture() -> SimpleUploadedFile:
    file = BytesIO()
    Canvas.new("RGB", (40, 40), (180, 80, 120)).save(file, "PNG")
    return SimpleUploadedFile("img_0001.png", file.getvalue(), "image/png")


def test_the_menu_of_an_editor_is_what_they_use(client: Client, editor: User) -> None:
    client.force_login(editor)

    assert menu(client) == ["Pages", "Images", "Documents", "Redirections", "Aide", "Raccourcis"]


def test_the_direction_finds_reports_and_redirects_once(client: Client, admin: User) -> None:
    client.force_login(admin)
    labels = menu(client)

    assert "Rapports" in labels
    assert [label for label in labels if "edirection" in label] == ["Redirections"]


def test_nobodys_browser_asks_outside_for_a_newer_wagtail(client: Client, admin: User) -> None:
    admin.is_superuser = True
    admin.save()
    client.force_login(admin)

    assert "w-upgrade" not in client.get("/admin/").content.decode()


def test_an_image_without_words_is_refused(client: Client, editor: User) -> None:
    client.force_login(editor)
    form = {"title": "Deux élèves", "file": picture(), "description": ""}
    refused = client.post(reverse("wagtailimages:add"), form)
    assert "Décrivez l’image en une phrase." in refused.content.decode()
    assert get_image_model().objects.count() == 0

    form |= {"file": picture(), "description": "Deux élèves rient devant un tableau."}
    client.post(reverse("wagtailimages:add"), form)
    image = get_image_model().objects.get()
    assert image.description == "Deux élèves rient devant un tableau."


def test_many_images_at_once_wait_for_their_words(client: Client, editor: User) -> None:
    client.force_login(editor)
    told = client.post(
        reverse("wagtailimages:add_multiple"),
        {"title": "Deux élèves", "files[]": picture()},
    ).json()

    assert told["success"]
    assert "Texte de remplacement" in told["form"]
    assert get_image_model().objects.count() == 0


def test_a_page_can_be_read_over_before_it_is_published() -> None:
    workflow = Workflow.objects.get()
    assert workflow.name == "Relecture"
    task = workflow.tasks.get().specific
    assert task.name == "Relecture par la direction"
    home = Page.objects.get(depth=2)
    assert home.get_workflow() == workflow

    assert [group.name for group in task.groups.all()] == ["Direction"]
    assert task.user_can_access_editor(home, make_user(Role.ADMIN))
    assert not task.user_can_access_editor(home, make_user(Role.EDITOR))
