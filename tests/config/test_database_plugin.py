"""The databases of the tests themselves: what a committing test leaves to the next."""

import pytest
from django.contrib.auth.models import Group
from wagtail.models import Page

from tests.databases import put_initial_rows_back
from tests.factories import make_user


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_is_undone_to_what_the_migrations_made() -> None:
    before = list(Group.objects.values_list("name", flat=True)), Page.objects.count()
    make_user()
    Page.objects.all().delete()
    Group.objects.all().delete()

    put_initial_rows_back()

    assert (list(Group.objects.values_list("name", flat=True)), Page.objects.count()) == before
    assert Page.objects.filter(depth=1).exists()
