"""What a checkout page showed, and how that differs from what the cart costs by now.

The page carries what it showed, signed, and sends it back with "Payer": so two tabs, a page of an hour ago
and a second try each say what their reader agreed to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.core import signing
from django.utils.translation import gettext as _

from booking.models import CartLine
from booking.wording import day_and_clock
from home.formats import money
from payments.pricing import NOTHING
from payments.services.quotes import CartQuote

SALT = "payments.shown"


@dataclass(frozen=True)
class Shown:
    """`lines` has a name and a price in CAD by the id of each line; amounts are text, as `45.00`."""

    lines: dict[str, tuple[str, str]]
    coupon: str
    discount: str
    credits: str
    total: str

    @classmethod
    def of(cls, priced: CartQuote) -> Shown:
        return cls(
            lines={str(line.pk): (line_name(line), f"{line.price:.2f}") for line in priced.lines},
            coupon=priced.coupon.code if priced.coupon else "",
            discount=f"{priced.amounts.discount:.2f}",
            credits=f"{priced.amounts.credits:.2f}",
            total=f"{priced.amounts.total:.2f}",
        )

    @classmethod
    def read(cls, signed: str) -> Shown | None:
        """None for what no page of ours has shown."""
        try:
            told = signing.loads(signed, salt=SALT)
        except signing.BadSignature:
            return None
        lines = {key: (name, price) for key, (name, price) in told.pop("lines").items()}
        return cls(lines=lines, **told)

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was shown. Either side may be a sentence instead of an amount; an empty
    `before` says that it wasn't there.
    """

    what: str
    before: str
    after: str


def changes(shown: Shown | None, priced: CartQuote) -> list[Change]:
    """What a reader of `shown` doesn't know yet; empty when it is exactly what the cart costs."""
    now = Shown.of(priced)
    if shown is None:
        return [Change(_("Total"), "", _money(now.total))]
    return [*_of_lines(shown, now), *_of_coupon(shown, now, priced), *_of_sums(shown, now)]


def _of_lines(shown: Shown, now: Shown) -> Iterable[Change]:
    for key, (name, price) in now.lines.items():
        before = shown.lines.get(key)
        if before is None:
            yield Change(name, "", _("ajouté au panier, %(price)s") % {"price": _money(price)})
        elif before[1] != price:
            yield Change(name, _money(before[1]), _money(price))
    for key, (name, price) in shown.lines.items():
        if key not in now.lines:
            yield Change(name, _money(price), _("n’est plus dans le panier"))


def _of_coupon(shown: Shown, now: Shown, priced: CartQuote) -> Iterable[Change]:
    if (shown.coupon, shown.discount) == (now.coupon, now.discount):
        return
    code = shown.coupon or now.coupon
    what = _("Rabais (%(code)s)") % {"code": code} if code else _("Rabais")
    if shown.coupon and not now.coupon:
        after = str(priced.refusal) if priced.refusal else _("aucun : le code a été retiré du panier")
    elif now.coupon != shown.coupon and shown.coupon:
        after = _("%(amount)s (code %(code)s)") % {"amount": _off(now.discount), "code": now.coupon}
    else:
        after = _off(now.discount)
    yield Change(what, _off(shown.discount) if shown.coupon else "", after)


def _of_sums(shown: Shown, now: Shown) -> Iterable[Change]:
    if shown.credits != now.credits:
        yield Change(_("Crédits"), _off(shown.credits), _off(now.credits))
    if shown.total != now.total:
        yield Change(_("Total"), _money(shown.total), _money(now.total))


def line_name(line: CartLine) -> str:
    return f"{line.course}, {day_and_clock(line.start)}"


def _money(amount: str) -> str:
    return money(Decimal(amount))


def _off(amount: str) -> str:
    return f"−{_money(amount)}" if Decimal(amount) != NOTHING else _money(amount)
