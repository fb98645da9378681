"""A cart line's hour, week after week."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import public
from accounts.limits import client_address
from booking.errors import BookingError, SlotsRefused, TryAgain
from booking.forms import SeriesForm
from booking.models import CartLine
from booking.series import WEEKS, Proposal, propose_weekly
from booking.services import Wanted, hold_slots
from booking.views.cart import CONFLICT, REFUSED, own_line
from booking.views.fragments import HtmxRequest
from booking.wording import day_and_clock, time_range
from home.formats import NBSP

USUAL_WEEKS = 4


class Choice(NamedTuple):
    """One week's box to tick: what is sent for it, and what is read."""

    proposal: Proposal
    value: str
    """Empty where that day has nothing to choose."""
    text: str
    checked: bool


@public
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def repeat(request: HtmxRequest, line: UUID) -> HttpResponse:
    """Propose the weeks after a line of the visitor's own cart, and hold those that were chosen."""
    mine = own_line(request, line)
    if mine is None:
        raise Http404
    if request.method == "POST":
        return _hold(request, mine)
    return _page(request, mine, now=timezone.now(), mode=SeriesForm.ALL)


def _hold(request: HtmxRequest, line: CartLine) -> HttpResponse:
    now = timezone.now()
    form = SeriesForm(request.POST, now=now)
    chosen = request.POST.getlist("debut")
    mode = request.POST.get("mode", SeriesForm.ALL)
    if not form.is_valid():
        return _page(request, line, now=now, mode=mode, chosen=chosen, refusal=form.first_error)
    try:
        lines, refused = hold_slots(
            cart=line.cart,
            wanted=[
                Wanted(line.course, start, line.minutes, line.tutor) for start in form.cleaned_data["debut"]
            ],
            now=now,
            address=client_address(request) or None,
            all_or_none=form.cleaned_data["mode"] == SeriesForm.ALL,
        )
    except SlotsRefused as error:
        account = _account(error.refused)
        return _page(
            request,
            line,
            now=now,
            mode=mode,
            chosen=chosen,
            refusal=error.message,
            account=account,
            status=CONFLICT,
        )
    except TryAgain as error:
        return _page(request, line, now=now, mode=mode, chosen=chosen, refusal=error.message, status=CONFLICT)
    account = _account((wanted.start, error) for wanted, error in refused)
    if not lines:
        refusal = _("Aucune des dates cochées n’est encore libre; rien n’a été ajouté au panier.")
        return _page(
            request,
            line,
            now=now,
            mode=mode,
            chosen=chosen,
            refusal=refusal,
            account=account,
            status=CONFLICT,
        )
    held = ngettext(
        "%(count)s cours de la série est retenu dans votre panier.",
        "%(count)s cours de la série sont retenus dans votre panier.",
        len(lines),
    )
    messages.success(request, held % {"count": len(lines)})
    for sentence in account:
        messages.warning(request, sentence)
    return redirect("cart")


def _account(refused: Iterable[tuple[datetime, BookingError]]) -> list[str]:
    """What was not added, one sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for start, error in refused:
        by_reason.setdefault(error.message, []).append(day_and_clock(start))
    return [
        _("Pas ajouté%(nbsp)s: %(dates)s. %(reason)s")
        % {"nbsp": NBSP, "dates": ", ".join(dates), "reason": reason}
        for reason, dates in by_reason.items()
    ]


def _page(
    request: HtmxRequest,
    line: CartLine,
    *,
    now: datetime,
    mode: str,
    chosen: Collection[str] | None = None,
    refusal: str = "",
    account: Collection[str] = (),
    status: int = REFUSED,
) -> HttpResponse:
    """The weeks as they are now. `chosen` is what was ticked; None ticks all that is free."""
    weeks = _weeks(request.POST if request.method == "POST" else request.GET)
    proposals = propose_weekly(
        course=line.course,
        tutor=line.tutor,
        start=line.start,
        duration=line.minutes,
        weeks=weeks or USUAL_WEEKS,
        now=now,
        cart=line.cart,
    )
    choices = [_choice(proposal, line.minutes, chosen) for proposal in proposals]
    context = {
        "line": line,
        "weeks": weeks or USUAL_WEEKS,
        "all_weeks": WEEKS,
        "misread": weeks is None,
        "choices": choices,
        "can_choose": any(choice.value for choice in choices),
        "modes": SeriesForm.base_fields["mode"].choices,  # type: ignore[attr-defined]
        "mode": mode,
        "refusal": refusal,
        "account": account,
    }
    return render(request, "booking/repeat.html", context, status=status if refusal else 200)


def _weeks(params: Mapping[str, str]) -> int | None:
    """How many weeks were asked for; None: it can't be read."""
    asked = params.get("semaines") or str(USUAL_WEEKS)
    return next((weeks for weeks in WEEKS if str(weeks) == asked), None)


def _choice(proposal: Proposal, minutes: int, chosen: Collection[str] | None) -> Choice:
    start = proposal.start if proposal.free else proposal.nearest
    if start is None:
        return Choice(proposal, "", "", checked=False)
    value = start.isoformat(timespec="minutes").replace("+00:00", "Z")
    checked = proposal.free if chosen is None else value in chosen
    return Choice(proposal, value, time_range(start, minutes), checked)
