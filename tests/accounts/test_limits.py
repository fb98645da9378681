"""Counters per address, and the address that is counted."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from accounts.limits import client_address, within_limit


def test_tries_beyond_the_limit_are_refused_and_counted_by_key() -> None:
    assert [within_limit("essai", "a", limit=3, seconds=60) for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert within_limit("essai", "b", limit=3, seconds=60)
    assert within_limit("autre", "a", limit=3, seconds=60)


def test_without_redis_everybody_passes(settings: Settings) -> None:
    nobody_there = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nobody_there}

    assert [within_limit("essai", "a", limit=1, seconds=60) for _ in range(3)] == [True, True, True]


def test_without_a_proxy_of_ours_the_forwarded_address_is_a_claim(settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": "203.0.113.7"}, REMOTE_ADDR="198.51.100.4"
    )

    assert client_address(request) == "198.51.100.4"


def test_behind_our_proxy_only_what_it_wrote_itself_counts(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.7"}, REMOTE_ADDR="198.51.100.4"
    )

    assert client_address(request) == "203.0.113.7"


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        ("2001:db8:5:7:1::1", "2001:db8:5:7::"),
        ("2001:db8:5:7:ffff:ffff:ffff:ffff", "2001:db8:5:7::"),  # the same home
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::"),
        ("unknown", ""),
        ("", ""),
    ],
    ids=["ipv6", "its neighbour", "mapped", "with a zone", "no address", "unix socket"],
)
def test_a_home_counts_once_and_what_is_no_address_is_none(written: str, counted: str) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=written)) == counted


def test_a_header_that_is_no_address_leaves_the_one_that_sent_it(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "unknown"}, REMOTE_ADDR="198.51.100.4")

    assert client_address(request) == "198.51.100.4"
