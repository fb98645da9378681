from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "home"
    verbose_name = _("Site")

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save
        from wagtail.images import get_image_model
        from wagtail.models import Page, PageViewRestriction, Site
        from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

        from accounts.brand import brand_with
        from home.brand import SiteSettings
        from home.chrome import forget_after_commit, mail_brand
        from home.tasks import draw_after_commit

        for signal in (page_published, page_unpublished, page_slug_changed, post_page_move):
            signal.connect(forget_after_commit)
        post_delete.connect(forget_after_commit, sender=Page)
        for model in (Site, SiteSettings, PageViewRestriction, get_image_model()):
            post_save.connect(forget_after_commit, sender=model)
            post_delete.connect(forget_after_commit, sender=model)
        page_published.connect(draw_after_commit)
        brand_with(mail_brand)
