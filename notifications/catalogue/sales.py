"""Accounts, bookings, lessons and money."""

from __future__ import annotations

from notifications.catalogue.fields import Field, Type, a_text, a_time, an_id, cad, minutes, one_of
from notifications.catalogue.types import EventType

_LESSON = (
    an_id("appointment_id", "The lesson."),
    an_id("user_id", "The student."),
    an_id("tutor_id", "The tutor, as in the catalogue."),
    an_id("course_id", "The course."),
    a_text("course_title_fr", "The course's title, in French.", "Chimie, secondaire 5"),
)
_START = a_time("start_datetime", "When the lesson starts.")
_END = a_time("end_datetime", "When the lesson ends.", "2026-12-07T20:30:00Z")
_LENGTH = minutes("duration_min", "How long the lesson is.")
_NOW = a_time("timestamp", "When it happened.", "2026-12-01T15:04:05Z")

SALES = (
    EventType(
        "signup",
        "An account is made: by a guest's first paid booking, or for a tutor by an admin.",
        "SIGNUP",
        (
            an_id("user_id", "The account."),
            one_of("role", "What the account may do.", "student", "tutor"),
            a_text("email", "The address that the person logs in with.", "zoe.roy@exemple.ca"),
            a_text("first_name", "First name.", "Zoé"),
            a_text("last_name", "Last name.", "Roy"),
            a_time("created_at", "When the account was made.", "2026-12-01T15:04:05Z"),
        ),
        about=("user_id",),
        falls_back=False,
    ),
    EventType(
        "booking.created",
        "An order is paid, by a guest or a member: one event for the whole order.",
        "BOOKING",
        (
            an_id("order_id", "The order."),
            an_id("user_id", "The student."),
            one_of("currency", "The currency of the order.", "CAD"),
            cad("subtotal_cad", "The lessons' prices together.", 90.0),
            cad("discount_cad", "What the coupon took off.", 9.0),
            cad("total_cad", "What was charged to the card, credits taken off.", 81.0),
            a_text("coupon_code", "The coupon, if one was used.", "RENTREE10", nullable=True),
            Field(
                "items",
                Type.ROWS,
                "The lessons of the order.",
                None,
                rows=(
                    an_id(
                        "appointment_id",
                        "The lesson; null when it could not be booked after all, and its price went back.",
                        nullable=True,
                    ),
                    an_id("course_id", "The course."),
                    a_text("course_title_fr", "The course's title, in French.", "Chimie, secondaire 5"),
                    an_id("tutor_id", "The tutor, as in the catalogue."),
                    a_text("tutor_name", "The tutor's name, as students see it.", "Camille Tremblay"),
                    _START,
                    _LENGTH,
                    cad("price_cad", "The lesson's price.", 45.0),
                    cad("tutor_earnings_cad", "What the tutor earns by it.", 30.0),
                ),
            ),
            a_time("created_at", "When the order was made.", "2026-12-01T15:04:05Z"),
        ),
        about=("user_id",),
    ),
    EventType(
        "booking.cancelled",
        "A student, a tutor or an admin cancels a lesson.",
        "CANCELLATION",
        (
            *_LESSON,
            one_of("cancelled_by", "Who cancelled.", "student", "tutor", "admin", "system"),
            an_id("cancelled_by_id", "The account of who cancelled.", nullable=True),
            a_text("cancellation_reason", "The reason given, if any.", "Malade", nullable=True),
            _START,
            _END,
            _LENGTH,
            cad("price_cad", "What was paid; null for a lesson that nobody paid.", 45.0, nullable=True),
            cad("credit_issued", "What the student got as a credit.", 45.0),
            _NOW,
        ),
        about=("user_id",),
        falls_back=False,
    ),
    EventType(
        "booking.rescheduled",
        "A student, a tutor or an admin moves a lesson.",
        "RESCHEDULE",
        (
            *_LESSON,
            one_of("rescheduled_by", "Who moved it.", "student", "tutor", "admin", "system"),
            an_id("rescheduled_by_id", "The account of who moved it.", nullable=True),
            a_text("reason", "The reason given, if any.", "Examen", nullable=True),
            a_time("old_start_datetime", "When it would have started."),
            a_time("old_end_datetime", "When it would have ended.", "2026-12-07T20:30:00Z"),
            a_time("new_start_datetime", "When it starts now.", "2026-12-08T19:30:00Z"),
            a_time("new_end_datetime", "When it ends now.", "2026-12-08T20:30:00Z"),
            _NOW,
        ),
        about=("user_id",),
    ),
    EventType(
        "appointment.completed",
        "A lesson's end has passed, or an admin says that it was given.",
        "COMPLETION",
        (
            *_LESSON,
            _START,
            _END,
            _LENGTH,
            cad(
                "tutor_earnings_cad",
                "What the tutor earned; null for a lesson that nobody paid.",
                30.0,
                nullable=True,
            ),
            a_time("completed_at", "When it was marked as given.", "2026-12-07T20:35:00Z"),
        ),
        about=("user_id",),
    ),
    EventType(
        "appointment.reminder",
        "24 hours before a lesson starts, once.",
        "REMINDER",
        (
            *_LESSON,
            _START,
            _END,
            a_text(
                "meeting_link",
                "Where the lesson takes place online, if it is known.",
                "https://rencontre.exemple.com/chimie",
                nullable=True,
            ),
        ),
        about=("user_id",),
    ),
    EventType(
        "order.refunded",
        "A refund went through.",
        "REFUND",
        (
            an_id("order_id", "The order."),
            an_id("user_id", "The student."),
            cad("refund_amount", "What went back, to the card and as credits together.", 45.0),
            a_text("refund_reason", "Why.", "Cours annulé par le tuteur"),
            a_text("stripe_refund_id", "Stripe's number, if the card was refunded.", "re_123", nullable=True),
            an_id("processed_by", "The admin who refunded; null when it went by itself.", nullable=True),
            Field(
                "affected_appointments",
                Type.IDS,
                "The lessons whose price went back, wholly or in part.",
                ["7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11"],
            ),
            _NOW,
        ),
        about=("user_id",),
    ),
)
