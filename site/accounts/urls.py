from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from accounts import mail_views, views
from accounts.access import public

to_login = public(RedirectView.as_view(pattern_name="login", query_string=True))

urlpatterns = [
    path("connexion/", views.login, name="login"),
    path("deconnexion/", views.logout, name="logout"),
    # An account is made by the first paid booking: there is nothing to fill in here.
    path("inscription/", to_login, name="signup"),
    # Wagtail brings two log-in pages of its own; the house has one door.
    path(f"{settings.ADMIN_PATH}login/", to_login),
    path("_util/login/", to_login),
    path("mot-de-passe/", views.password_reset, name="password_reset"),
    path("mot-de-passe/envoye/", views.password_reset_done, name="password_reset_done"),
    path("mot-de-passe/change/", views.password_reset_complete, name="password_reset_complete"),
    path("mot-de-passe/<uidb64>/<token>/", views.password_reset_confirm, name="password_reset_confirm"),
    path("tableau-de-bord/profil/", views.profile, name="profile"),
    path("tableau-de-bord/profil/mot-de-passe/", views.profile_password, name="profile-password"),
    path("tableau-de-bord/profil/courriels/", mail_views.profile_mails, name="profile-mails"),
    path("courriels/<str:token>/", mail_views.mail_refusal, name="mail-refusal"),
]
