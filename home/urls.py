from django.urls import path

from home import views

urlpatterns = [
    path("recherche/", views.search, name="search"),
]
