"""A fresh site has its two lists, at /cours/ and /tuteurs/, in the menu."""

from django.db import migrations
from django.utils import timezone

LISTS = [
    ("courseindexpage", "CourseIndexPage", "Cours", "cours", "Choisissez une matière, puis un moment qui vous convient."),
    ("tutorindexpage", "TutorIndexPage", "Tuteurs", "tuteurs", "Des gens qui connaissent leur matière et qui aiment l’expliquer."),
]


def make_lists(apps, schema_editor):
    ContentType = apps.get_model("contenttypes.ContentType")
    HomePage = apps.get_model("home.HomePage")
    home = HomePage.objects.get(depth=2)
    now = timezone.now()
    for number, (model, name, title, slug, intro) in enumerate(LISTS, 1):
        content_type, _ = ContentType.objects.get_or_create(app_label="courses", model=model)
        page = apps.get_model("courses", name).objects.create(
            title=title,
            draft_title=title,
            slug=slug,
            url_path=f"{home.url_path}{slug}/",
            path=f"{home.path}{number:04d}",
            depth=3,
            numchild=0,
            content_type=content_type,
            locale=home.locale,
            show_in_menus=True,
            first_published_at=now,
            last_published_at=now,
            intro=intro,
        )
        if slug == "cours":
            home.action_page_id = page.pk
    home.numchild = len(LISTS)
    home.save()


def remove_lists(apps, schema_editor):
    HomePage = apps.get_model("home.HomePage")
    HomePage.objects.update(action_page=None, numchild=0)
    for _, name, *_ in LISTS:
        apps.get_model("courses", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_catalogue"), ("home", "0002_site")]

    operations = [migrations.RunPython(make_lists, remove_lists)]
