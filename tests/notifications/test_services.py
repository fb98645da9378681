"""Telling the outside: only inside a transaction, only what the type promises, ready for the wire."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import redis
from django.db import transaction
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications.catalogue import EVENT_TYPES
from notifications.composing import MailKindError
from notifications.models import OutboxMessage
from notifications.services import Event, MailTo, OutsideTransactionError, record, record_event, record_mail
from notifications.wire import EventError, as_json
from tests.booking.racing import race
from tests.notifications.support import NOW, broker, queued

ZOE = UUID("7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11")
SIGNUP: dict[str, Any] = {
    "user_id": ZOE,
    "role": "student",
    "email": "zoe@exemple.ca",
    "first_name": "Zoé",
    "last_name": "Roy",
    "created_at": NOW,
}
MAIL: dict[str, Any] = {
    "to": "zoe@exemple.ca",
    "kind": "test.letter",
    "about": {"subject": "Bonjour"},
}


@pytest.fixture
def signup_url(settings: Settings) -> str:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "SIGNUP": "https://hook.exemple.com/signup"}
    return "https://hook.exemple.com/signup"


def test_an_event_is_recorded_ready_for_the_wire(db: None, signup_url: str) -> None:
    recorded = record_event(type="signup", payload=SIGNUP, now=NOW)
    assert recorded
    message = OutboxMessage.objects.get(pk=recorded)
    assert (message.kind, message.type, message.destination) == ("webhook", "signup", signup_url)
    assert message.status == OutboxMessage.Status.WAITING
    assert message.available_at == NOW
    assert message.payload == {
        "user_id": "7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11",
        "role": "student",
        "email": "zoe@exemple.ca",
        "first_name": "Zoé",
        "last_name": "Roy",
        "created_at": "2026-12-07T19:30:00Z",
    }


def test_rows_of_one_commit_keep_their_order(db: None, signup_url: str) -> None:
    recorded = [record_event(type="signup", payload=SIGNUP, now=NOW) for _ in range(20)]
    assert list(OutboxMessage.objects.order_by("created_at").values_list("pk", flat=True)) == recorded


def test_rows_of_one_statement_keep_their_order(db: None, signup_url: str) -> None:
    letter = MailTo("test.letter", "zoe@exemple.ca", {"subject": "Bonjour"})
    both: list[Event | MailTo] = [Event("signup", SIGNUP), letter]
    recorded = record(*both * 20, now=NOW)
    messages = OutboxMessage.objects.order_by("created_at", "id")
    assert [message.kind for message in messages] == ["webhook", "mail"] * 20
    assert [message.pk for message in messages] == recorded


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({key: value for key, value in SIGNUP.items() if key != "role"}, "signup: missing role"),
        (SIGNUP | {"phone": "514"}, "signup: unknown phone"),
        (SIGNUP | {"created_at": datetime(2026, 12, 7)}, "a time without a zone"),  # noqa: DTZ001
        (SIGNUP | {"created_at": "2026-12-07"}, r"signup\.created_at is no string \(ISO 8601, UTC\): '2026"),
        (SIGNUP | {"user_id": 7}, r"signup\.user_id is no string \(UUID\): 7"),
        (SIGNUP | {"email": None}, r"signup\.email is never absent"),
        (SIGNUP | {"first_name": True}, r"signup\.first_name is no string: True"),
        (SIGNUP | {"role": "baron"}, r"signup\.role is none of student, tutor: 'baron'"),
    ],
)
def test_an_event_that_breaks_its_promise_is_refused(
    db: None, signup_url: str, payload: dict[str, Any], said: str
) -> None:
    with pytest.raises(EventError, match=said):
        record_event(type="signup", payload=payload, now=NOW)
    assert not OutboxMessage.objects.exists()


BOOKING: dict[str, Any] = {
    "order_id": ZOE,
    "user_id": ZOE,
    "currency": "CAD",
    "subtotal_cad": Decimal("45.00"),
    "discount_cad": Decimal("0.00"),
    "total_cad": Decimal("45.00"),
    "coupon_code": None,
    "items": [],
    "created_at": NOW,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"items": [{"appointment_id": ZOE}]},
            r"booking\.created\.items: missing course_id, course_title_fr",
        ),
        ({"items": ["chimie"]}, r"booking\.created\.items is no object: 'chimie'"),
        ({"items": {}}, r"booking\.created\.items is no array of objects"),
        ({"total_cad": Decimal("NaN")}, r"booking\.created\.total_cad is not a finite number"),
        ({"total_cad": 45.0}, r"booking\.created\.total_cad is no number"),
        ({"total_cad": True}, r"booking\.created\.total_cad is no number"),
    ],
)
def test_each_row_and_amount_is_held_to_its_promise(change: dict[str, Any], said: str) -> None:
    assert EVENT_TYPES["booking.created"].on_the_wire(BOOKING)["total_cad"] == 45.0
    with pytest.raises(EventError, match=said):
        EVENT_TYPES["booking.created"].on_the_wire(BOOKING | change)


def test_ids_and_flags_are_held_to_their_types() -> None:
    types = {field.name: field for event in EVENT_TYPES.values() for field in event.fields}
    assert types["affected_appointments"].on_the_wire([ZOE], "x") == [str(ZOE)]
    assert types["active"].on_the_wire(False, "x") is False
    for name, wrong in [("affected_appointments", ["7b1c"]), ("active", 1), ("duration_min", 60.0)]:
        with pytest.raises(EventError, match=rf"x\.{name} is no "):
            types[name].on_the_wire(wrong, "x")


def test_an_event_is_about_whom_it_concerns(db: None, signup_url: str) -> None:
    recorded = record_event(type="signup", payload=SIGNUP, now=NOW)
    assert recorded
    assert OutboxMessage.objects.get(pk=recorded).about == str(ZOE)
    written = EVENT_TYPES["message.sent"]
    assert written.subject({"sender_id": "b", "receiver_id": "a"}) == "a b"
    assert written.subject({"sender_id": "a", "receiver_id": "b"}) == "a b"


def test_a_broken_promise_is_found_even_where_nobody_listens(db: None) -> None:
    with pytest.raises(EventError):
        record_event(type="signup", payload={}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_outside_a_transaction(signup_url: str) -> None:
    with pytest.raises(OutsideTransactionError):
        record_event(type="signup", payload=SIGNUP, now=NOW)
    with pytest.raises(OutsideTransactionError):
        record_mail(**MAIL, now=NOW)
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_commit_no_event(signup_url: str) -> None:
    with transaction.atomic():
        record_event(type="signup", payload=SIGNUP, now=NOW)
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_without_a_url_nothing_is_recorded_and_it_is_said_once(
    db: None, unset_said_nothing_yet: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="notifications"):
        assert record_event(type="signup", payload=SIGNUP, now=NOW) is None
        assert record_event(type="signup", payload=SIGNUP, now=NOW) is None
    assert caplog.messages == ["MAKE_SIGNUP_WEBHOOK_URL is not set: its events are not sent"]
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("type_", "own", "falls_back"),
    [
        ("signup", "SIGNUP", False),
        ("booking.created", "BOOKING", True),
        ("booking.cancelled", "CANCELLATION", False),
        ("message.sent", "MESSAGE", False),
        ("booking.rescheduled", "RESCHEDULE", True),
        ("appointment.completed", "COMPLETION", True),
        ("appointment.reminder", "REMINDER", True),
        ("order.refunded", "REFUND", True),
        ("rating.created", "RATING", True),
        ("rating.updated", "RATING", True),
        ("ticket.created", "TICKET", True),
        ("ticket.status_changed", "TICKET", True),
        ("ticket.message_added", "TICKET", True),
        ("course.created", "ADMIN", True),
        ("course.updated", "ADMIN", True),
        ("course.deleted", "ADMIN", True),
        ("tutor.created", "ADMIN", True),
        ("tutor.updated", "ADMIN", True),
        ("tutor.rate.updated", "ADMIN", True),
        ("tutor.availability.updated", "ADMIN", True),
    ],
)
def test_each_event_goes_to_its_own_url_or_falls_back(
    settings: Settings, type_: str, own: str, falls_back: bool
) -> None:
    nowhere = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "")
    settings.MAKE_WEBHOOK_URLS = nowhere | {
        "BOOKING": "https://b.exemple.com",
        own: "https://own.exemple.com",
    }
    assert EVENT_TYPES[type_].destination == "https://own.exemple.com"
    settings.MAKE_WEBHOOK_URLS = nowhere | {"BOOKING": "https://b.exemple.com"}
    assert EVENT_TYPES[type_].destination == ("https://b.exemple.com" if falls_back else None)


def test_values_on_the_wire() -> None:
    montreal = timezone(timedelta(hours=-5))
    assert as_json(
        {
            "amount": Decimal("45.00"),
            "start": datetime(2026, 12, 7, 14, 30, 0, 999, tzinfo=montreal),
            "id": ZOE,
            "none": None,
            "flag": True,
            "rows": [(1, 2.5)],
        }
    ) == {
        "amount": 45.0,
        "start": "2026-12-07T19:30:00Z",
        "id": "7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11",
        "none": None,
        "flag": True,
        "rows": [[1, 2.5]],
    }


@pytest.mark.django_db(transaction=True)
def test_admin_work_goes_to_the_queue_after_the_commit_and_leaves_no_row(settings: Settings) -> None:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "ADMIN": "https://hook.exemple.com/admin"}
    broker().flush("webhooks")
    payload = {
        "course_id": ZOE,
        "title": "Chimie",
        "slug": "chimie",
        "student_rate_cad": Decimal("45.00"),
        "active": True,
        "action": "updated",
        "timestamp": NOW,
    }
    with transaction.atomic():
        assert record_event(type="course.updated", payload=payload, now=NOW) is None
        assert queued("webhooks") == 0
    assert queued("webhooks") == 1
    assert not OutboxMessage.objects.exists()
    broker().flush("webhooks")


@pytest.mark.django_db(transaction=True)
def test_a_dead_redis_does_not_fail_the_commit(signup_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(broker(), "client", nowhere)
    monkeypatch.setitem(
        broker().scripts,
        "dispatch",
        nowhere.register_script(b"return redis.error_reply('unreached')"),
    )
    with transaction.atomic():
        record_event(type="signup", payload=SIGNUP, now=NOW)
        record_mail(**MAIL, now=NOW)
    assert OutboxMessage.objects.waiting().count() == 2


def test_a_mail_is_recorded_without_a_word_of_it(db: None, student: User) -> None:
    recorded = record_mail(kind="test.letter", to=student, about={"order": ZOE}, now=NOW)
    assert recorded
    message = OutboxMessage.objects.get(pk=recorded)
    assert (message.kind, message.type, message.what) == ("mail", "test.letter", "Lettre")
    assert message.destination == "eleve@exemple.ca"
    assert message.payload == {"user": str(student.pk), "about": {"order": str(ZOE)}}


def test_a_kind_that_nobody_composes_is_refused(db: None) -> None:
    with pytest.raises(MailKindError, match=r"nobody composes test\.unknown"):
        record_mail(**MAIL | {"kind": "test.unknown"}, now=NOW)
    assert not OutboxMessage.objects.exists()


def test_what_must_be_said_once_is_recorded_once(db: None, student: User, stranger: User) -> None:
    about: dict[str, Any] = {"kind": "test.letter", "about": {}, "now": NOW}
    assert record_mail(to=student, once="2026-12-07", **about)
    assert record_mail(to=student, once="2026-12-07", **about) is None
    assert record_mail(to=student, once="2026-12-08", **about)
    assert record_mail(to=stranger, once="2026-12-07", **about)
    assert record_mail(to=student, **about)
    assert record_mail(to=student, **about)
    assert OutboxMessage.objects.count() == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("once", "kept"), [("2026-12-07", 1), ("", 6)])
def test_of_six_at_once_one_is_recorded_and_without_the_key_all_are(once: str, kept: int) -> None:
    together = threading.Barrier(6)

    def record() -> None:
        with transaction.atomic():
            OutboxMessage.objects.count()  # each has begun, and sees none
            together.wait(10)
            record_mail(**MAIL, once=once, now=NOW)

    race([record] * 6)
    assert OutboxMessage.objects.count() == kept
