"""Templates to pages."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template, context):
    """Return a page; what the context holds is escaped, but for the SVG that we drew."""
    environment = Environment(
        loader=PackageLoader("skdigits.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(context)
