from django.urls import path

from booking.views import lessons

urlpatterns = [
    path("tableau-de-bord/", lessons.dashboard, name="dashboard"),
    path("rendez-vous/<uuid:pk>/calendrier.ics", lessons.appointment_ics, name="appointment-ics"),
]
