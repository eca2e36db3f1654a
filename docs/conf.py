"""Build the site: ``python -m sphinx -W --keep-going -c docs . build/site``.

It needs the extra ``docs``. The sources are the pages of the repository, so that their links are
the same on the site as in a clone. The pages of the API and of the examples are made in
``docs/generated``. ``-D plot_gallery=0`` does not run the examples: seconds instead of minutes.
"""

import os
import re
from pathlib import Path

from skdigits import __version__

HERE = Path(__file__).parent
UNIT = re.compile(r"(?<=\d) (?=([x%±]|[mk]?s|[kM]B)(?!\w))|(?<=±) (?=\d)")  # the space before it

project = "skdigits"
author = "The skdigits developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
root_doc = "docs/index"
include_patterns = ["docs/**", "*.md", "benchmarks/README.md"]
exclude_patterns = ["docs/templates"]
templates_path = [str(HERE / "templates")]
default_role = "py:obj"  # numpydoc's names in single backticks

# GitHub's anchors, which the pages use.
myst_heading_anchors = 4

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings have the types
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template shows them
numpydoc_xref_param_type = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
copybutton_remove_prompts = True

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "docs/generated/gallery",
    "filename_pattern": r"/(?!03|13)\d\d_",  # 03 downloads MNIST, 13 writes a file
    "within_subsection_order": "FileNameSortKey",
    "default_thumb_file": str(HERE / "page.png"),  # of 13
    "remove_config_comments": True,
    "backreferences_dir": "docs/generated/used_in",
    "doc_module": ("skdigits",),
    "reference_url": {"skdigits": None},
    "write_computation_times": False,
    "show_memory": False,
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["pages"]}
html_extra_path = ["redirect"]  # the first page is not at the top, as the sources are not
html_copy_source = False
html_use_index = False  # docs/api.md is it
html_show_sphinx = False
html_theme_options = {
    "navbar_center": [],  # the side bar has all pages
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def setup(app):
    """Change the pages as they are read, and let TensorFlow be silent in the examples."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    app.connect("source-read", for_the_site)


def for_the_site(app, docname, source):
    """Let links to scripts lead to the gallery, and code end without the blank line of doctest.

    In tables, figures stay beside their units.
    """
    text = source[0].replace("\n\n```\n", "\n```\n")
    text = re.sub(r"^\|.*", lambda row: UNIT.sub("\N{NO-BREAK SPACE}", row[0]), text, flags=re.M)
    gallery = "/docs/generated/gallery"
    text = re.sub(r"\]\((\.\./)?examples/README\.md\)", f"]({gallery}/index.rst)", text)
    source[0] = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", rf"]({gallery}/\1.rst)", text)
