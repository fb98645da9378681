"""The demo's mail can be read: by a mail program, and in a browser."""

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path

from django.core.mail import EmailMessage, EmailMultiAlternatives

from config.mail_files import EmailBackend


def test_each_mail_is_a_file_that_opens_with_its_html_beside_it(tmp_path: Path) -> None:
    letter = EmailMultiAlternatives("Votre réservation n° 1", "Bonjour Zoé", to=["zoe@exemple.ca"])
    letter.attach_alternative("<p>Bonjour <b>Zoé</b></p>", "text/html")
    plain = EmailMessage("../../évadé", "Bonjour", to=["luc@exemple.ca"])
    assert EmailBackend(file_path=tmp_path / "mail").send_messages([letter, plain]) == 2

    files = sorted(path.name for path in (tmp_path / "mail").iterdir())
    assert len(files) == 3
    (html,) = (tmp_path / "mail").glob("*-zoe-votre-reservation-n-1.html")
    assert html.read_text() == "<p>Bonjour <b>Zoé</b></p>"
    (mail,) = (tmp_path / "mail").glob("*-zoe-*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    assert (message["Subject"], body.get_content().strip()) == ("Votre réservation n° 1", "Bonjour Zoé")
    assert list((tmp_path / "mail").glob("*-luc-evade.eml"))
