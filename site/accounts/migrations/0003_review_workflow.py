"""One way to have a page read over before it is published: "Relecture", by the direction, on the whole site.

Nobody has to take it: who may publish still may.
"""

from django.db import migrations

NAME = "Relecture"
TASK = "Relecture par la direction"
# Made by Wagtail for a group that is not here.
STOCK = "Moderators approval"


def make_workflow(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Group = apps.get_model("auth", "Group")
    GroupApprovalTask = apps.get_model("wagtailcore", "GroupApprovalTask")
    Page = apps.get_model("wagtailcore", "Page")
    Task = apps.get_model("wagtailcore", "Task")
    Workflow = apps.get_model("wagtailcore", "Workflow")
    WorkflowPage = apps.get_model("wagtailcore", "WorkflowPage")
    WorkflowTask = apps.get_model("wagtailcore", "WorkflowTask")

    Workflow.objects.filter(name=STOCK, workflow_states=None).delete()
    Task.objects.filter(name=STOCK, task_states=None).delete()
    kind, _ = ContentType.objects.get_or_create(app_label="wagtailcore", model="groupapprovaltask")
    task = GroupApprovalTask.objects.create(name=TASK, content_type=kind, active=True)
    task.groups.add(Group.objects.get(name="Direction"))
    workflow = Workflow.objects.create(name=NAME, active=True)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    if root := Page.objects.filter(depth=1).first():
        # A page has one workflow: the direction's own choice, where it made one, stays.
        WorkflowPage.objects.get_or_create(page=root, defaults={"workflow": workflow})


def remove_workflow(apps, schema_editor):
    apps.get_model("wagtailcore", "Workflow").objects.filter(name=NAME).delete()
    apps.get_model("wagtailcore", "Task").objects.filter(name=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_groups"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(make_workflow, remove_workflow)]
