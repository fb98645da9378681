"""What both index pages have in common: one address, answered as a whole page or as what HTMX swaps."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.models import Page
from wagtail.url_routing import RouteResult

from accounts.limits import too_many
from courses.choices import WORDS
from courses.listing import CourseListing, TutorListing
from home.promotion import page_tabs
from home.search import clean_query, folded_text, may_search, page_search_fields


class ListPage(Page):
    intro = models.TextField(_("introduction"), blank=True)

    page_model: type[Page]
    """What is listed: the pages below."""
    listing_class: type[CourseListing | TutorListing]
    shown_with: tuple[str, ...]
    """What a page below needs of the catalogue to be shown."""

    parent_page_types = ["home.HomePage"]
    max_count_per_parent = 1
    content_panels = [
        TitleFieldPanel("title", help_text=_("En haut de la liste et dans l’en-tête : un mot ou deux.")),
        FieldPanel(
            "intro",
            help_text=_(
                "Une ou deux phrases, de 40 à 160 caractères. La liste se fait seule, des pages publiées "
                "au-dessous, dans l’ordre que vous leur donnez dans « Pages »."
            ),
        ),
    ]
    edit_handler = page_tabs(content_panels, menus=True)
    search_fields = page_search_fields("intro", begins=False)

    class Meta:
        abstract = True

    def folded_text(self) -> str:
        return folded_text(self.title, self.intro)

    def listed(self) -> Any:
        """The pages below, in the editors' order; none of a page that has no place in the tree yet."""
        pages = self.page_model.objects
        return pages.child_of(self).order_by("path") if self.path else pages.none()

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Fetches the page below and its row of the catalogue at once; Wagtail's own way takes three queries
        for them.
        """
        if path_components:
            pages = self.listed().select_related(*self.shown_with)
            if page := pages.filter(slug=path_components[0]).first():
                return page.route(request, path_components[1:])
        return super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["listing"] = self.listing_class(self.listed(), request, now=timezone.now())
        return context

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        if _asks_for_results(request):
            return "courses/list_page.html#answer"
        template: str = super().get_template(request, *args, **kwargs)
        return template

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if clean_query(request.GET.get(WORDS, "")) and not may_search(request):
            return too_many(request)
        response = super().serve(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        if _asks_for_results(request):
            # A browser that goes back must never find the part in place of the page.
            add_never_cache_headers(response)
            response["HX-Push-Url"] = response.context_data["listing"].address
        return response


def _asks_for_results(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False)) and not getattr(request, "is_preview", False)
