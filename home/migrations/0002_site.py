"""A fresh database has a site: a home page in French instead of Wagtail's welcome."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import migrations
from django.utils import timezone

HOME_PATH = "00010001"


def make_site(apps, schema_editor):
    ContentType = apps.get_model("contenttypes.ContentType")
    HomePage = apps.get_model("home.HomePage")
    Locale = apps.get_model("wagtailcore.Locale")
    Page = apps.get_model("wagtailcore.Page")
    Site = apps.get_model("wagtailcore.Site")
    SiteSettings = apps.get_model("home.SiteSettings")

    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    content_type, _ = ContentType.objects.get_or_create(app_label="home", model="homepage")
    locale, _ = Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    now = timezone.now()
    home = HomePage.objects.create(
        title="Accueil",
        draft_title="Accueil",
        slug="accueil",
        url_path="/accueil/",
        path=HOME_PATH,
        depth=2,
        numchild=0,
        content_type=content_type,
        locale=locale,
        first_published_at=now,
        last_published_at=now,
        headline="Comprendre, une heure à la fois",
        intro="Du tutorat individuel en ligne, avec des gens qui prennent le temps d’expliquer.",
        action_label="Choisir un cours",
    )
    Page.objects.filter(depth=1).update(numchild=1)
    address = urlsplit(settings.SITE_URL)
    site = Site.objects.create(
        hostname=address.hostname or "localhost",
        port=address.port or (443 if address.scheme == "https" else 80),
        site_name="Fanal",
        root_page=home,
        is_default_site=True,
    )
    SiteSettings.objects.create(site=site, tagline="Du tutorat en ligne, une personne à la fois.")


def remove_site(apps, schema_editor):
    """Takes the site away again; the pages below must be gone by then."""
    apps.get_model("wagtailcore.Site").objects.all().delete()
    apps.get_model("home.HomePage").objects.filter(path=HOME_PATH).delete()
    apps.get_model("wagtailcore.Page").objects.filter(depth=1).update(numchild=0)


class Migration(migrations.Migration):
    dependencies = [("home", "0001_pages"), ("wagtailcore", "0098_apitoken")]

    operations = [migrations.RunPython(make_site, remove_site)]
