"""Render pages. All of them share the layout and the style in `templates`."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def render(package, template, context):
    """Return a page.

    Parameters
    ----------
    package : str
        The package that has the template in its folder `templates`.
    template : str
        Its name.
    context : dict
        Values for the template. They are escaped, except for the SVG of our drawings.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("skdigits._pages")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )
    return environment.get_template(template).render(context)


def _unbroken(value):
    """Return a value whose spreads stay with their signs where lines are broken."""
    return value.replace("± ", "±\N{NO-BREAK SPACE}") if isinstance(value, str) else value
