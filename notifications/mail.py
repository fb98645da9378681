"""One composed e-mail, handed to the mail server."""

from __future__ import annotations

from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.brand import sender
from notifications.composing import Mail
from notifications.rules import Answer


def send(mail: Mail, *, message_id: str) -> Answer:
    """Send one mail. A refused recipient (5xx) is for ever, anything else may pass.

    The Message-ID is the outbox row's, so that a mail that went out twice is shown once by most readers.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        from_email=sender(),
        to=[mail.to],
        headers={**mail.headers, "Message-ID": f"<{message_id}@{domain}>"},
    )
    message.attach_alternative(mail.html, "text/html")
    for attachment in mail.attachments:
        is_text = attachment.mimetype.startswith("text/")
        content = attachment.content.decode() if is_text else attachment.content
        message.attach(attachment.name, content, attachment.mimetype)
    try:
        message.send()
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
