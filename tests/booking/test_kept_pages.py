"""A page is drawn once for all visitors; what changes by the minute, or with the visitor, is never kept.

With real commits: a page is kept, and forgotten, only when what it shows can be seen by everybody.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
import redis
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from accounts.models import User
from booking.models import WeeklyRule
from courses.models import Course, CoursePage, Tutor
from home.live import Gaps, live
from tests.booking.pages import starts, text_of
from tests.conftest import forget_everything
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import logged_in, make_course, make_tutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday_morning")]

TUESDAY_9 = "2027-01-12T14:00Z"
TUESDAY_10 = "2027-01-12T15:00Z"


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=[(1, 9 * 60, 12 * 60)], rate="31.37")


@pytest.fixture
def page(course: Course, tutor: Tutor) -> CoursePage:
    make_tutor_page(tutor)
    page = make_course_page(course, intro="Pas à pas.")
    assert shown(page) == shown(page)
    return page


def shown(page: CoursePage, client: Client | None = None, query: str = "") -> str:
    """A visit; a stranger's, without any cookie, where no client is given. Its form's token is left out."""
    response = (client or Client()).get(page.url + query)
    assert response.status_code == 200
    body: str = response.content.decode()
    before, field, after = body.partition('name="csrfmiddlewaretoken" value="')
    return before + field + after.partition('"')[2]


def test_a_kept_page_asks_only_for_what_may_have_changed(page: CoursePage) -> None:
    with CaptureQueriesContext(connection) as asked:
        again = shown(page)
    # The picker's course, its diaries, and the times of everybody on the page.
    assert len([query for query in asked if query["sql"].lstrip().startswith("SELECT")]) == 3
    assert "Pas à pas." in again
    assert "<!--" not in again.partition("<main")[2]


def test_what_a_visitor_takes_is_gone_for_others_at_once_and_only_in_their_own_cart(
    page: CoursePage, course: Course
) -> None:
    buyer = Client()
    assert TUESDAY_9 in starts(shown(page, buyer))
    form = {"cours": str(course.public_id), "debut": TUESDAY_9, "duree": "60", "tuteur": ""}
    assert buyer.post("/panier/ajouter/", form).status_code == 302

    mine, others = shown(page, buyer), shown(page)

    assert starts(others) == [TUESDAY_10, "2027-01-12T15:30Z", "2027-01-12T16:00Z"]
    assert "demain, 10 h" in text_of(others)
    assert ('class="own"' in mine, 'class="own"' in others) == (True, False)
    assert ('class="badge numeric"' in mine, 'class="badge numeric"' in others) == (True, False)


def test_what_tutors_and_the_school_change_is_seen_by_the_next_visitor(
    page: CoursePage, course: Course, tutor: Tutor
) -> None:
    WeeklyRule.objects.filter(tutor=tutor).update(start_minute=10 * 60)
    assert starts(shown(page))[0] == TUESDAY_10

    course.student_rate_cad = Decimal("52.00")
    course.save()
    assert "52,00 $" in text_of(shown(page))

    tutor.display_name = "Maude Roy"
    tutor.save()
    assert "Maude Roy" in text_of(shown(page))

    page.intro = "Autrement."
    page.save_revision().publish()
    assert "Autrement." in text_of(shown(page))

    tutor.user.is_active = False
    tutor.user.save()
    assert "Maude Roy" not in text_of(shown(page))

    page.unpublish()
    assert Client().get(page.url).status_code == 404


def test_an_address_asks_for_its_own_week_of_the_same_page(page: CoursePage) -> None:
    later = shown(page, query="?semaine=2027-01-18&duree=90")
    assert starts(later)[0] == "2027-01-19T14:00Z"
    assert starts(shown(page))[0] == TUESDAY_9


def test_what_else_an_address_asks_is_answered_by_a_page_drawn_anew(page: CoursePage) -> None:
    with CaptureQueriesContext(connection) as asked:
        shown(page, query="?avis=2")
    assert len(asked) > 6


def test_lists_are_kept_whole_and_never_narrowed(page: CoursePage, course: Course) -> None:
    make_course_page(make_course("Chimie"))
    everything = text_of(Client().get("/cours/").content.decode())
    narrowed = text_of(Client().get("/cours/?quand=soir").content.decode())
    part = Client().get("/cours/", headers={"HX-Request": "true"}).content.decode()
    again = text_of(Client().get("/cours/").content.decode())
    assert again == everything
    assert ("Chimie" in everything, "Mathématiques" in narrowed) == (True, False)
    assert "<html" not in part


def test_a_member_has_a_page_of_their_own(page: CoursePage, student: User) -> None:
    member = logged_in(student)
    assert "Mon compte" in shown(page, member)
    assert "Mon compte" not in shown(page)
    assert "Mon compte" in shown(page, member)


def test_a_message_is_said_once_to_whom_it_is_for(page: CoursePage) -> None:
    waiting, answer = CookieStorage(HttpRequest()), HttpResponse()
    waiting.add(messages.SUCCESS, "Votre mot de passe est changé.")
    waiting.update(answer)
    visitor = Client()
    visitor.cookies["messages"] = answer.cookies["messages"].value
    said = [("est changé" in shown(page, client)) for client in (Client(), visitor, visitor, Client())]
    assert said == [False, True, False, False]


def test_a_page_behind_a_password_is_never_kept(page: CoursePage) -> None:
    assert "Pas à pas." in shown(page)
    PageViewRestriction.objects.create(page=page, restriction_type="password", password="phare")
    allowed = Client()
    session = allowed.session
    session["passed_page_view_restrictions"] = [page.view_restrictions.get().pk]
    session.save()
    assert "Pas à pas." in shown(page, allowed)
    assert "Pas à pas." not in Client().get(page.url).content.decode()


def test_what_is_not_committed_is_not_kept(page: CoursePage, redis_client: redis.Redis) -> None:
    try:
        with transaction.atomic():
            CoursePage.objects.filter(pk=page.pk).update(intro="Jamais.")
            forget_everything(redis_client)
            assert "Jamais." in shown(page)
            raise RuntimeError
    except RuntimeError:
        pass
    assert "Jamais." not in shown(page)


def test_words_that_look_like_a_gap_stay_words() -> None:
    request = HttpRequest()
    request.gaps = gaps = Gaps()  # type: ignore[attr-defined]
    mark = live(request, "messages")
    still = gaps.still(f"<p>&lt;!--{'0' * 16}:0--></p><!--0:0-->{mark}{mark}")
    assert still.gaps == [("messages", ()), ("messages", ())]
    assert still.pieces == [f"<p>&lt;!--{'0' * 16}:0--></p><!--0:0-->", "", ""]
