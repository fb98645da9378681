from django.urls import path

from booking.views import cart, explain, lessons, picker, series

urlpatterns = [
    path("creneaux/", picker.picker, name="picker"),
    path("creneaux/pourquoi/", explain.why, name="picker-why"),
    path("panier/", cart.cart, name="cart"),
    path("panier/ajouter/", cart.add, name="cart-add"),
    path("panier/<uuid:line>/retirer/", cart.remove, name="cart-remove"),
    path("panier/<uuid:line>/reprendre/", cart.renew, name="cart-renew"),
    path("panier/<uuid:line>/repeter/", series.repeat, name="cart-repeat"),
    path("tableau-de-bord/", lessons.dashboard, name="dashboard"),
    path("rendez-vous/<uuid:pk>/calendrier.ics", lessons.appointment_ics, name="appointment-ics"),
]
