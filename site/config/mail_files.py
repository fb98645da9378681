"""Mail of the demo: each is a file that any mail program opens, with its HTML beside it for a browser."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from os import getpid
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.text import slugify

from config.settings.base import VAR

_serial = count(1)


class EmailBackend(BaseEmailBackend):
    """Files in a folder (`var/mail`), named by when they were sent, to whom and what about."""

    def __init__(self, *args: Any, file_path: Path | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = file_path or VAR / "mail"

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = _name(message)
            if isinstance(message, EmailMultiAlternatives):
                for content, mimetype in message.alternatives:
                    if mimetype == "text/html":
                        (self.folder / f"{name}.html").write_text(str(content))
            # Under its own name only once it is whole: somebody may be looking.
            unfinished = self.folder / f".{name}"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(self.folder / f"{name}.eml")
        return len(email_messages)


def _name(message: EmailMessage) -> str:
    at = timezone.localtime(timezone.now())
    to = slugify(message.to[0].partition("@")[0]) if message.to else "personne"
    return f"{at:%Y-%m-%d-%Hh%M-%S}-{getpid()}-{next(_serial)}-{to}-{slugify(message.subject)[:60]}"
