"""PAGES OF ANY ROOM: words in the reader's language, templates, the rules a browser is told, and where it is served."""
