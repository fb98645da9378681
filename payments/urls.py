from django.urls import path

from payments.views.cards import card_remove
from payments.views.checkout import checkout, checkout_cancel
from payments.views.coupons import coupon_apply, coupon_remove
from payments.views.credits import credit_history
from payments.views.lessons import appointment_cancel, appointment_move
from payments.views.returning import checkout_return
from payments.views.webhook import stripe_webhook

urlpatterns = [
    path("panier/code/", coupon_apply, name="coupon-apply"),
    path("panier/code/retirer/", coupon_remove, name="coupon-remove"),
    path("paiement/", checkout, name="checkout"),
    path("paiement/annuler/", checkout_cancel, name="checkout-cancel"),
    path("paiement/<uuid:checkout_id>/retour/", checkout_return, name="checkout-return"),
    path("rendez-vous/<uuid:pk>/annuler/", appointment_cancel, name="appointment-cancel"),
    path("rendez-vous/<uuid:pk>/deplacer/", appointment_move, name="appointment-move"),
    path("tableau-de-bord/profil/cartes/<uuid:pk>/retirer/", card_remove, name="card-remove"),
    path("tableau-de-bord/credits/", credit_history, name="credits"),
    path("stripe/webhook/", stripe_webhook, name="stripe-webhook"),
]
