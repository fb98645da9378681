from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks

from home import admin_menu

hooks.register("register_admin_menu_item", admin_menu.redirects_item)
hooks.register("construct_settings_menu", admin_menu.without_redirects)
hooks.register("construct_main_menu", admin_menu.without_reports)
hooks.register("construct_help_menu", admin_menu.without_english_guides)


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))
