"""The mails that people may do without, and the link in each that ends them without a log-in.

All other mails (what was booked, paid, moved, called off) are always sent.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from accounts.models import MailRefusal, MailTopic, Role, User

TOPICS_OF: dict[str, tuple[MailTopic, ...]] = {
    Role.STUDENT: (MailTopic.REMINDER,),
    Role.TUTOR: (MailTopic.DAY,),
    Role.EDITOR: (),
    Role.ADMIN: (MailTopic.DIGEST,),
}

# No end to a link's time: somebody may find the mail, and be tired of it, years later. It opens nothing else.
_signer = Signer(salt="accounts.mail-refusal", sep="~")


def wants(*, user: User, topic: str) -> bool:
    return user.is_active and not user.mail_refusals.filter(topic=topic).exists()


@transaction.atomic
def choose_topics(*, user: User, wanted: set[str]) -> None:
    """Keep to these of the topics of somebody's role; what was refused in another role stays refused."""
    for topic in TOPICS_OF[user.role]:
        (accept if topic in wanted else refuse)(user=user, topic=topic)


def refuse(*, user: User, topic: str) -> None:
    MailRefusal.objects.get_or_create(user=user, topic=topic)


def accept(*, user: User, topic: str) -> None:
    user.mail_refusals.filter(topic=topic).delete()


def refusal_url(*, user: User, topic: str) -> str:
    """The full address of the page that ends these mails."""
    token = _signer.sign_object([str(user.pk), topic])
    return settings.SITE_URL.rstrip("/") + reverse("mail-refusal", args=[token])


def read_refusal(token: str) -> tuple[User, MailTopic] | None:
    """Who would end which mails by this link; None when it is not one of ours, or the account is gone."""
    try:
        found: Any = _signer.unsign_object(token)
        user = User.objects.get(pk=found[0])
        return user, MailTopic(found[1])
    except (BadSignature, User.DoesNotExist, ValueError):
        return None
