"""One recorded mail, as the mail server and its reader get it."""

from __future__ import annotations

from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend

from notifications import mail
from notifications.composing import Attachment, Mail
from notifications.rules import Answer

pytestmark = pytest.mark.django_db  # the sender's name is the brand's

ICS = "BEGIN:VCALENDAR\r\nSUMMARY:Mathématiques\r\nEND:VCALENDAR\r\n"
MAIL = Mail(
    to="zoe@exemple.ca",
    subject="Votre réservation",
    text="Bonjour Zoé\n",
    html="<p>Bonjour Zoé</p>\n",
    attachments=[
        Attachment("cours.ics", ICS.encode(), "text/calendar"),
        Attachment("a.pdf", b"%PDF\x00\xff", "application/pdf"),
    ],
    headers={"X-Essai": "oui"},
)


def send() -> Answer:
    return mail.send(MAIL, message_id="7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11")


def test_a_mail_has_both_texts_and_its_files() -> None:
    assert send() == Answer(delivered=True)
    (sent,) = django_mail.outbox
    message = sent.message()
    assert (sent.subject, sent.to) == ("Votre réservation", ["zoe@exemple.ca"])
    assert message["From"] == "Fanal <bonjour@fanal.example>"
    assert message["Message-ID"] == "<7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11@fanal.example>"
    assert message["X-Essai"] == "oui"
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in message.walk()}
    calendar = parts["text/calendar"]
    assert isinstance(calendar, bytes)
    assert parts["text/plain"] == b"Bonjour Zo\xc3\xa9\n"
    assert parts["text/html"] == b"<p>Bonjour Zo\xc3\xa9</p>\n"
    assert calendar.decode().splitlines() == ["BEGIN:VCALENDAR", "SUMMARY:Mathématiques", "END:VCALENDAR"]
    assert parts["application/pdf"] == b"%PDF\x00\xff"


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (
            SMTPRecipientsRefused({"zoe@exemple.ca": (550, b"unknown")}),
            Answer(
                delivered=False, status=550, error="{'zoe@exemple.ca': (550, b'unknown')}", permanent=True
            ),
        ),
        (
            SMTPRecipientsRefused({"zoe@exemple.ca": (450, b"greylisted")}),
            Answer(delivered=False, status=450, error="{'zoe@exemple.ca': (450, b'greylisted')}"),
        ),
        (SMTPDataError(554, b"spam"), Answer(delivered=False, status=554, error="(554, b'spam')")),
        (
            SMTPServerDisconnected("lost"),
            Answer(delivered=False, error="SMTPServerDisconnected: lost"),
        ),
        (TimeoutError("timed out"), Answer(delivered=False, error="TimeoutError: timed out")),
    ],
)
def test_a_mail_server_that_refuses_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, answer: Answer
) -> None:
    def refuse(*args: object) -> int:
        raise problem

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert send() == answer
