"""The cart: hold a slot, see what is held, let go of it, take it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import public
from accounts.limits import client_address
from booking.diaries import load_diaries
from booking.errors import BookingError, LineBeingPaid, SlotTaken, TryAgain
from booking.forms import SlotForm
from booking.grid import local_day
from booking.models import Cart, CartLine, TimeClaim
from booking.nearest import nearest_starts
from booking.picker import MAIN
from booking.prepared import prepared
from booking.rules import HORIZON, problems
from booking.services import (
    cart_for,
    cart_for_writing,
    hold_slot,
    keep_cart,
    refuse_unbookable,
    release_line,
    renew_line,
)
from booking.slots import Openings, window
from booking.views.fragments import HtmxRequest, page_path
from booking.views.picker import asked_picker
from booking.wishes import name_in
from booking.wording import day_and_clock
from courses.models import Course
from home.formats import clock

REFUSED, CONFLICT = 422, 409
NEAR = timedelta(days=7)
"""How far from a lost time its alternatives may lie."""
MAX_ALTERNATIVES = 3


class Alternative(NamedTuple):
    """A free start near a lost one: what is sent for it, and what is read."""

    value: str
    text: str


class ShownLine(NamedTuple):
    line: CartLine
    held: bool
    paying: bool
    renewable: bool
    """Lost, and free to be held again."""
    alternatives: list[Alternative]
    """Lost for good: the same tutor's nearest times, those of the same day first."""


class ShownCart(NamedTuple):
    lines: list[ShownLine]

    @property
    def lost(self) -> list[ShownLine]:
        return [shown for shown in self.lines if not shown.held and not shown.paying]

    @property
    def paying(self) -> bool:
        return any(shown.paying for shown in self.lines)

    @property
    def payable(self) -> bool:
        """Payment takes the whole cart: nothing of it may be lost or already at the bank."""
        return bool(self.lines) and all(shown.held for shown in self.lines)


def shown_cart(cart: Cart | None, *, now: datetime) -> ShownCart:
    """One query, and one more where holds were lost."""
    if cart is None:
        return ShownCart([])
    lines = list(cart.lines.with_hold().select_related("course", "tutor"))
    renewable, alternatives = _ways_on(cart, [line for line in lines if line.hold is None], now)
    return ShownCart(
        [
            ShownLine(
                line=line,
                held=line.hold == TimeClaim.State.HOLD,
                paying=line.hold == TimeClaim.State.PAYING,
                renewable=line.pk in renewable,
                alternatives=alternatives.get(line.pk, []),
            )
            for line in lines
        ]
    )


def _ways_on(
    cart: Cart, lost: list[CartLine], now: datetime
) -> tuple[set[UUID], dict[UUID, list[Alternative]]]:
    """Those of the lost lines that can be held again, and times near the others. One query for all."""
    days = [local_day(line.start) for line in lost if line.start > now]
    if not days:
        return set(), {}
    first_day, last_day = min(days), min(max(days) + NEAR, local_day(now + HORIZON))
    diaries = {
        diary.tutor_id: diary
        for diary in load_diaries(
            first_day=max(first_day - NEAR, local_day(now)),
            last_day=max(last_day, max(days)),
            tutor_ids={line.tutor_id for line in lost},
            cart_id=cart.pk,
        )
    }
    bookable = window(first_day - NEAR, last_day, now)
    renewable, alternatives = set(), {}
    for line in lost:
        diary = diaries.get(line.tutor_id)
        if line.start <= now or diary is None or line.course_id not in diary.course_ids:
            continue
        if not problems(start=line.start, minutes=line.minutes, now=now, diary=diary):
            renewable.add(line.pk)
        elif bookable is not None:
            alternatives[line.pk] = _near(line, Openings(*bookable, [diary]))
    return renewable, alternatives


def _near(line: CartLine, found: Openings) -> list[Alternative]:
    day = local_day(line.start)
    return [
        Alternative(start.isoformat(), day_and_clock(start))
        for start in nearest_starts(
            found,
            tutor_id=line.tutor_id,
            minutes=line.minutes,
            wanted=line.start,
            first_day=day - NEAR,
            last_day=day + NEAR,
            at_most=MAX_ALTERNATIVES,
        )
    ]


