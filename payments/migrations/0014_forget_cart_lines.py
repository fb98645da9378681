"""Whoever deletes a line of a cart, a checkout that names it forgets it: by the database itself."""

from django.db import migrations

FORGET = """
ALTER TABLE payments_checkoutline
    DROP CONSTRAINT payments_checkoutlin_cart_line_id_c506244d_fk_booking_c,
    ADD CONSTRAINT payments_checkoutlin_cart_line_id_c506244d_fk_booking_c
        FOREIGN KEY (cart_line_id) REFERENCES booking_cartline (id){} DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_unknown_payments")]

    operations = [migrations.RunSQL(FORGET.format(" ON DELETE SET NULL"), FORGET.format(""))]
