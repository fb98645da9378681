from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_shares_and_ledger")]
    operations = [migrations.RemoveField(model_name="refund", name="line")]
