"""Markdown of models and people into HTML that can do no harm. The only file that knows markdown-it and nh3."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# Headings of an answer stand below those of the page.
_LOWER = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
LONGEST = 200_000


@lru_cache(maxsize=2)
def _parser(breaks: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    # HTML in a text is shown as text, pictures are not loaded: an address of one would tell who reads.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": breaks}).enable(["table", "strikethrough"])
    return parser.disable(["image", "html_block", "html_inline"])


def rendered(text: str, *, breaks: bool = True) -> str:
    """The text as HTML: no script, no style, no picture, no form; links tell nobody where they were followed from.

    breaks: a new line is one on the page, as models and people mean it; a file's lines are broken anywhere.
    """
    import nh3

    parser = _parser(breaks)
    tokens = parser.parse(text[:LONGEST])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = _LOWER[token.tag]
    html = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        str(html),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )


async def rendered_aside(text: str) -> str:
    """The same, off the event loop: a text may be long and crooked."""
    return await asyncio.to_thread(rendered, text)
