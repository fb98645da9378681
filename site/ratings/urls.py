from django.urls import path

from ratings import views

urlpatterns = [
    path("tableau-de-bord/evaluations/", views.ratings, name="ratings"),
    path("tableau-de-bord/evaluations/<uuid:tutor>/<uuid:course>/", views.rate_tutor, name="rate"),
]
