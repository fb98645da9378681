"""Puts the demo's content into the database: all of it or nothing, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.models import Site

from accounts.models import Role, User
from accounts.services import create_account
from config.demo_content import catalogue, lessons, offers, opinions, site
from config.demo_content.accounts import ADMIN, EDITOR, PASSWORD, STUDENT
from config.demo_content.typesetting import typeset
from courses.models import Course, CourseIndexPage, CoursePage, TutorIndexPage, TutorPage
from home.models import ContentPage, HomePage, SiteSettings
from home.pictures import pictures, wanted_in

FEATURED_COURSES = ("mathematiques-du-secondaire", "calcul-differentiel", "francais-ecrit")
FEATURED_TUTORS = 4


def is_loaded() -> bool:
    return User.objects.with_email(STUDENT) is not None


@transaction.atomic
def load(*, now: datetime) -> None:
    student = _account(STUDENT, "Élise", "Morin", Role.STUDENT)
    _account(EDITOR, "Félix", "Bergeron", Role.EDITOR)
    director = _account(ADMIN, "Catherine", "Pelletier", Role.ADMIN)
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
    blocks = dict(typeset(site.HOME_BLOCKS))
    blocks["hero"]["actions"] = [
        {"label": "Choisir un cours", "page": course_list},
        {"label": "Rencontrer les tuteurs", "page": TutorIndexPage.objects.get()},
    ]
    blocks["call_to_action"]["page"] = course_list
    blocks["course_showcase"] |= {
        "pages": list(CoursePage.objects.filter(slug__in=FEATURED_COURSES).order_by("path")),
        "actions": [{"label": "Tous les cours", "page": course_list}],
    }
    blocks["tutor_showcase"] |= {
        "pages": list(TutorPage.objects.order_by("path")[:FEATURED_TUTORS]),
        "actions": [{"label": "Toute l’équipe", "page": TutorIndexPage.objects.get()}],
    }
    home.body = list(blocks.items())
    home.search_description = typeset(site.INTRO)
    home.save()
    _add_method(home)
    legal = []
    for title, slug, intro, body in site.PLAIN_PAGES:
        page = ContentPage(title=title, slug=slug, intro=typeset(intro), body=typeset(body))
        legal.append(home.add_child(instance=page))
    settings = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    for name, value in site.SETTINGS.items():
        setattr(settings, name, typeset(value))
    settings.terms_page, settings.privacy_page = legal
    settings.footer_pages = [("page", page) for page in ContentPage.objects.filter(slug="methode")]
    settings.save()


def _add_method(home: HomePage) -> None:
    """A page of an editor's, with pictures, a video and the hours of a course."""
    blocks = typeset(site.METHOD)
    beside = [value for kind, value in blocks if kind == "image_and_text"]
    for value, name in zip(beside, ("cahier", "tableau"), strict=True):
        value["image"] = catalogue.make_scene(name)
    dict(blocks)["slot_picker"]["page"] = CoursePage.objects.get(slug="mathematiques-du-secondaire")
    page = ContentPage(
        title="Notre méthode",
        slug="methode",
        intro=typeset(site.METHOD_INTRO),
        show_in_menus=True,
        body=blocks,
    )
    home.add_child(instance=page)
    pictures(wanted_in(page.body))
