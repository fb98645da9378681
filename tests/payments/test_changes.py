"""What differs from what the page showed is named, old and new, and nothing is kept of the try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from booking.errors import HoldsLost, LinesNotBookable
from booking.models import Cart, TimeClaim
from booking.services import hold_slot, release_line
from courses.models import Course
from payments.errors import CartChanged
from payments.models import Checkout, Coupon, CreditEntry
from payments.services.credits import add_entry
from payments.services.shown import Change, Shown
from tests.payments.support import give_credits, make_coupon, next_lesson_time, set_aside, shown_for
from tests.payments.test_start import WITH_CREDITS, end_the_coupon, press, two_lessons

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def first_price_to_50() -> None:
    Course.objects.update(student_rate_cad=Decimal("50.00"))


def use_the_coupon_up() -> None:
    Coupon.objects.update(max_redemptions=1)
    set_aside(Coupon.objects.get())


def take_the_coupon_off() -> None:
    Cart.objects.update(coupon_code="")


def halve_the_coupon() -> None:
    Coupon.objects.update(value=Decimal("5.00"))


def spend_credits_elsewhere() -> None:
    entry = CreditEntry.objects.get()
    add_entry(
        user=entry.user, amount=Decimal("-12.00"), cause=CreditEntry.Cause.CORRECTION, now=timezone.now()
    )


class TestChanges:
    """A cart of 90,00 $ with 10 % off and 20,00 $ of credits: 61,00 $ was shown."""

    @pytest.fixture
    def cart(self, student: User) -> Cart:
        make_coupon("RENTREE", kind="percent", value="10.00")
        give_credits(student, "20.00")
        return two_lessons(student, code="RENTREE")

    @pytest.fixture
    def shown(self, cart: Cart, student: User) -> Shown:
        found = shown_for(cart, user=student, use_credits=True)
        assert found.total == "61.00"
        return found

    @pytest.mark.parametrize(
        ("happening", "said"),
        [
            (
                end_the_coupon,
                [
                    Change("Rabais (RENTREE)", "−9,00\xa0$", "Le code RENTREE n’est plus valide."),
                    Change("Total", "61,00\xa0$", "70,00\xa0$"),
                ],
            ),
            (
                use_the_coupon_up,
                [
                    Change(
                        "Rabais (RENTREE)",
                        "−9,00\xa0$",
                        "Le code RENTREE a déjà servi autant de fois que prévu.",
                    ),
                    Change("Total", "61,00\xa0$", "70,00\xa0$"),
                ],
            ),
            (
                take_the_coupon_off,
                [
                    Change("Rabais (RENTREE)", "−9,00\xa0$", "aucun\xa0: le code a été retiré du panier"),
                    Change("Total", "61,00\xa0$", "70,00\xa0$"),
                ],
            ),
            (
                halve_the_coupon,
                [
                    Change("Rabais (RENTREE)", "−9,00\xa0$", "−4,50\xa0$"),
                    Change("Total", "61,00\xa0$", "65,50\xa0$"),
                ],
            ),
            (
                spend_credits_elsewhere,
                [
                    Change("Crédits", "−20,00\xa0$", "−8,00\xa0$"),
                    Change("Total", "61,00\xa0$", "73,00\xa0$"),
                ],
            ),
        ],
    )
    def test_what_differs_is_named_and_nothing_is_kept(
        self, cart: Cart, shown: Shown, student: User, happening: Callable[[], None], said: list[Change]
    ) -> None:
        happening()
        others = Checkout.objects.count()
        with pytest.raises(CartChanged) as caught:
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        assert caught.value.changes == said
        assert Checkout.objects.count() == others
        assert set(TimeClaim.objects.values_list("state", flat=True)) == {TimeClaim.State.HOLD}

        again = shown_for(Cart.objects.get(), user=student, use_credits=True)
        assert press(cart, again, user=student, wishes=WITH_CREDITS).status == Checkout.Status.PAYING

    def test_each_lesson_whose_price_changed_is_named(self, cart: Cart, shown: Shown, student: User) -> None:
        first_price_to_50()
        with pytest.raises(CartChanged) as caught:
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        first, second, discount, total = caught.value.changes
        assert first.what.startswith("Mathématiques, ")
        assert first.what.endswith("10\xa0h")
        assert second.what.endswith("13\xa0h")
        assert {(each.before, each.after) for each in (first, second)} == {("45,00\xa0$", "50,00\xa0$")}
        assert discount == Change("Rabais (RENTREE)", "−9,00\xa0$", "−10,00\xa0$")
        assert total == Change("Total", "61,00\xa0$", "70,00\xa0$")

    def test_a_lesson_added_or_removed_in_another_tab_is_named(
        self, cart: Cart, shown: Shown, student: User
    ) -> None:
        line = cart.lines.get(start=next_lesson_time(hour=10))
        hold_slot(
            cart=cart,
            course=line.course,
            tutor=line.tutor,
            start=next_lesson_time(hour=15),
            duration=60,
            now=timezone.now(),
        )
        release_line(line=line, now=timezone.now())
        with pytest.raises(CartChanged) as caught:
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        added, removed = caught.value.changes  # it costs the same
        assert (added.what[-4:], added.before, added.after) == (
            "15\xa0h",
            "",
            "ajouté au panier, 45,00\xa0$",
        )
        assert (removed.what[-4:], removed.before, removed.after) == (
            "10\xa0h",
            "45,00\xa0$",
            "n’est plus dans le panier",
        )

    def test_a_coupon_taken_in_another_tab_is_named(self, student: User) -> None:
        cart = two_lessons(student)
        shown = shown_for(cart, user=student)
        make_coupon("SURPRISE", kind="fixed", value="5.00")
        Cart.objects.update(coupon_code="SURPRISE")
        with pytest.raises(CartChanged) as caught:
            press(cart, shown, user=student)
        assert caught.value.changes == [
            Change("Rabais (SURPRISE)", "", "−5,00\xa0$"),
            Change("Total", "90,00\xa0$", "85,00\xa0$"),
        ]

    def test_ticking_the_credits_without_seeing_what_they_do_is_confirmed_first(self, student: User) -> None:
        give_credits(student, "20.00")
        cart = two_lessons(student)
        with pytest.raises(CartChanged) as caught:
            press(cart, shown_for(cart, user=student), user=student, wishes=WITH_CREDITS)
        assert caught.value.changes == [
            Change("Crédits", "0,00\xa0$", "−20,00\xa0$"),
            Change("Total", "90,00\xa0$", "70,00\xa0$"),
        ]

    def test_a_page_that_says_less_than_the_truth_is_not_believed(self, cart: Cart, student: User) -> None:
        with pytest.raises(CartChanged):
            press(
                cart,
                replace(shown_for(cart, user=student), total="1.00", discount="80.00"),
                user=student,
            )
        assert not Checkout.objects.exists()

    def test_what_was_not_signed_by_us_was_not_shown(self, cart: Cart, shown: Shown) -> None:
        assert Shown.read(shown.signed()) == shown
        assert Shown.read(shown.signed() + "x") is None
        assert Shown.read("") is None

    def test_a_lost_hold_names_the_lesson(self, cart: Cart, shown: Shown, student: User) -> None:
        lost = cart.lines.get(start=next_lesson_time(hour=13))
        TimeClaim.objects.filter(line=lost).update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(HoldsLost) as caught:
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        assert caught.value.lines == [lost]
        assert not Checkout.objects.exists()

    def test_every_time_that_its_tutor_withdrew_is_named(
        self, cart: Cart, shown: Shown, student: User
    ) -> None:
        first, second = cart.lines.all()
        first.tutor.weekly_rules.all().delete()
        with pytest.raises(LinesNotBookable) as caught:
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        assert [line for line, _problems in caught.value.refused] == [first, second]
