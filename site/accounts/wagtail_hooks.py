from wagtail import hooks

from accounts.admin_views import REFUSED_IN_BULK

for _action in REFUSED_IN_BULK:
    # After Wagtail's own, whose place they take.
    hooks.register("register_bulk_action", _action, order=1)
