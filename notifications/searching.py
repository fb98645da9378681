"""Finding a message by a word of what it says: a client's e-mail, an order's number, an id.

PostgreSQL splits each row into words by the function `outbox_words` and keeps them in the index of that name;
what is typed is split here in the same way. Each word typed must begin a word of the row, or what follows the
@ of one, whatever its case and accents. The HTML of a mail and its attachments are left out: its text says
the same.
"""

from __future__ import annotations

import re

from django.db.models import BooleanField, Func, Value

from notifications.models import OutboxQuerySet

ACCENTED = "ÀÁÂÄÃÇÈÉÊËÌÍÎÏÑÒÓÔÖÕÙÚÛÜŸàáâäãçèéêëìíîïñòóôöõùúûüÿ"
PLAIN = "AAAAACEEEEIIIINOOOOOUUUUYaaaaaceeeeiiiinooooouuuuy"
SEPARATORS = r"""[\[\]\x01-\x20\xa0\u202f"'’“”«»(){}<>,;:!?/\\|*&#%$^~`=…–—]+"""
MOST_WORDS = 10

_plain = str.maketrans(ACCENTED, PLAIN)


class _Found(Func):
    """The words first, whatever else is asked: PostgreSQL would read all rows by date."""

    template = (
        '"notifications_outboxmessage"."id" = ANY (ARRAY(SELECT id FROM notifications_outboxmessage'
        " WHERE outbox_words(id, type, destination, payload) @@ (%(expressions)s)::tsquery))"
    )
    output_field = BooleanField()


def words(text: str) -> list[str]:
    """What is looked for, as the index has it."""
    plain = text.replace("\x00", " ").translate(_plain).lower()
    return [word[:200] for word in re.split(SEPARATORS, plain) if word][:MOST_WORDS]


def containing(messages: OutboxQuerySet, text: str) -> OutboxQuerySet:
    """The messages in which each word of a text begins a word; all of them for an empty one."""
    wanted = words(text)
    if not wanted:
        return messages
    return messages.filter(_Found(Value(" & ".join(f"'{word}':*" for word in wanted))))
