"""What heads the home page becomes a block of it, like everything below."""

import uuid

from django.db import migrations


def to_block(apps, schema_editor):
    for home in apps.get_model("home.HomePage").objects.all():
        actions = []
        if home.action_label and home.action_page_id:
            actions = [{"label": home.action_label, "page": home.action_page_id}]
        value = {
            "heading": home.headline or home.title,
            "text": home.intro,
            "image": {"image": home.illustration_id, "decorative": False, "alt_text": ""},
            "actions": [{"type": "item", "id": str(uuid.uuid4()), "value": action} for action in actions],
        }
        if home.illustration_id:
            value["image"]["alt_text"] = home.illustration.description
        home.body = [{"type": "hero", "id": str(uuid.uuid4()), "value": value}, *home.body]
        home.save(update_fields=["body"])


def to_fields(apps, schema_editor):
    for home in apps.get_model("home.HomePage").objects.all():
        for block in [block for block in home.body if block["type"] == "hero"]:
            value = block["value"]
            home.headline, home.intro = value["heading"][:160], value["text"]
            home.illustration_id = (value["image"] or {}).get("image")
            for action in value["actions"][:1]:
                home.action_label, home.action_page_id = action["value"]["label"], action["value"]["page"]
        home.body = [block for block in home.body if block["type"] != "hero"]
        home.save()


class Migration(migrations.Migration):
    dependencies = [("home", "0003_brand"), ("courses", "0002_index_pages")]

    operations = [migrations.RunPython(to_block, to_fields)]
