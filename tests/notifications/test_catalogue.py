"""The document is the catalogue's, and its examples keep its own promises."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from notifications.catalogue import EVENT_TYPES
from notifications.catalogue.document import document, example
from tests.notifications.contract import DOCUMENT, assert_as_promised, promised

# What was promised to whoever builds on it; a key that is renamed breaks a scenario.
KEYS = {
    "signup": "user_id role email first_name last_name created_at",
    "booking.created": "order_id user_id currency subtotal_cad discount_cad total_cad coupon_code items "
    "items[].appointment_id items[].course_id items[].course_title_fr items[].tutor_id items[].tutor_name "
    "items[].start_datetime items[].duration_min items[].price_cad items[].tutor_earnings_cad created_at",
    "booking.cancelled": "appointment_id user_id tutor_id course_id course_title_fr cancelled_by "
    "cancelled_by_id cancellation_reason start_datetime end_datetime duration_min price_cad credit_issued "
    "timestamp",
    "booking.rescheduled": "appointment_id user_id tutor_id course_id course_title_fr rescheduled_by "
    "rescheduled_by_id reason old_start_datetime old_end_datetime new_start_datetime new_end_datetime "
    "timestamp",
    "appointment.completed": "appointment_id user_id tutor_id course_id course_title_fr start_datetime "
    "end_datetime duration_min tutor_earnings_cad completed_at",
    "appointment.reminder": "appointment_id user_id tutor_id course_id course_title_fr start_datetime "
    "end_datetime meeting_link",
    "order.refunded": "order_id user_id refund_amount refund_reason stripe_refund_id processed_by "
    "affected_appointments timestamp",
    "message.sent": "message_id sender_id receiver_id sender_name receiver_name content appointment_id "
    "appointment_title timestamp",
    **dict.fromkeys(
        ("rating.created", "rating.updated"),
        "rating_id student_id tutor_id course_id appointment_id q1_courtoisie q2_maitrise q3_pedagogie "
        "q4_dynamisme general_score comment timestamp",
    ),
    "ticket.created": "ticket_id user_id user_email subject category priority status created_at",
    "ticket.status_changed": "ticket_id user_id user_email old_status new_status changed_by reason timestamp",
    "ticket.message_added": "ticket_id message_id user_id user_email sender_role message is_internal "
    "timestamp",
    **dict.fromkeys(
        ("course.created", "course.updated", "course.deleted"),
        "course_id title slug student_rate_cad active action timestamp",
    ),
    **dict.fromkeys(
        ("tutor.created", "tutor.updated", "tutor.availability.updated"),
        "tutor_id display_name active change timestamp",
    ),
    "tutor.rate.updated": "tutor_id display_name active change old_rate_cad new_rate_cad timestamp",
}


def test_the_document_is_what_the_command_writes(settings: Settings, tmp_path: Path) -> None:
    assert DOCUMENT.read_text() == document(), "manage.py webhooks_doc writes it anew"
    (tmp_path / "docs").mkdir()
    settings.ROOT = tmp_path
    call_command("webhooks_doc", stdout=io.StringIO())
    assert (tmp_path / "docs" / "webhooks.md").read_text() == DOCUMENT.read_text()


def test_the_document_promises_the_keys_that_were_agreed() -> None:
    assert {name: " ".join(fields) for name, fields in promised().items()} == KEYS


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_each_example_is_as_promised(name: str) -> None:
    body = example(EVENT_TYPES[name])
    assert body["type"] == name
    assert_as_promised(body)


def test_every_variable_of_the_settings_is_in_the_document(settings: Settings) -> None:
    written = set(re.findall(r"^\| `MAKE_(\w+)_WEBHOOK_URL`", DOCUMENT.read_text(), re.MULTILINE))
    assert written == set(settings.MAKE_WEBHOOK_URLS)


def test_only_admin_work_leaves_no_row() -> None:
    unrecorded = {name for name, event in EVENT_TYPES.items() if not event.recorded}
    assert unrecorded == {name for name in EVENT_TYPES if name.startswith(("course.", "tutor."))}
    assert all(event.about for event in EVENT_TYPES.values() if event.recorded)
