"""What people write: messages, ratings and tickets."""

from __future__ import annotations

from notifications.catalogue.fields import a_flag, a_text, a_time, an_id, one_of, points
from notifications.catalogue.types import EventType

_NOW = a_time("timestamp", "When it happened.", "2026-12-01T15:04:05Z")

_RATING = (
    an_id("rating_id", "The rating."),
    an_id("student_id", "The student who rates."),
    an_id("tutor_id", "The tutor, as in the catalogue."),
    an_id("course_id", "The course."),
    an_id("appointment_id", "The last lesson given when the rating was made."),
    points("q1_courtoisie", "On time, attentive, pleasant.", 5),
    points("q2_maitrise", "Knows the subject.", 4),
    points("q3_pedagogie", "Explains clearly.", 5),
    points("q4_dynamisme", "Gives a lift.", 4),
    points("general_score", "The mean of the four.", 4.5, whole=False),
    a_text("comment", "What the student wrote, if anything.", "Très claire, merci!", nullable=True),
    _NOW,
)
_TICKET = (
    an_id("ticket_id", "The ticket."),
    an_id("user_id", "Who asked."),
    a_text("user_email", "The address of who asked.", "zoe.roy@exemple.ca"),
)

PEOPLE = (
    EventType(
        "message.sent",
        "A student writes to a tutor, or a tutor to a student.",
        "MESSAGE",
        (
            an_id("message_id", "The message."),
            an_id("sender_id", "The account that wrote."),
            an_id("receiver_id", "The account that was written to."),
            a_text("sender_name", "Who wrote.", "Zoé Roy"),
            a_text("receiver_name", "Who was written to.", "Camille Tremblay"),
            a_text("content", "The message.", "Bonjour!"),
            an_id("appointment_id", "The lesson it is about, if any.", nullable=True),
            a_text("appointment_title", "That lesson, in words.", "Chimie, secondaire 5", nullable=True),
            _NOW,
        ),
        about=("sender_id", "receiver_id"),
        falls_back=False,
    ),
    EventType(
        "rating.created", "A student rates a tutor in a course.", "RATING", _RATING, about=("student_id",)
    ),
    EventType("rating.updated", "A student changes a rating.", "RATING", _RATING, about=("student_id",)),
    EventType(
        "ticket.created",
        "Somebody asks for help.",
        "TICKET",
        (
            *_TICKET,
            a_text("subject", "What it is about.", "Facture"),
            a_text("category", "Which kind of question it is.", "billing"),
            a_text("priority", "How urgent it is.", "normal"),
            a_text("status", "Where it stands.", "open"),
            a_time("created_at", "When it was asked.", "2026-12-01T15:04:05Z"),
        ),
        about=("ticket_id",),
    ),
    EventType(
        "ticket.status_changed",
        "A ticket's status, priority or assignee changes.",
        "TICKET",
        (
            *_TICKET,
            a_text("old_status", "Where it stood.", "open"),
            a_text("new_status", "Where it stands.", "resolved"),
            an_id("changed_by", "The account that changed it; null when it went by itself.", nullable=True),
            a_text("reason", "The reason given, if any.", "Réglé au téléphone", nullable=True),
            _NOW,
        ),
        about=("ticket_id",),
    ),
    EventType(
        "ticket.message_added",
        "Somebody answers in a ticket. Never sent for internal notes.",
        "TICKET",
        (
            _TICKET[0],
            an_id("message_id", "The message."),
            *_TICKET[1:],
            one_of("sender_role", "Who wrote.", "student", "tutor", "admin", "editor"),
            a_text("message", "The message.", "Merci, c’est réglé."),
            a_flag("is_internal", "Always false.", example=False),
            _NOW,
        ),
        about=("ticket_id",),
    ),
)
