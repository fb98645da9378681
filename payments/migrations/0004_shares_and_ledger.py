from django.db import migrations

# What was refunded before shares were written down: the whole of one line, to the card.
SHARES = """
    INSERT INTO payments_refundshare (refund_id, line_id, card_cad, credits_cad)
    SELECT id, line_id, amount_cad, 0 FROM payments_refund WHERE line_id IS NOT NULL;
    UPDATE payments_orderline l SET returned_cad = r.amount_cad, earnings = 'cancelled'
    FROM payments_refund r WHERE r.line_id = l.id AND r.status <> 'failed';
"""
LINES = """
    UPDATE payments_refund r SET line_id = s.line_id FROM payments_refundshare s WHERE s.refund_id = r.id;
    DELETE FROM payments_refundshare;
"""

APPEND_ONLY = """
    CREATE FUNCTION payments_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger of credits is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER credit_entry_append_only BEFORE UPDATE OR DELETE ON payments_creditentry
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_is_append_only();
"""
EDITABLE = """
    DROP TRIGGER credit_entry_append_only ON payments_creditentry;
    DROP FUNCTION payments_ledger_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_money_after_the_sale")]
    operations = [
        migrations.RunSQL(SHARES, LINES),
        migrations.RunSQL(APPEND_ONLY, EDITABLE),
    ]
