from wagtail import hooks
from wagtail.snippets.models import register_snippet

from courses.admin_views import CatalogueGroup, retire_what_has_history

register_snippet(CatalogueGroup)
hooks.register("before_delete_snippet", retire_what_has_history)
