"""Render templates."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template, context):
    """Return a page. The values of the context are escaped, except for the SVG of our drawings."""
    environment = Environment(
        loader=PackageLoader("skdigits.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(context)
