"""How every form of the site draws its fields."""

from django.forms.renderers import TemplatesSetting


class FieldRenderer(TemplatesSetting):
    """`{{ field.as_field_group }}` and `{{ form }}` use our own template: label, hint, errors, control."""

    field_template_name = "forms/field.html"
