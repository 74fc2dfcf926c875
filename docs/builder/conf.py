"""Sphinx's settings for the site; `site.py` copies this file beside the pages that it stages."""

project = "Mintza"
author = "the authors of Mintza"
extensions = ["myst_parser"]
root_doc = "index"
language = "en"
exclude_patterns = ["Thumbs.db"]
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]  # tables in commas have no lexer
pygments_style = "tango"
pygments_dark_style = "github-dark"
myst_heading_anchors = 4
myst_enable_extensions = ["fieldlist"]
html_theme = "furo"
html_title = "Mintza"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_last_updated_fmt = None
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5d4b", "color-brand-content": "#0b5d4b"},
    "dark_css_variables": {"color-brand-primary": "#7fd1b9", "color-brand-content": "#7fd1b9"},
}
