"""Names and what else is read as one line: no break or invisible character gets in by any form."""

from __future__ import annotations

import pytest
from django import forms
from django.test import Client

from accounts.admin_views import NewPersonForm
from accounts.forms import ProfileForm
from accounts.models import User
from courses.models import Course, Tutor
from payments.forms import GuestForm
from tests.payments.checkout_pages import TYPED

# A mail's header ends at the first two, a calendar's line at some of the rest; the last turns writing around.
BREAKS = ["\r\n", "\n", "\v", "\x1c", "\x85", "\u2028", "\x07", "\u202e"]


@pytest.mark.parametrize("between", BREAKS, ids=ascii)
def test_a_name_that_is_broken_becomes_one_line(between: str) -> None:
    form = GuestForm({**TYPED, "first_name": f" Zoé {between}Ève ", "city": f"Mont{between}Royal"})
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["first_name"], form.cleaned_data["city"]) == ("Zoé Ève", "Mont Royal")


def test_a_name_of_nothing_else_is_asked_for() -> None:
    assert "first_name" in GuestForm({**TYPED, "first_name": "\x07\n"}).errors


def test_what_belongs_to_a_name_stays() -> None:
    form = GuestForm({**TYPED, "last_name": "O’Neil–Côté d’Ávila\xa0III"})
    assert form.is_valid()
    assert form.cleaned_data["last_name"] == "O’Neil–Côté d’Ávila\xa0III"


@pytest.mark.parametrize(
    ("form", "names"),
    [
        pytest.param(ProfileForm, ["first_name", "last_name", "phone"], id="profile"),
        pytest.param(NewPersonForm, ["first_name", "last_name", "phone"], id="people"),
        pytest.param(forms.modelform_factory(Tutor, fields=["display_name"]), ["display_name"], id="tutors"),
        pytest.param(forms.modelform_factory(Course, fields=["title"]), ["title"], id="courses"),
    ],
)
def test_the_rule_comes_with_the_models(form: type[forms.ModelForm], names: list[str]) -> None:
    assert [form.base_fields[name].clean("A\nB") for name in names] == ["A B"] * len(names)


@pytest.mark.django_db
def test_a_profile_is_kept_on_one_line(client: Client, student: User) -> None:
    client.force_login(student)
    typed = {"first_name": "Zoé\nBcc: x@y.ca", "last_name": "Roy\x00", "phone": ""}
    assert client.post("/tableau-de-bord/profil/", typed).status_code == 422
    client.post("/tableau-de-bord/profil/", {**typed, "last_name": "Roy"})
    student.refresh_from_db()
    assert student.first_name == "Zoé Bcc: x@y.ca"
