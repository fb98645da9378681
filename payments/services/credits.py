"""The ledger of credits: read a balance, add a line."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from wagtail.log_actions import log

from accounts.models import User
from payments.errors import NotEnoughCredits
from payments.models import Checkout, CreditEntry, Order, OrderLine, Refund
from payments.pricing import NOTHING


def balance(*, user: User) -> Decimal:
    """What a person has, in CAD."""
    last = CreditEntry.objects.filter(user=user).order_by("-number").first()
    return last.balance_cad if last else NOTHING


def available(*, user: User, checkout: Checkout | None = None) -> Decimal:
    """What they can still spend: their balance without what a payment under way will take.

    What `checkout` itself has promised counts as free for it.
    """
    held = balance(user=user)
    return held - promised(user=user, checkout=checkout) if held else held


def promised(*, user: User, checkout: Checkout | None = None) -> Decimal:
    """What payments under way, other than `checkout`, will take."""
    under_way = Checkout.objects.unsettled().filter(user=user)
    if checkout:
        under_way = under_way.exclude(pk=checkout.pk)
    taken: Decimal | None = under_way.aggregate(sum=Sum("credits_cad"))["sum"]
    return taken or NOTHING


def lock_ledger(*, user: User) -> None:
    """Until the transaction ends nobody else adds to this ledger or promises of it."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)


@transaction.atomic
def add_entry(
    *,
    user: User,
    amount: Decimal,
    cause: CreditEntry.Cause,
    now: datetime,
    order: Order | None = None,
    line: OrderLine | None = None,
    refund: Refund | None = None,
    note: str = "",
    by: User | None = None,
    token: UUID | None = None,
) -> CreditEntry:
    """Add a signed line to a ledger. Raises NotEnoughCredits when the balance would go below 0."""
    lock_ledger(user=user)
    last = CreditEntry.objects.filter(user=user).order_by("-number").first()
    before = last.balance_cad if last else NOTHING
    if before + amount < 0:
        raise NotEnoughCredits(before)
    return CreditEntry.objects.create(
        user=user,
        number=last.number + 1 if last else 1,
        amount_cad=amount,
        balance_cad=before + amount,
        cause=cause,
        order=order,
        line=line,
        refund=refund,
        note=note,
        by=by,
        at=now,
        token=token,
    )


@transaction.atomic
def give_by_hand(
    *,
    user: User,
    amount: Decimal,
    cause: CreditEntry.Cause,
    note: str,
    by: User,
    token: UUID,
    now: datetime,
) -> CreditEntry:
    """A gift or a signed correction by an admin, written to the audit log too; once for each token.

    Raises NotEnoughCredits when it would take what is not there, or what a payment under way will take.
    """
    lock_ledger(user=user)
    done = CreditEntry.objects.filter(token=token).first()
    if done:
        return done
    free = available(user=user)
    if free + amount < 0:
        raise NotEnoughCredits(free)
    entry = add_entry(user=user, amount=amount, cause=cause, now=now, note=note, by=by, token=token)
    data = {"user": str(user.pk), "amount": str(amount), "cause": cause, "note": note}
    log(instance=entry, action="wagtail.create", user=by, data=data)
    return entry


@transaction.atomic
def credit_line(
    *, line: OrderLine, cause: CreditEntry.Cause, now: datetime, by: User | None = None
) -> Decimal:
    """Give all that is left of what a lesson cost as a credit; says how much, 0 when nothing is left."""
    line = OrderLine.objects.select_for_update(of=["self"]).select_related("order__user").get(pk=line.pk)
    amount = line.left_cad
    if amount:
        line.returned_cad += amount
        line.save(update_fields=["returned_cad"])
        add_entry(
            user=line.order.user, amount=amount, cause=cause, now=now, order=line.order, line=line, by=by
        )
    return amount
