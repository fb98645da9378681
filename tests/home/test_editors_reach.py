"""What editors can open in the Wagtail admin, and what they can't: address by address."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from wagtail.models import Collection, Page, Site, Workflow

from accounts.models import User
from courses.models import Subject
from notifications.models import OutboxMessage
from payments.models import CreditEntry, Order, Refund, Review, StripeEvent
from payments.services.credits import add_entry
from tests.config.test_urls_are_guarded import UUID, routes
from tests.courses.support import make_course_page, make_image
from tests.factories import make_course, make_tutor
from tests.payments.sold import make_sold_lesson
from tests.payments.support import make_checkout, make_coupon
from tests.ratings.support import make_rating

pytestmark = pytest.mark.django_db

# What an editor opens: pages and what goes in them. Everything else in the admin is closed to them.
OPEN = {
    "admin/": "their home",
    "admin/account/": "their own account",
    "admin/api/main/": "pages, images and documents, for the choosers",
    "admin/block-preview/": "how a block looks",
    "admin/bulk/": "asks each model's own permission",
    "admin/choose-": "links in texts",
    "admin/dismissibles/": "what they have read already",
    "admin/documents/": "documents",
    "admin/editing-sessions/": "who else writes in the page",
    "admin/embeds/": "videos",
    "admin/failwhale/": "Wagtail's own page of an error",
    "admin/images/": "images",
    "admin/jsi18n/": "translated words",
    "admin/login/": "leads to our own",
    "admin/pages/": "pages",
    "admin/password_reset/": "our own takes its place",
    "admin/redirects/": "redirects",
    "admin/reports/": "what happened to pages",
    "admin/snippets/choose/courses/": "names in the catalogue, to link a page to",
    "admin/sprite/": "icons",
    "admin/tag-autocomplete/": "the tags of images",
    "admin/test404/": "Wagtail's own page of an error",
    "admin/workflows/task_chooser/": "names of tasks",
}
# Not walked: what is nowhere else, and the end of a session, which Wagtail brings about even by refusing.
LEFT_OUT = ("admin/^", "admin/logout/")
RATES = ("hourly_rate", "student_rate", "231,37", "231.37")


@pytest.fixture
def keys() -> dict[str, object]:
    """One row of everything, by the beginning of the routes that its key goes into; the longest counts."""
    course = make_course("Calcul", rate="52.41", subject=Subject.objects.create(name="Maths", slug="maths"))
    tutor = make_tutor("Maude Gagnon", courses=[course], rate="231.37")
    now = timezone.now()
    lesson = make_sold_lesson(course=course, tutor=tutor)
    add_entry(user=lesson.student, amount=Decimal("30.00"), cause=CreditEntry.Cause.GIFT, now=now)
    make_coupon()
    make_rating()
    make_checkout(user=lesson.student)
    Refund.objects.create(
        order=Order.objects.get(), amount_cad=Decimal("5.00"), reason="Panne", source=Refund.Source.values[0]
    )
    Review.objects.create(kind=Review.Kind.MISMATCH, subject="pi", opened_at=now)
    StripeEvent.objects.create(pk="evt_1", type="charge.refunded", livemode=False, payload={})
    OutboxMessage.objects.create(kind="event", type="signup", destination="x", payload={}, created_at=now)
    workflow, group = Workflow.objects.get(), Group.objects.first()
    assert group is not None
    return {
        "admin/": make_course_page(course).pk,
        "admin/collections/": Collection.get_first_root_node().pk,
        "admin/groups/": group.pk,
        "admin/images/": make_image("Une courbe.").pk,
        "admin/settings/": Site.objects.get().pk,
        "admin/sites/": Site.objects.get().pk,
        "admin/users/": lesson.student.pk,
        "admin/workflows/": workflow.pk,
        "admin/workflows/tasks/": workflow.tasks.get().pk,
    }


def row_of(route: str, keys: dict[str, object]) -> object:
    """The key of a row that exists; one that does not only where the database has none at all."""
    if found := re.match(r"admin/snippets/(?:choose/)?(\w+)/(\w+)/", route):
        row = apps.get_model(found[1], found[2])._base_manager.first()
        return row.pk if row else UUID if "<uuid" in route else 1
    return keys[max((prefix for prefix in keys if route.startswith(prefix)), key=len)]


def sample(route: str, key: object) -> str:
    path = route.replace("<str:app_label>/<str:model_name>", "wagtailcore/page")
    path = path.replace("<slug:app_name>/<slug:model_name>", "home/sitesettings")
    path = re.sub(r"<(?:\w+:)?\w*(?:page|pk|id)\w*>", str(key), path)
    path = re.sub(r"<(?:\w+:)?\w+>", "x", path)
    return "/" + re.sub(r"\([^)]*\)|[\^$*\\]", "", path)


def is_open(route: str) -> bool:
    return any(route == one if one == "admin/" else route.startswith(one) for one in OPEN)


def is_nothing_to(editor: User, route: str) -> bool:
    """Whether a row is looked up first among those that the person may change: then there is none."""
    if route.startswith(("admin/collections/", "admin/workflows/")):
        return True
    found = re.match(r"admin/snippets/(\w+)/(\w+)/", route)
    if found is None or apps.get_model(found[1], found[2])._base_manager.exists():
        return False
    app, model = found.groups()
    return not any(
        editor.has_perm(f"{app}.{action}_{model}") for action in ("view", "add", "change", "delete")
    )


def test_an_editor_opens_nothing_but_what_is_listed_and_sees_no_rate(
    client: Client, editor: User, keys: dict[str, object]
) -> None:
    client.force_login(editor)
    client.raise_request_exception = False
    closed, read, reached = set(), set(), []
    for route in sorted({route for route, _ in routes() if route.startswith(settings.ADMIN_PATH)}):
        if route.startswith(LEFT_OUT):
            continue
        path = sample(route, row_of(route, keys))
        answer = client.get(path)
        if is_open(route):
            if answer.status_code == 200 and not answer.streaming:
                read.add(route)
                html = answer.content.decode(errors="replace")
                assert [(route, rate) for rate in RATES if rate in html] == []
            continue
        closed.add(route)
        if answer.status_code == 405:
            answer = client.post(path)
        sent_back = answer.status_code == 302 and answer.headers["Location"] == "/admin/"
        nothing = answer.status_code == 404 and is_nothing_to(editor, route)
        if not (sent_back or nothing or answer.status_code == 403):
            reached.append((route, answer.status_code, answer.headers.get("Location")))

    assert reached == []
    assert len(closed) > 120
    for part in ("payments/order", "payments/coupon", "payments/creditentry", "payments/refund"):
        assert f"admin/snippets/{part}/" in closed
    for part in (
        "booking/appointment",
        "courses/course",
        "courses/tutor",
        "notifications/outboxmessage",
        "ratings/rating",
    ):
        assert f"admin/snippets/{part}/" in closed
    assert "admin/users/edit/<uuid:pk>/" in closed
    for opened in (
        "admin/",
        "admin/pages/<int:page_id>/edit/",
        "admin/images/<int:image_id>/",
        "admin/redirects/",
        "admin/snippets/choose/courses/course/",
        "admin/snippets/choose/courses/tutor/",
    ):
        assert opened in read, opened


def test_every_listed_address_exists() -> None:
    known = {route for route, _ in routes()}

    assert [one for one in OPEN if not any(route.startswith(one) for route in known)] == []


def test_an_editor_does_everything_to_pages_but_empty_the_tree(editor: User) -> None:
    page = make_course_page(make_course("Calcul"))
    may = page.permissions_for_user(editor)

    assert may.can_edit()
    assert may.can_publish()
    assert may.can_unpublish()
    assert may.can_delete()
    assert not Page.get_first_root_node().permissions_for_user(editor).can_delete()
