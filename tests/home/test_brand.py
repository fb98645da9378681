"""The brand that the direction sets: where it shows, and a colour that is readable or refused."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from wagtail.models import Site

from accounts.models import User
from home import colours
from home.brand import SiteSettings
from home.models import ContentPage, HomePage
from notifications.account_mails import record_welcome
from tests.courses.support import make_image
from tests.notifications.support import drain_outbox


@pytest.fixture
def brand(db: None) -> SiteSettings:
    return SiteSettings.for_site(Site.objects.get())


def changed(row: SiteSettings, callbacks: DjangoCaptureOnCommitCallbacks, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    with callbacks(execute=True):
        row.save()


# The colour


def test_contrast_is_counted_as_the_standard_does() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)
    assert colours.contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.01)


def test_a_colour_is_read_and_written_without_change() -> None:
    assert colours.read("#ff0000") == pytest.approx((0.628, 0.2577, 29.23), abs=0.01)
    for colour in ("#f3b33d", "#1e6f5c", "#000000", "#ffffff", "#0000ff"):
        assert colours.write(colours.read(colour)) == colour


def test_the_surfaces_that_are_measured_are_those_of_the_stylesheet() -> None:
    css = (Path(django_settings.ROOT) / "static/css/tokens.css").read_text()
    token = (
        r"--NAME: light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\), oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)\)"
    )

    def both(name: str) -> list[tuple[float, float, float]]:
        found = re.search(token.replace("NAME", name), css)
        assert found, name
        numbers = [float(number) for number in found.groups()]
        return [(round(at[0] / 100, 4), at[1], at[2]) for at in (numbers[:3], numbers[3:])]

    for theme, place in ((colours.LIGHT, 0), (colours.DARK, 1)):
        names = ("paper", "paper-2", "ink", "muted")
        assert [tuple(one) for one in (*theme.surfaces, *theme.texts)] == [
            both(name)[place] for name in names
        ]


def test_every_colour_is_readable_everywhere_or_refused() -> None:
    refused = 0
    for parts in product((0, 51, 102, 153, 204, 255), repeat=3):
        chosen = "#{:02x}{:02x}{:02x}".format(*parts)
        try:
            made = colours.palette(chosen)
        except ValidationError:
            refused += 1
            continue
        for shades, theme in ((made.light, colours.LIGHT), (made.dark, colours.DARK)):
            paper, paper_2 = map(colours.write, theme.surfaces)
            pairs = [(shades.ink, shades.fill), (shades.ink, shades.strong)]
            pairs += [(shades.text, ground) for ground in (paper, paper_2, shades.wash)]
            pairs += [(colours.write(text), shades.wash) for text in theme.texts]
            low = [pair for pair in pairs if colours.contrast(*pair) < 4.5]
            assert (chosen, low) == (chosen, [])
            assert colours.contrast(shades.fill, paper) >= 1.6, chosen
    # Black, white and what is grey between them, with the palest tints and the deepest blacks.
    assert 6 <= refused <= 20


@pytest.mark.parametrize(
    ("accent", "told"),
    [
        ("saffron", "Écrivez la couleur comme #f3b33d"),
        ("#12345", "Écrivez la couleur comme #f3b33d"),
        ("#1234567", "Écrivez la couleur comme #f3b33d"),
        ("", "Écrivez la couleur comme #f3b33d"),
        ("#777777", "ne peut pas être rendue lisible"),
        ("#ffffff", "ne peut pas être rendue lisible"),
        ("#000000", "ne peut pas être rendue lisible"),
    ],
)
def test_what_is_no_colour_or_no_accent_is_refused_with_the_reason(accent: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        colours.palette(accent)


def test_a_colour_that_reads_already_stays_as_it_was_chosen() -> None:
    made = colours.palette("#1e6f5c")
    assert (made.light.fill, made.light.text) == ("#1e6f5c", "#1e6f5c")
    assert colours.palette("#f3b33d").dark.fill == "#f3b33d"


# Where it shows


def test_an_accent_comes_as_a_stylesheet_that_is_kept_for_ever(
    client: Client,
    brand: SiteSettings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    assert "/marque/" not in client.get("/recherche/").content.decode()
    changed(brand, django_capture_on_commit_callbacks, accent="#1e6f5c")
    html = client.get("/recherche/").content.decode()
    (address,) = re.findall(r'<link rel="stylesheet" href="(/marque/1e6f5c-\w{10}\.css)">', html)

    with django_assert_num_queries(0):
        sheet = client.get(address)
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert sheet.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert sheet.content.decode().startswith(":root{--accent:light-dark(#1e6f5c,")
    with django_assert_num_queries(0):
        client.get("/recherche/")


@pytest.mark.parametrize("name", ["1e6f5c-0000000000", "777777-0000000000", "rouge-0000000000"])
def test_a_stylesheet_that_no_page_names_is_not_there(client: Client, db: None, name: str) -> None:
    assert client.get(f"/marque/{name}.css").status_code == 404


def test_logo_foot_and_facts_say_the_brand(
    client: Client,
    brand: SiteSettings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    home, image = HomePage.objects.get(), make_image("Un phare")
    pages = [
        home.add_child(instance=ContentPage(title=title, slug=title.lower()))
        for title in ("Conditions", "Confidence")
    ]
    changed(
        brand,
        django_capture_on_commit_callbacks,
        brand="Phare & fils",
        logo=image,
        sharing_image=make_image("Un phare, la nuit"),
        address="12, rue du Quai\nRimouski (Québec)  G5L 1A1",
        social_links=[("link", {"network": "Instagram", "url": "https://instagram.example/phare"})],
        terms_page=pages[0],
        privacy_page=pages[1],
    )
    html = client.get("/conditions/").content.decode()

    assert re.search(
        r'<img class="brand-logo"\s+src="/media/images/\S+"\s+width="\d+"\s+height="\d+"\s+alt="">', html
    )
    assert html.count('<span class="brand-name">Phare &amp; fils</span>') == 2
    assert "12, rue du Quai<br>" in html
    assert re.search(r'<a href="https://instagram\.example/phare"\s+rel="me noopener">Instagram</a>', html)
    assert '<a href="/conditions/">Conditions</a>' in html
    assert '<a href="/confidence/">Confidence</a>' in html
    assert 'property="og:site_name" content="Phare &amp; fils"' in html
    assert re.search(r'property="og:image" content="https?://[^/]+/media/images/image\S+\.jpg"', html)
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    school = json.loads(block)["@graph"][0]
    assert (school["name"], school["address"], school["sameAs"]) == (
        "Phare & fils",
        "12, rue du Quai, Rimouski (Québec)  G5L 1A1",
        ["https://instagram.example/phare"],
    )
    assert re.match(r"https?://[^/]+/media/images/", school["logo"])

    with django_capture_on_commit_callbacks(execute=True):
        pages[1].unpublish()
        image.delete()
    html = client.get("/conditions/").content.decode()
    assert "/confidence/" not in html
    assert "brand-logo" not in html


def test_a_logo_that_says_the_name_is_its_name(
    client: Client,
    brand: SiteSettings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    image = make_image("Un phare")
    changed(
        brand, django_capture_on_commit_callbacks, logo=image, logo_dark=make_image(), logo_says_name=True
    )
    html = client.get("/recherche/").content.decode()

    assert html.count('alt="Fanal"') == 2
    assert '<span class="brand-name">' not in html
    assert '<source media="(prefers-color-scheme: dark)"' in html


def test_mails_are_signed_and_painted_by_the_brand(
    student: User,
    brand: SiteSettings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    changed(
        brand, django_capture_on_commit_callbacks, brand="Phare", tagline="Une à la fois.", accent="#0a7d5a"
    )
    student.set_unusable_password()
    student.save()
    record_welcome(User, user=student)
    drain_outbox(now=timezone.now())

    assert mail.outbox[0].subject == "Bienvenue chez Phare\xa0: choisissez votre mot de passe"
    assert mail.outbox[0].from_email == "Phare <bonjour@fanal.example>"
    written = str(mail.outbox[0].message())
    assert "Fanal" not in written
    assert "Phare\nUne à la fois.\nhttp" in mail.outbox[0].body
    sent = mail.outbox[0]
    assert isinstance(sent, mail.EmailMultiAlternatives)
    html = str(sent.alternatives[0][0])
    assert "background: #0a7d5a; color: #fdfbf8" in html
    assert colours.HOUSE not in html


# In the admin


def form_of(**values: str) -> dict[str, str]:
    empty = {f"{name}-count": "0" for name in ("social_links", "footer_pages")}
    return {"brand": "Fanal", "tagline": "Une heure à la fois.", "footer_text": "null", **empty, **values}


def test_the_direction_is_told_why_a_colour_is_refused_and_loses_nothing(
    client: Client, admin: User, brand: SiteSettings
) -> None:
    client.force_login(admin)
    address = reverse("wagtailsettings:edit", args=["home", "sitesettings", brand.site_id])
    refused = client.post(address, form_of(accent="#808080")).content.decode()

    assert "rien ne distingue du texte" in refused
    assert 'value="Une heure à la fois."' in refused
    brand.refresh_from_db()
    assert brand.accent == "#f3b33d"

    assert client.post(address, form_of(accent="#1E6F5C")).status_code == 302
    brand.refresh_from_db()
    assert (brand.accent, brand.tagline) == ("#1e6f5c", "Une heure à la fois.")


def test_an_editor_cannot_touch_the_brand(client: Client, editor: User, brand: SiteSettings) -> None:
    client.force_login(editor)
    address = reverse("wagtailsettings:edit", args=["home", "sitesettings", brand.site_id])
    assert client.post(address, form_of(accent="#1e6f5c", brand="Pirate")).status_code == 302
    brand.refresh_from_db()
    assert brand.brand == "Fanal"


def test_the_brand_is_seen_on_the_home_page_before_it_is_kept(brand: SiteSettings, client: Client) -> None:
    brand.brand, brand.accent = "Phare", "#1e6f5c"
    shown = brand.make_preview_request().content.decode()

    assert '<span class="brand-name">Phare</span>' in shown
    assert "/marque/1e6f5c-" in shown
    assert "Phare" not in client.get("/").content.decode()
