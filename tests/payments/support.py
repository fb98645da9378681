"""A cart to pay for, a card to pay with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone

from accounts.models import User
from booking.models import Cart
from booking.services import hold_slot
from courses.models import Course, Tutor
from payments.gateway import Intent, gateway
from payments.models import Checkout, Coupon, CouponRedemption, CreditEntry
from payments.services import Buyer, Wishes, pay, settle, start_checkout
from payments.services.checkout import NO_WISHES
from payments.services.credits import add_entry
from payments.services.quotes import cart_quote
from payments.services.shown import Shown
from tests.factories import make_cart, make_course, make_tutor

TORONTO = ZoneInfo("America/Toronto")
# In the form that the site's own processes read, too.
PASSWORD_HASH = PBKDF2PasswordHasher().encode("grand-fleuve-bleu", "salt", iterations=1)
PAYS = "4242424242424242"
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
ASKS_3D_SECURE = "4000002500003155"
RETURN_URL = "https://fanal.example/retour/"
_browser = httpx.Client()  # a client of its own for each call would read all certificates each time


def next_lesson_time(*, days: int = 3, hour: int = 10) -> datetime:
    """A bookable moment that is the same wall time whenever the tests run."""
    day = timezone.localtime(timezone.now(), TORONTO) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def make_shelf() -> tuple[Course, Tutor]:
    """A course at 45 $ an hour with one tutor, who earns 30 $."""
    course = make_course("Mathématiques", rate="45.00")
    return course, make_tutor("Maude Gagnon", courses=[course], rate="30.00")


def make_held_cart(
    course: Course,
    tutor: Tutor,
    *,
    user: User | None = None,
    starts: list[datetime] | None = None,
    minutes: int = 60,
) -> Cart:
    cart = make_cart(user)
    for start in starts or [next_lesson_time()]:
        hold_slot(cart=cart, course=course, tutor=tutor, start=start, duration=minutes, now=timezone.now())
    return cart


def browser_with(cart: Cart) -> Client:
    """A browser whose session holds this guest cart."""
    client = Client()
    session = client.session
    session["cart"] = str(cart.pk)
    session.save()
    return client


def make_buyer(email: str = "zoe@exemple.ca") -> Buyer:
    return Buyer(
        email=email,
        first_name="Zoé",
        last_name="Roy",
        phone="514 555-0123",
        address_line1="12, rue Saint-Denis",
        city="Montréal",
        province="QC",
        postal_code="H2X 1Y4",
        country="CA",
        password=PASSWORD_HASH,
    )


def settle_now(checkout: Checkout) -> Checkout:
    """What the return page, a webhook or the reconciliation do with it."""
    settled = settle(intent_id=str(checkout.intent_id), now=timezone.now())
    assert settled
    return settled


def card_token(number: str = PAYS, *, save: bool = False) -> str:
    """What Stripe.js gives a browser for a typed card."""
    answer = _browser.post(
        f"{settings.STRIPE_API_BASE}/v1/confirmation_tokens",
        headers={"Authorization": f"Bearer {settings.STRIPE_PUBLISHABLE_KEY}"},
        data={
            "payment_method_data[type]": "card",
            "payment_method_data[card][number]": number,
            "payment_method_data[card][exp_month]": "12",
            "payment_method_data[card][exp_year]": "2034",
            "payment_method_data[card][cvc]": "123",
            **({"setup_future_usage": "on_session"} if save else {}),
        },
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def shown_for(cart: Cart, *, user: User | None = None, use_credits: bool = False) -> Shown:
    """What the checkout page shows of this cart at this moment."""
    priced = cart_quote(
        cart=cart,
        user=user,
        use_credits=use_credits,
        checkout=Checkout.objects.unsettled().of_cart(cart).first(),
        now=timezone.now(),
    )
    return Shown.of(priced)


def start(
    cart: Cart,
    *,
    total: str = "45.00",
    user: User | None = None,
    email: str = "zoe@exemple.ca",
    wishes: Wishes = NO_WISHES,
) -> Checkout:
    """Press "Payer" on a page that showed the cart as it is, at `total`."""
    cart.refresh_from_db()
    return start_checkout(
        cart=cart,
        buyer=make_buyer(email),
        user=user,
        shown=replace(shown_for(cart, user=user, use_credits=wishes.use_credits), total=total),
        wishes=wishes,
        now=timezone.now(),
    )


def start_and_pay(
    cart: Cart,
    *,
    card: str = PAYS,
    total: str = "45.00",
    user: User | None = None,
    email: str = "zoe@exemple.ca",
    wishes: Wishes = NO_WISHES,
) -> Checkout:
    """Everything up to the bank's answer, with nothing settled yet."""
    checkout = start(cart, total=total, user=user, email=email, wishes=wishes)
    pay_by_card(checkout, card, save=wishes.save_card)
    return checkout


def pay_by_card(checkout: Checkout, card: str = PAYS, *, save: bool = False) -> Intent:
    token = card_token(card, save=save)
    return pay(checkout=checkout, confirmation_token=token, return_url=RETURN_URL, now=timezone.now())


def paid_at_stripe(*, names: str, cents: int = 4500, card: str = PAYS) -> str:
    """A payment that only Stripe knows of; it names a checkout, by any id. Gives the intent's."""
    intent = gateway().create_intent(
        checkout_id=names, amount=cents, currency="cad", idempotency_key=str(uuid4())
    )
    gateway().confirm_intent(
        intent_id=intent.id,
        return_url=RETURN_URL,
        idempotency_key=str(uuid4()),
        confirmation_token=card_token(card),
    )
    return intent.id


def give_credits(user: User, amount: str) -> None:
    add_entry(user=user, amount=Decimal(amount), cause=CreditEntry.Cause.GIFT, now=timezone.now())


def make_coupon(
    code: str = "AUTOMNE10",
    *,
    kind: str = "percent",
    value: str = "10.00",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_redemptions: int | None = None,
    active: bool = True,
) -> Coupon:
    return Coupon.objects.create(
        code=code,
        kind=kind,
        value=Decimal(value),
        starts_at=starts_at,
        ends_at=ends_at,
        max_redemptions=max_redemptions,
        active=active,
    )


def set_aside(coupon: Coupon) -> None:
    """Somebody else is paying with it."""
    CouponRedemption.objects.create(coupon=coupon, checkout=make_checkout(), discount_cad=Decimal("1.00"))


def make_checkout(
    *,
    cart: Cart | None = None,
    user: User | None = None,
    subtotal: str = "45.00",
    discount: str = "0.00",
    credits: str = "0.00",  # noqa: A002
    code: str = "",
    status: str = Checkout.Status.PAYING,
) -> Checkout:
    """A frozen cart without its lines and without an intent."""
    return Checkout.objects.create(
        cart=cart,
        user=user,
        status=status,
        email=user.email if user else "zoe@exemple.ca",
        first_name="Zoé",
        last_name="Roy",
        phone="514 555-0123",
        subtotal_cad=Decimal(subtotal),
        discount_cad=Decimal(discount),
        credits_cad=Decimal(credits),
        coupon_code=code,
        total_cad=Decimal(subtotal) - Decimal(discount) - Decimal(credits),
        deadline=timezone.now() + timedelta(minutes=10),
    )
