"""PAGES OF ANY ROOM: words in the reader's language, templates, and the rules a browser is told."""
