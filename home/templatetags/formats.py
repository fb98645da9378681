"""Québec's formats as template filters, built into every template."""

from django import template

from home import formats

register = template.Library()
register.filter("money", formats.money)
register.filter("signed_money", formats.signed_money)
register.filter("long_date", formats.long_date)
register.filter("short_date", formats.short_date)
register.filter("month", formats.month)
register.filter("clock", formats.clock)
register.filter("duration", formats.duration)