@public
@require_safe
@never_cache
@vary_on_headers("HX-Request")
def cart(request: HtmxRequest) -> HttpResponse:
    return _show(request, "")


@public
@require_POST
@never_cache
@prepared()
def add(request: HtmxRequest) -> HttpResponse:
    """Hold a slot. Repeating it is harmless: the cart gives back the line that it has."""
    now = timezone.now()
    form = SlotForm(request.POST, now=now)
    if not form.is_valid():
        return _fresh_picker(request, now=now, refusal=form.first_error, status=REFUSED)
    cart, course = cart_for(request=request), form.cleaned_data["cours"]
    lesson = {
        "course": course,
        "tutor": form.cleaned_data["tuteur"],
        "start": form.cleaned_data["debut"],
        "duration": form.cleaned_data["duree"],
    }
    try:
        if cart is None:
            # Whoever comes too late to a rush is told so at once, and waits for no lock.
            refuse_unbookable(**lesson, now=now)
            cart = cart_for_writing(request=request)
        line = hold_slot(
            **lesson,
            cart=cart,
            address=client_address(request) or None,
            in_place_of=form.cleaned_data["remplace"],
            now=now,
        )
        keep_cart(request=request, cart=cart)
    except BookingError as error:
        status = CONFLICT if isinstance(error, SlotTaken | TryAgain) else REFUSED
        return _fresh_picker(request, now=now, cart=cart, course=course, refusal=error.message, status=status)
    held = _("C’est retenu jusqu’à %(time)s.") % {"time": clock(line.held_until)}
    if request.htmx:
        return _fresh_picker(request, now=now, cart=cart, course=course, held=held)
    messages.success(request, held)
    return redirect("cart")


def _fresh_picker(
    request: HtmxRequest,
    *,
    now: datetime,
    cart: Cart | None = None,
    course: Course | None = None,
    refusal: str = "",
    held: str = "",
    status: int = 200,
) -> HttpResponse:
    """The same week again, as it is now: a fragment for HTMX, a whole page for everybody else."""
    shown = asked_picker(
        request.POST,
        path=page_path(request),
        cart=cart or cart_for(request=request),
        course=course,
        now=now,
        name=name_in(request.POST, MAIN) if request.htmx else MAIN,
    )
    template = "booking/picker.html#answer" if request.htmx else "booking/picker.html"
    context = {"picker": shown, "refusal": refusal, "held": held}
    return render(request, template, context, status=status)


@public
@require_POST
@never_cache
def remove(request: HtmxRequest, line: UUID) -> HttpResponse:
    """Free a line's time at once. A line that is gone already is as good as removed."""
    mine = own_line(request, line)
    if mine is not None:
        try:
            release_line(line=mine, now=timezone.now())
        except (LineBeingPaid, TryAgain) as error:
            return _show(request, "", refusal=error.message, status=CONFLICT)
    return _show(request, _("Le cours est retiré du panier; son heure est libérée."))


@public
@require_POST
@never_cache
def renew(request: HtmxRequest, line: UUID) -> HttpResponse:
    """Hold a lost line again, for a new quarter of an hour."""
    mine = own_line(request, line)
    if mine is None:
        return _show(request, "", refusal=_("Ce cours n’est plus dans votre panier."), status=CONFLICT)
    try:
        held = renew_line(line=mine, now=timezone.now())
    except BookingError as error:
        return _show(request, "", refusal=error.message, status=CONFLICT)
    return _show(request, _("C’est retenu jusqu’à %(time)s.") % {"time": clock(held.held_until)})


def own_line(request: HtmxRequest, line: UUID) -> CartLine | None:
    """A line is fetched through the visitor's cart, never by its id alone."""
    mine = cart_for(request=request)
    return mine.lines.select_related("cart", "course", "tutor").filter(pk=line).first() if mine else None


def _show(request: HtmxRequest, done: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    """The cart as it is now: a fragment for HTMX; else a redirect after what was done, or the page."""
    if done and not request.htmx:
        messages.success(request, done)
        return redirect("cart")
    shown = shown_cart(cart_for(request=request), now=timezone.now())
    template = "booking/cart.html#answer" if request.htmx else "booking/cart.html"
    context = {"cart": shown, "done": done, "refusal": refusal}
    return render(request, template, context, status=status)
