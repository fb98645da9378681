"""Pages of the catalogue for tests."""

from __future__ import annotations

from io import BytesIO
from itertools import count

from django.core.files.base import ContentFile
from PIL import Image as Canvas
from wagtail.images import get_image_model
from wagtail.images.models import Image

from courses.models import Course, CourseIndexPage, CoursePage, Tutor, TutorIndexPage, TutorPage

_serial = count(1)


def make_image(description: str = "") -> Image:
    """A small picture with a file of its own."""
    number = next(_serial)
    file = BytesIO()
    Canvas.new("RGB", (40, 40), (number % 256, 80, 120)).save(file, "PNG")
    image: Image = get_image_model().objects.create(
        title=f"Image {number}",
        description=description,
        file=ContentFile(file.getvalue(), name=f"image-{number}.png"),
    )
    return image


def make_course_page(
    course: Course, *, title: str = "", intro: str = "", image: Image | None = None, live: bool = True
) -> CoursePage:
    page = CoursePage(
        title=title or course.title,
        slug=f"cours-{next(_serial)}",
        course=course,
        intro=intro,
        image=image,
        live=live,
    )
    return CourseIndexPage.objects.get().add_child(instance=page)


def make_tutor_page(tutor: Tutor, *, title: str = "", intro: str = "", live: bool = True) -> TutorPage:
    page = TutorPage(
        title=title or tutor.display_name,
        slug=f"tuteur-{next(_serial)}",
        tutor=tutor,
        intro=intro,
        live=live,
    )
    return TutorIndexPage.objects.get().add_child(instance=page)
