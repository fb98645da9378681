"""One recorded e-mail, handed to the mail server."""

from __future__ import annotations

import base64
from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.rules import Answer


def send(*, to: str, message_id: str, payload: dict[str, Any]) -> Answer:
    """Send one mail. A refused recipient (5xx) is for ever, anything else may pass.

    The Message-ID is the outbox row's, so that a mail that went out twice is shown once by most readers.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = EmailMultiAlternatives(
        payload["subject"], payload["text"], to=[to], headers={"Message-ID": f"<{message_id}@{domain}>"}
    )
    mail.attach_alternative(payload["html"], "text/html")
    for attachment in payload["attachments"]:
        content = base64.b64decode(attachment["content"])
        is_text = attachment["mimetype"].startswith("text/")
        mail.attach(attachment["name"], content.decode() if is_text else content, attachment["mimetype"])
    try:
        mail.send()
    except SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        return Answer(
            delivered=False,
            status=max(codes, default=None),
            error=str(refusal)[:500],
            permanent=bool(codes) and min(codes) >= 500,
        )
    except SMTPResponseException as refusal:
        return Answer(delivered=False, status=refusal.smtp_code, error=str(refusal)[:500])
    except (SMTPException, OSError) as problem:
        return Answer(delivered=False, error=f"{problem.__class__.__name__}: {problem}"[:500])
    return Answer(delivered=True)
