from django.db import migrations


class Migration(migrations.Migration):
    """Order numbers come from a sequence: none is ever given twice, whoever asks at once."""

    dependencies = [("payments", "0001_checkout")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE payments_order_number", "DROP SEQUENCE payments_order_number")
    ]
