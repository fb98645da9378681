from django.urls import path
from wagtail.contrib.sitemaps.views import sitemap

from accounts.access import public
from home import views

urlpatterns = [
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", public(sitemap), name="sitemap"),
    path("marque/<str:accent>-<str:version>.css", views.accent, name="accent"),
    path("recherche/", views.search, name="search"),
    path("recherche/suggestions/", views.suggestions, name="search-suggestions"),
]
