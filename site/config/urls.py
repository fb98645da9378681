"""Every address of the site. Wagtail's pages come last: they answer what nothing else does."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from accounts.access import public
from config import health

urlpatterns = [
    path("vivant", health.alive, name="alive"),
    path("pret", health.ready, name="ready"),
    path("etat", health.state, name="state"),
    # First: its log-in page takes the place of the admin's own.
    path("", include("accounts.urls")),
    path(settings.ADMIN_PATH, include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("home.urls")),
    path("", include("booking.urls")),
    path("", include("payments.urls")),
    path("", include("ratings.urls")),
]
if settings.SERVE_IMAGES:
    # Images alone: a document is served by Wagtail's own view, which knows who may have it.
    urlpatterns += [
        re_path(
            r"^media/(?P<path>(?:images|original_images)/.+)$",
            public(serve),
            {"document_root": settings.MEDIA_ROOT},
        )
    ]
urlpatterns += [path("", include(wagtail_urls))]
