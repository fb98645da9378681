"""Puts the demo's content into the database: all of it or nothing, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.models import Site

from accounts.models import Role, User
from accounts.services import create_account
from config.demo_content import catalogue, lessons, offers, opinions, site
from config.demo_content.typesetting import typeset
from courses.models import Course, CourseIndexPage, TutorIndexPage
from home.models import ContentPage, HomePage, SiteSettings

PASSWORD = "fanal-demo-2026"  # noqa: S105  # printed by `make demo`
STUDENT = "eleve@fanal.example"


def is_loaded() -> bool:
    return User.objects.with_email(STUDENT) is not None


@transaction.atomic
def load(*, now: datetime) -> None:
    student = _account(STUDENT, "Élise", "Morin", Role.STUDENT)
    _account("edition@fanal.example", "Félix", "Bergeron", Role.EDITOR)
    director = _account("direction@fanal.example", "Catherine", "Pelletier", Role.ADMIN)
    courses = catalogue.make_courses(CourseIndexPage.objects.get())
    tutors = catalogue.make_tutors(TutorIndexPage.objects.get(), courses, password=PASSWORD, now=now)
    _fill_home(courses)
    others = lessons.make_others()
    lessons.book(student=student, others=others, tutors=tutors, courses=courses, now=now)
    opinions.give(student=student, others=others, tutors=tutors, courses=courses, now=now)
    offers.make_coupons(now=now)
    offers.give_credits(student=student, by=director, now=now)


def _account(email: str, first_name: str, last_name: str, role: str) -> User:
    return create_account(
        email=email, first_name=first_name, last_name=last_name, role=role, password=PASSWORD
    )


def _fill_home(courses: dict[str, Course]) -> None:
    home, course_list = HomePage.objects.get(), CourseIndexPage.objects.get()
    home.headline, home.intro = site.HEADLINE, typeset(site.INTRO)
    home.action_label, home.action_page = "Choisir un cours", course_list
    home.body = typeset(site.HOME_BLOCKS)
    home.body[-1].value["page"] = course_list
    home.search_description = typeset(site.INTRO)
    home.save()
    foot = []
    for title, slug, intro, body in site.PLAIN_PAGES:
        page = ContentPage(title=title, slug=slug, intro=typeset(intro), body=typeset(body))
        home.add_child(instance=page)
        foot.append(("page", page))
    settings = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    for name, value in site.SETTINGS.items():
        setattr(settings, name, typeset(value))
    settings.footer_pages = foot
    settings.save()
