from config.settings.demo import *  # noqa: F403
from config.settings.demo import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.mortal.apps.Mortal"]
