from django.urls import path

from payments import views

urlpatterns = [
    path("paiement/", views.checkout, name="checkout"),
    path("paiement/annuler/", views.checkout_cancel, name="checkout-cancel"),
    path("paiement/<uuid:checkout_id>/retour/", views.checkout_return, name="checkout-return"),
    path("stripe/webhook/", views.stripe_webhook, name="stripe-webhook"),
]
