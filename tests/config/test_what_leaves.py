"""Every event that a feature raises, from the click to the wire, held against docs/webhooks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dramatiq
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from booking.models import Appointment
from courses.models import Course, Tutor
from notifications import claims, delivery
from payments.models import Order
from payments.services.completing import complete_due
from payments.services.reminding import remind_due
from payments.services.settlement import settle
from tests.factories import logged_in
from tests.notifications.contract import assert_as_promised, promised
from tests.notifications.support import Receiver, receiver
from tests.payments.lesson_changes import NOW as MONDAY
from tests.payments.lesson_changes import cancel_as_student, move_as_tutor
from tests.payments.refunding import promise, send
from tests.payments.sold import START, make_sold_lesson
from tests.payments.support import make_held_cart, make_shelf, next_lesson_time, start_and_pay
from tests.ratings.support import make_given, make_rating

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LATE = datetime(2030, 1, 1, tzinfo=UTC)

# Their features are not there yet.
WAITING = {
    "message.sent",
    "ticket.created",
    "ticket.status_changed",
    "ticket.message_added",
    "tutor.availability.updated",
}


@pytest.fixture
def make(settings: Settings) -> Iterator[Receiver]:
    settings.MAKE_WEBHOOK_SECRET = SECRET
    with receiver() as listening:
        settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, listening.url)
        dramatiq.get_broker().flush("webhooks")
        yield listening
        dramatiq.get_broker().flush("webhooks")


def deliver_all() -> None:
    """The recorded ones from their rows, the others from the queue."""
    while due := claims.due_webhooks(now=LATE, limit=100):
        for message_id in due:
            delivery.deliver(message_id, now=LATE)
    broker = dramatiq.get_broker()
    consumer = broker.consume("webhooks", timeout=100)
    while message := next(consumer):
        if message.actor_name == "post_event":
            broker.get_actor(message.actor_name)(*message.args, **message.kwargs)
        consumer.ack(message)


def book_pay_and_change_lessons(admin: User) -> None:
    course, tutor = make_shelf()
    checkout = start_and_pay(make_held_cart(course, tutor), total="45.00")
    settle(intent_id=str(checkout.intent_id), now=timezone.now())
    send(promise(Order.objects.get(), "10.00"))
    cancel_as_student(Appointment.objects.get(student__email="zoe@exemple.ca"), now=timezone.now())
    move_as_tutor(make_sold_lesson(), now=MONDAY)
    make_sold_lesson(start=START.replace(year=2026), student=admin)
    complete_due(now=START)
    make_sold_lesson(start=START + timedelta(days=4))
    remind_due(now=START + timedelta(days=3, hours=1))
    rating = make_rating(4, 5, 4, 4, lesson=make_given())
    make_rating(5, 5, 5, 5, lesson=rating.appointment, comment="Merci!")


def snippet(model: Any, name: str, *args: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name(name), args=args)


def work_in_the_admin(office: Client) -> None:
    def post(url: str, **form: Any) -> None:
        assert office.post(url, form).status_code == 302, url

    person = {"email": "maude@exemple.ca", "first_name": "Maude", "last_name": "Gagnon", "phone": ""}
    post(reverse("wagtailusers_users:add"), **person, role="tutor")
    post(reverse("wagtailusers_users:add"), **person | {"email": "e@exemple.ca"}, role="editor")
    account = User.objects.get(email="maude@exemple.ca")
    tutor = {"user": account.pk, "display_name": "Maude G.", "bio": "", "photo": "", "priority": 100}
    post(snippet(Tutor, "add"), **tutor, hourly_rate_cad="30.00", active="on")
    row = Tutor.objects.get(user=account)
    post(snippet(Tutor, "edit", row.pk), **tutor | {"bio": "Bonjour"}, hourly_rate_cad="32.50", active="on")
    course = {"title": "Chimie", "slug": "chimie", "description": "", "active": "on"}
    post(snippet(Course, "add"), **course, student_rate_cad="45.00")
    subject = Course.objects.get(slug="chimie")
    post(snippet(Course, "edit", subject.pk), **course, student_rate_cad="48.00")
    post(snippet(Course, "delete", subject.pk))


@pytest.mark.usefixtures("stripe_sandbox")
def test_what_leaves_is_what_the_document_says(
    make: Receiver, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    office = logged_in(admin)
    with django_capture_on_commit_callbacks(execute=True):
        book_pay_and_change_lessons(admin)
        work_in_the_admin(office)
    deliver_all()

    bodies = [json.loads(request.body) for request in make.requests]
    for request, body in zip(make.requests, bodies, strict=True):
        assert_as_promised(body)
        assert request.headers["webhook-id"] == body["event_id"]
        assert "webhook-signature" in request.headers
        assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert {body["type"] for body in bodies} == set(promised()) - WAITING
    of = {body["type"]: body["payload"] for body in bodies}
    tutors = [body["payload"] for body in bodies if body["payload"].get("role") == "tutor"]
    assert [(tutor["email"], tutor["first_name"]) for tutor in tutors] == [("maude@exemple.ca", "Maude")]
    (item,) = of["booking.created"]["items"]
    assert datetime.fromisoformat(item["start_datetime"]) == next_lesson_time()
    assert (of["tutor.rate.updated"]["old_rate_cad"], of["tutor.rate.updated"]["new_rate_cad"]) == (30, 32.5)
    assert of["tutor.updated"]["change"] == "bio"
    assert (of["course.updated"]["student_rate_cad"], of["course.deleted"]["active"]) == (48, False)
    assert of["order.refunded"]["refund_amount"] == 10
