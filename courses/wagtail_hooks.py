from wagtail import hooks
from wagtail.snippets.models import register_snippet

from courses.admin_views import CatalogueGroup, prepare_a_page, retire_what_has_history
from courses.checklist import add_checklist
from courses.editing import show_what_to_write

register_snippet(CatalogueGroup)
hooks.register("before_delete_snippet", retire_what_has_history)
hooks.register("after_create_snippet", prepare_a_page)
hooks.register("construct_homepage_panels", show_what_to_write)
hooks.register("construct_wagtail_userbar", add_checklist)
