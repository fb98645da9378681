"""An album of the site: every page that a person can see, in the states that it has, as HTML.

It is put together in this process over the demo's content, whose pictures are plain squares, and takes
seconds. Nothing of it stays: take the `album` fixture, which does that once a module.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import server_error
from pytest_django import DjangoDbBlocker
from redis import Redis
from wagtail.models import Page

from accounts.models import Role, User
from booking.models import Appointment, Cart
from courses.models import Course, CoursePage, TutorPage
from payments.models import Checkout
from ratings.given import still_to_rate
from ratings.models import Rating
from ratings.questions import FIELDS
from ratings.services import hide
from tests.booking.pages import HTMX, starts
from tests.config.test_urls_are_guarded import OURS
from tests.conftest import forget_everything
from tests.databases import put_rows_back
from tests.demo import NOW
from tests.factories import expire, logged_in, make_user
from tests.payments.checkout_pages import TYPED
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import make_checkout

BY_SCRIPT = {"Accept": "application/json"}
STATES = Checkout.Status


class Album(dict[str, HttpResponse]):
    """Answers with HTML by a name for what they show, which says who looks: `visitor /panier/`."""

    def add(self, name: str, answer: Any, *, status: int = 200) -> str:
        """Keep an answer that has to be HTML with this status; returns the HTML."""
        assert (name, answer.status_code) == (name, status)
        assert answer.headers["Content-Type"].startswith("text/html"), name
        assert name not in self
        self[name] = answer
        return str(answer.content.decode())


def whole(html: str) -> str:
    """A fragment in the least document that can hold it; a document as it is."""
    if html.lstrip().startswith("<!DOCTYPE"):
        return html
    return f'<!DOCTYPE html><html lang="fr-CA"><head><title>-</title></head><body>{html}</body></html>'


def newest(client: Client) -> Cart:
    return Cart.objects.get(pk=client.session["cart"])


def choice(course: Course, moment: str) -> dict[str, str]:
    return {"cours": str(course.public_id), "debut": moment, "duree": "60", "tuteur": ""}


def times(course: Course) -> list[str]:
    """What the picker offers next week."""
    page = Client().get("/creneaux/", {"cours": str(course.public_id), "semaine": "2026-01-12"}, headers=HTMX)
    return starts(page.content.decode())


def everybodys_pages(album: Album, people: dict[str, Client]) -> None:
    """Every address without parameters, for each who gets a page there, and every page of the tree."""
    for name, client in people.items():
        for route in OURS:
            if "<" in route:
                continue
            answer = client.get(f"/{route}")
            if answer.status_code in (200, 403) and answer.headers.get("Content-Type", "").startswith(
                "text/html"
            ):
                album.add(f"{name} /{route}", answer, status=answer.status_code)
    for page in Page.objects.live().filter(depth__gt=1).order_by("path"):
        album.add(f"visitor {page.url}", people["visitor"].get(page.url))
    album.add("student /", people["student"].get("/"))


def lists_and_search(album: Album, client: Client) -> None:
    for path in (
        "/cours/?niveau=secondaire&moment=soir",
        "/cours/?q=xylophone",
        "/tuteurs/?q=xylophone",
        "/recherche/?q=d%C3%A9riv%C3%A9e",
        "/recherche/?q=xylophone",
        "/recherche/?q=matematique",
    ):
        album.add(path, client.get(path))
    album.add("fragment: courses", client.get("/cours/?q=math", headers=HTMX))
    album.add("fragment: suggestions", client.get("/recherche/suggestions/?q=math", headers=HTMX))


def refusals(album: Album, student: Client) -> None:
    album.add("missing", Client().get("/nulle-part/"), status=404)
    album.add("expired form", Client(enforce_csrf_checks=True).post("/deconnexion/"), status=403)
    album.add("breakdown", server_error(RequestFactory().get("/")), status=500)
    album.add(
        "wrong password", Client().post("/connexion/", {"username": "a@b.ca", "password": "x"}), status=422
    )
    album.add("empty log-in", Client().post("/connexion/", {}), status=422)
    album.add("no such link", Client().get("/mot-de-passe/MQ/abc-def/"))
    album.add("no address", Client().post("/mot-de-passe/", {"email": "x"}), status=422)
    for _ in range(10):
        locked = Client().post("/mot-de-passe/", {"email": "x"})
    album.add("locked out", locked, status=429)
    album.add("profile refused", student.post("/tableau-de-bord/profil/", {"first_name": ""}), status=422)
    album.add("password refused", student.post("/tableau-de-bord/profil/mot-de-passe/", {}), status=422)


def picking(album: Album, course: Course, page: CoursePage) -> None:
    client = Client()
    album.add("course, next week", client.get(f"{page.url}?semaine=2026-01-12"))
    album.add("course, far away", client.get(f"{page.url}?semaine=2026-03-30"))
    free = times(course)
    query = {"cours": str(course.public_id), "semaine": "2026-01-12", "duree": "90"}
    album.add("fragment: picker", client.get("/creneaux/", query, headers=HTMX))
    album.add("fragment: held", client.post("/panier/ajouter/", choice(course, free[0]), headers=HTMX))
    nothing = choice(course, "")
    album.add("nothing chosen", client.post("/panier/ajouter/", nothing), status=422)
    taken = Client()
    tutors = course.tutor_courses.count()
    for _ in range(tutors):
        Client().post("/panier/ajouter/", choice(course, free[-1]))
    album.add("taken", taken.post("/panier/ajouter/", choice(course, free[-1])), status=409)
    album.add(
        "fragment: taken", taken.post("/panier/ajouter/", choice(course, free[-1]), headers=HTMX), status=409
    )


def cart(album: Album, course: Course) -> None:
    client = Client()
    free = times(course)
    for moment in (free[0], free[5]):
        client.post("/panier/ajouter/", choice(course, moment))
    first, second = newest(client).lines.order_by("start")
    album.add("cart", client.get("/panier/"))
    album.add("cart, unknown code", client.post("/panier/code/", {"code": "RIEN"}, headers=HTMX), status=422)
    album.add("cart, code applied", client.post("/panier/code/", {"code": "RENTREE10"}, headers=HTMX))
    album.add("cart with a code", client.get("/panier/"))
    album.add("course, with a cart", client.get(CoursePage.objects.get(course=course).url))
    album.add("repeat", client.get(f"/panier/{first.pk}/repeter/"))
    expire(second)
    album.add("cart, one hold lost", client.get("/panier/"))
    album.add("fragment: removed", client.post(f"/panier/{second.pk}/retirer/", headers=HTMX))


def checkout(album: Album, course: Course, student: User) -> None:
    guest = Client()
    free = times(course)
    guest.post("/panier/ajouter/", choice(course, free[1]))
    page = album.add("guest at the checkout", guest.get("/paiement/"))
    found = re.search(r'name="shown"\s+value="([^"]+)"', page)
    assert found
    shown = unescape(found[1])
    wrong = {**TYPED, "shown": shown, "postal_code": "90210", "first_name": ""}
    album.add("checkout refused", guest.post("/paiement/", wrong), status=422)
    album.add("checkout without a script", guest.post("/paiement/", {**TYPED, "shown": shown}), status=422)
    guest.post("/panier/ajouter/", choice(course, free[9]))
    album.add("checkout of another cart", guest.post("/paiement/", {**TYPED, "shown": shown}), status=422)

    client = logged_in(student)
    client.post("/panier/ajouter/", choice(course, free[3]))
    album.add("student at the checkout", client.get("/paiement/"))
    album.add("fragment: credits used", client.get("/paiement/", {"use_credits": "on"}, headers=HTMX))
    for status in (STATES.PAYING, STATES.REVIEW, STATES.CLOSED):
        waits = make_checkout(user=student, status=status)
        album.add(f"back from the bank, {status}", client.get(f"/paiement/{waits.pk}/retour/"))


def lessons(album: Album, student: User) -> None:
    lesson = Appointment.objects.filter(student=student, start__gt=timezone.now()).order_by("start").last()
    assert lesson is not None
    for person in (student, lesson.tutor.user):
        client = logged_in(person)
        for what in ("annuler", "deplacer"):
            album.add(f"{person.role} {what}", client.get(f"/rendez-vous/{lesson.pk}/{what}/"))
    client = logged_in(student)
    move = f"/rendez-vous/{lesson.pk}/deplacer/"
    offered = re.findall(r'href="[^"]*[?&](?:amp;)?debut=([^"&]+)', client.get(move).content.decode())
    offered += starts(client.get(move).content.decode())
    album.add("move to a chosen time", client.get(move, {"debut": unescape(offered[0])}))
    album.add("no time chosen", client.post(move, {"version": lesson.sequence, "debut": ""}), status=422)
    with time_machine.travel(lesson.start - timedelta(minutes=30), tick=False):
        late = logged_in(student)
        album.add("too late to call off", late.get(f"/rendez-vous/{lesson.pk}/annuler/"))
        album.add("dashboard before a lesson", late.get("/tableau-de-bord/"))


def ratings(album: Album, student: User, tutor: User) -> None:
    everything, client = "/tableau-de-bord/evaluations/", logged_in(student)
    to_rate = still_to_rate(student=student)[0]
    form = reverse("rate", args=[to_rate.tutor_id, to_rate.course_id])
    page = TutorPage.objects.get(tutor__user=tutor).url
    album.add("reviews, page 2", Client().get(f"{page}?avis=2"))
    album.add("rating", client.get(form))
    album.add("rating refused", client.post(form, {"comment": "é" * 2001}), status=422)
    rating = Rating.objects.visible_to(student).get()
    form = reverse("rate", args=[rating.tutor.public_id, rating.course.public_id])
    answers = dict.fromkeys(FIELDS, 3)
    album.add("rating changed elsewhere", client.post(form, {**answers, "version": 7}), status=409)
    hide(rating=rating, by=User.objects.get(role=Role.ADMIN), reason="Injure", now=NOW)
    album.add("a rating that is hidden", client.get(everything))
    album.add("dates refused", logged_in(tutor).get(everything, {"du": "hier"}), status=422)
    album.add("no ratings then", logged_in(tutor).get(everything, {"du": "2030-01-01"}))


def gather() -> Album:
    album = Album()
    student = User.objects.get(email="eleve@fanal.example")
    tutor = User.objects.get(email="tutrice@fanal.example")
    page = CoursePage.objects.live().order_by("path")[0]
    people = {
        "visitor": Client(),
        "student": logged_in(student),
        "newcomer": logged_in(make_user(Role.STUDENT)),
        "tutor": logged_in(tutor),
    }
    everybodys_pages(album, people)
    lists_and_search(album, people["visitor"])
    refusals(album, people["student"])
    picking(album, page.course, page)
    cart(album, page.course)
    checkout(album, page.course, student)
    lessons(album, student)
    ratings(album, student, tutor)
    return album


@pytest.fixture(scope="module")
def album(
    kept_demo: None,
    django_db_blocker: DjangoDbBlocker,
    stripe_sandbox_process: StripeSandbox,
    redis_client: Redis,
) -> Album:
    forget_everything(redis_client)
    with override_settings():
        stripe_sandbox_process.configure(settings)
        with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
            put_rows_back("demo")
            gathered = gather()
            transaction.set_rollback(True)
    return gathered
