"""A weekly series: the moments by hand, the page that proposes them, two who want the same weeks."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.errors import SlotsRefused
from booking.models import AvailabilityException, CartLine, TimeClaim
from booking.rules import Problem
from booking.series import Proposal, propose_weekly
from booking.services import Wanted, hold_slot, hold_slots
from courses.models import Course, Tutor
from tests.booking.pages import links, text_of
from tests.booking.racing import deadlocks, race
from tests.factories import expire, make_cart, make_course, make_lesson, make_tutor

NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)  # Monday, 10:00
WEDNESDAY_18 = datetime(2027, 1, 13, 23, 0, tzinfo=UTC)
EVENINGS = [(weekday, 17 * 60, 21 * 60) for weekday in range(7)]
WEEK = timedelta(weeks=1)

rows = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return make_course("Mathématiques", rate="45.00")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=EVENINGS, rate="31.37")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "Z")


def weekly(
    course: Course, tutor: Tutor, *, start: datetime = WEDNESDAY_18, weeks: int = 3, now: datetime = NOW
) -> list[Proposal]:
    return propose_weekly(course=course, tutor=tutor, start=start, duration=60, weeks=weeks, now=now)


# What is proposed


@rows
@pytest.mark.parametrize(
    ("now", "start", "expected"),
    [
        ("2027-01-11T15:00", "2027-01-13T23:00", ["2027-01-20T23:00", "2027-01-27T23:00"]),
        ("2026-10-12T15:00", "2026-10-21T22:00", ["2026-10-28T22:00", "2026-11-04T23:00"]),  # clocks back
        ("2027-02-15T15:00", "2027-03-10T23:00", ["2027-03-17T22:00", "2027-03-24T22:00"]),  # clocks forward
    ],
)
def test_a_lesson_at_18_stays_at_18(
    course: Course, tutor: Tutor, now: str, start: str, expected: list[str]
) -> None:
    proposals = weekly(course, tutor, start=utc(start), weeks=2, now=utc(now))
    assert [(p.start, p.free) for p in proposals] == [(utc(moment), True) for moment in expected]


@rows
def test_of_an_hour_that_comes_twice_the_first_is_proposed(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(6, 0, 300)])
    half_past_one = utc("2026-10-25T05:30")  # a Sunday
    proposals = weekly(course, tutor, start=half_past_one, weeks=2, now=utc("2026-10-12T15:00"))
    assert [p.start for p in proposals] == [utc("2026-11-01T05:30"), utc("2026-11-08T06:30")]
    repeated = utc("2026-11-01T06:30")
    proposals = weekly(course, tutor, start=repeated, weeks=2, now=utc("2026-10-12T15:00"))
    assert [p.start for p in proposals] == [utc("2026-11-08T06:30"), utc("2026-11-15T06:30")]


@rows
def test_on_the_day_without_that_hour_there_is_none_but_another_is_offered(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(6, 60, 300)])
    half_past_two = utc("2027-03-07T07:30")  # a Sunday
    proposals = weekly(course, tutor, start=half_past_two, weeks=2, now=utc("2027-02-15T15:00"))
    assert proposals == [
        Proposal(date(2027, 3, 14), None, nearest=utc("2027-03-14T07:30")),
        Proposal(date(2027, 3, 21), utc("2027-03-21T06:30")),
    ]


@rows
def test_a_taken_week_offers_the_nearest_free_time_of_its_day(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)  # 18 h to 19 h
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK - timedelta(hours=1), minutes=120)
    AvailabilityException.objects.create(tutor=tutor, date="2027-02-03", kind="closed")
    assert weekly(course, tutor, weeks=4) == [
        Proposal(
            date(2027, 1, 20), utc("2027-01-20T23:00"), False, (Problem.TAKEN,), utc("2027-01-20T22:00")
        ),
        Proposal(
            date(2027, 1, 27), utc("2027-01-27T23:00"), False, (Problem.TAKEN,), utc("2027-01-28T00:00")
        ),
        Proposal(date(2027, 2, 3), utc("2027-02-03T23:00"), False, (Problem.EXCEPTION,), None),
        Proposal(date(2027, 2, 10), utc("2027-02-10T23:00")),
    ]


@rows
def test_weeks_beyond_sixty_days_are_said_to_be(course: Course, tutor: Tutor) -> None:
    proposals = weekly(course, tutor, weeks=12)
    # The sixtieth day is Friday 12 March, 10:00.
    assert [p.free for p in proposals] == [True] * 8 + [False] * 4
    assert {(p.against[0], p.nearest) for p in proposals[8:]} == {(Problem.TOO_FAR, None)}
    assert proposals[8].reason == "Un cours se réserve au plus 60 jours d’avance."


@rows
def test_a_series_that_lies_wholly_beyond_sixty_days_is_refused_line_by_line(
    course: Course, tutor: Tutor
) -> None:
    proposals = weekly(course, tutor, start=utc("2027-03-10T23:00"), weeks=2)
    assert [p.against[0] for p in proposals] == [Problem.TOO_FAR, Problem.TOO_FAR]


@rows
def test_what_the_cart_has_already_is_told_from_what_others_hold(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    for holder, start in ((cart, WEDNESDAY_18 + WEEK), (make_cart(), WEDNESDAY_18 + 2 * WEEK)):
        hold_slot(cart=holder, course=course, tutor=tutor, start=start, duration=60, now=NOW)
    proposals = propose_weekly(
        course=course, tutor=tutor, start=WEDNESDAY_18, duration=60, weeks=2, now=NOW, cart=cart
    )
    assert [(p.in_cart, p.free, p.against) for p in proposals] == [
        (True, False, ()),
        (False, False, (Problem.HELD,)),
    ]


@rows
def test_a_tutor_who_left_proposes_nothing(course: Course, tutor: Tutor) -> None:
    Tutor.objects.update(active=False)
    assert {(p.against, p.nearest) for p in weekly(course, tutor)} == {((Problem.TUTOR_INACTIVE,), None)}


@rows
def test_twelve_weeks_take_one_query(
    course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        weekly(course, tutor, weeks=12)


@rows
def test_what_is_proposed_is_what_holding_accepts(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 3 * WEEK - timedelta(minutes=30))
    proposals = weekly(course, tutor, weeks=12)
    starts = [p.start for p in proposals if p.start]
    lines, _refused = hold_slots(
        cart=make_cart(),
        wanted=[Wanted(course, start, 60, tutor) for start in starts],
        now=NOW,
        all_or_none=False,
    )
    assert {line.start for line in lines} == {p.start for p in proposals if p.free}
    near = [p.nearest for p in proposals if p.nearest]
    assert len(near) == 2
    hold_slots(cart=make_cart(), wanted=[Wanted(course, start, 60, tutor) for start in near], now=NOW)


# The page


@pytest.fixture
def line(client: Client, course: Course, tutor: Tutor, monday_morning: datetime) -> CartLine:
    sent = {"cours": str(course.public_id), "debut": "2027-01-13T23:00Z", "duree": "60", "tuteur": ""}
    assert client.post("/panier/ajouter/", sent).status_code == 302
    return CartLine.objects.get()


def page(client: Client, line: CartLine, **params: str) -> str:
    response = client.get(f"/panier/{line.pk}/repeter/", params)
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, line: CartLine, debut: Sequence[str], mode: str = "toutes") -> HttpResponse:
    sent = {"debut": debut, "mode": mode, "semaines": "3"}
    return client.post(f"/panier/{line.pk}/repeter/", sent)  # type: ignore[return-value]


def boxes(markup: str) -> dict[str, bool]:
    """The dates that can be ticked, and whether they are."""
    found = re.findall(r'<input type="checkbox"\s+name="debut"\s+value="([^"]+)"( checked)?', markup)
    return {html.unescape(value): bool(checked) for value, checked in found}


NEXT_3 = ["2027-01-20T23:00Z", "2027-01-27T23:00Z", "2027-02-03T23:00Z"]


@rows
def test_the_cart_leads_from_a_held_line_to_its_series(client: Client, line: CartLine) -> None:
    (address,) = [
        link
        for words, link in links(client.get("/panier/").content.decode()).items()
        if words.startswith("Répéter chaque semaine")
    ]
    assert address == f"/panier/{line.pk}/repeter/"
    markup = page(client, line)
    assert boxes(markup) == {**dict.fromkeys(NEXT_3, True), "2027-02-10T23:00Z": True}
    words = text_of(markup)
    assert (
        "Mathématiques avec Maude Gagnon, comme le mercredi 13 janvier 2027, 18 h à 19 h (60 min)." in words
    )
    assert "45,00 $ par cours" in words
    assert "31,37" not in markup


@rows
def test_each_week_says_how_it_stands(client: Client, line: CartLine, course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    markup = page(client, line, semaines="9")
    assert boxes(markup) | {} == {
        "2027-01-20T22:00Z": False,
        **{
            f"2027-{day}T23:00Z": True
            for day in ("01-27", "02-03", "02-10", "02-17", "02-24", "03-03", "03-10")
        },
    }
    words = text_of(markup)
    assert "mercredi 20 janvier 2027 Cette plage est déjà prise. Plutôt 17 h à 18 h" in words
    assert "mercredi 17 mars 2027 Un cours se réserve au plus 60 jours d’avance." in words


@rows
def test_the_chosen_weeks_go_into_the_cart_as_lines_of_their_own(client: Client, line: CartLine) -> None:
    response = send(client, line, NEXT_3)
    assert (response.status_code, response["Location"]) == (302, "/panier/")
    assert "3 cours de la série sont retenus dans votre panier." in text_of(
        client.get("/panier/").content.decode()
    )
    assert [claim.during.lower for claim in TimeClaim.objects.order_by("during")] == [
        WEDNESDAY_18 + n * WEEK for n in range(4)
    ]
    assert {held.cart_id for held in CartLine.objects.all()} == {line.cart_id}
    assert {held.address for held in CartLine.objects.all()} == {"127.0.0.1"}
    assert "Déjà dans votre panier." in text_of(page(client, line))


@rows
def test_sending_the_same_weeks_twice_is_as_good_as_once(client: Client, line: CartLine) -> None:
    send(client, line, NEXT_3)
    before = set(CartLine.objects.values_list("pk", "held_until"))
    for mode in ("toutes", "libres"):
        assert send(client, line, [*NEXT_3, *NEXT_3], mode).status_code == 302
    assert set(CartLine.objects.values_list("pk", "held_until")) == before


@rows
def test_all_or_none_adds_nothing_and_names_the_week_that_is_gone(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK)
    response = send(client, line, NEXT_3)
    assert response.status_code == 409
    markup = response.content.decode()
    words = text_of(markup)
    assert "Un des cours choisis n’est plus libre; rien n’a été ajouté au panier." in words
    assert "Pas ajouté : mercredi 27 janvier 2027 à 18 h. Cette plage vient d’être prise." in words
    # What was ticked stays so, and the lost week offers its neighbour.
    assert boxes(markup) == {NEXT_3[0]: True, "2027-01-27T22:00Z": False, NEXT_3[2]: True}
    assert list(CartLine.objects.all()) == [line]


@rows
def test_what_is_still_free_is_added_with_an_account_of_what_was_not(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK)
    assert send(client, line, NEXT_3, "libres").status_code == 302
    words = text_of(client.get("/panier/").content.decode())
    assert "2 cours de la série sont retenus dans votre panier." in words
    assert "Pas ajouté : mercredi 27 janvier 2027 à 18 h. Cette plage vient d’être prise." in words
    assert CartLine.objects.count() == 3


@rows
def test_when_nothing_is_free_any_more_the_page_says_so(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    response = send(client, line, NEXT_3[:1], "libres")
    assert response.status_code == 409
    assert "Aucune des dates cochées n’est encore libre" in text_of(response.content.decode())
    assert list(CartLine.objects.all()) == [line]


@rows
@pytest.mark.parametrize("mode", ["toutes", "libres"])
def test_the_ceiling_of_holds_counts_for_series_too(
    client: Client, line: CartLine, settings: object, mode: str
) -> None:
    settings.MAX_HOLDS_PER_CART = 3  # type: ignore[attr-defined]
    response = send(client, line, NEXT_3, mode)
    markup = (response if mode == "toutes" else client.get("/panier/")).content.decode()
    assert "le maximum" in text_of(markup)
    assert TimeClaim.objects.count() == (1 if mode == "toutes" else 3)


@rows
@pytest.mark.parametrize(
    ("debut", "mode", "words"),
    [
        ([], "toutes", "Cochez au moins une date"),
        (["demain"], "toutes", "Cette heure n’a pas été comprise."),
        (["2027-01-20T18:00"], "libres", "Cette heure n’a pas été comprise."),
        (["0001-01-01T00:00Z"], "libres", "Cette heure n’a pas été comprise."),
        ([f"2027-01-{day}T23:00Z" for day in range(14, 27)], "toutes", "Cette heure n’a pas été comprise."),
        (NEXT_3, "", "Dites s’il faut ajouter toutes les dates"),
        (NEXT_3, "au hasard", "Dites s’il faut ajouter toutes les dates"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused_with_a_word(
    client: Client, line: CartLine, debut: list[str], mode: str, words: str
) -> None:
    response = send(client, line, debut, mode)
    assert response.status_code == 422
    assert words in text_of(response.content.decode())
    assert list(CartLine.objects.all()) == [line]


@rows
def test_times_of_a_page_that_was_left_open_are_judged_anew(client: Client, line: CartLine) -> None:
    response = send(client, line, ["2027-01-11T16:00Z", "2027-01-20T23:10Z"])
    assert response.status_code == 409
    words = text_of(response.content.decode())
    assert "Un cours se réserve au moins 12 heures d’avance." in words
    assert "Un cours commence à l’heure juste ou à la demie." in words


@rows
@pytest.mark.parametrize("weeks", ["1", "13", "-4", "quatre", "4.0", "99999999999"])
def test_another_number_of_weeks_becomes_four(client: Client, line: CartLine, weeks: str) -> None:
    markup = page(client, line, semaines=weeks)
    assert len(boxes(markup)) == 4
    assert "Une série compte de 2 à 12 semaines." in text_of(markup)


@rows
def test_somebody_elses_line_can_not_be_repeated(client: Client, line: CartLine, student: User) -> None:
    thief = Client()
    thief.force_login(student)
    for stranger in (Client(), thief):
        assert stranger.get(f"/panier/{line.pk}/repeter/").status_code == 404
        assert send(stranger, line, NEXT_3).status_code == 404
    assert list(CartLine.objects.all()) == [line]


@rows
def test_only_a_held_line_offers_its_series(client: Client, line: CartLine) -> None:
    expire(line)
    assert "Répéter" not in client.get("/panier/").content.decode()


@rows
def test_the_page_takes_the_same_queries_for_two_weeks_and_for_twelve(
    client: Client, line: CartLine, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(client, line)
    for weeks in ("2", "12"):
        with django_assert_num_queries(4):  # the cart, the line, the diary, the badge
            page(client, line, semaines=weeks)


# Two who want the same weeks


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize("all_or_none", [True, False])
def test_two_overlapping_series_at_once_never_leave_a_partial_cart_unasked(
    course: Course, tutor: Tutor, all_or_none: bool
) -> None:
    dice = random.Random(5)
    before = deadlocks()
    for _round in range(10):
        carts = make_cart(), make_cart()
        wanted = [
            [Wanted(course, WEDNESDAY_18 + n * WEEK, 60, tutor) for n in weeks]
            for weeks in (range(1, 6), range(3, 8))
        ]
        results = race(
            [
                partial(
                    hold_slots, cart=cart, wanted=dice.sample(lessons, 5), now=NOW, all_or_none=all_or_none
                )
                for cart, lessons in zip(carts, wanted, strict=True)
            ]
        )
        lines = sorted(cart.lines.count() for cart in carts)
        if all_or_none:
            (refusal,) = [result for result in results if isinstance(result, Exception)]
            assert isinstance(refusal, SlotsRefused)
            assert [start for start, _error in refusal.refused] == [
                WEDNESDAY_18 + n * WEEK for n in (3, 4, 5)
            ]
            assert lines == [0, 5]
        else:
            assert not any(isinstance(result, Exception) for result in results)
            assert lines == [2, 5]
        assert TimeClaim.objects.count() == sum(lines)
        TimeClaim.objects.all().delete()
    assert deadlocks() == before
