from wagtail import hooks

from home import admin_menu

hooks.register("register_admin_menu_item", admin_menu.redirects_item)
hooks.register("construct_settings_menu", admin_menu.without_redirects)
hooks.register("construct_main_menu", admin_menu.without_reports)
hooks.register("construct_help_menu", admin_menu.without_english_guides)
