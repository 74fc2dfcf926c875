"""What the sections of the page lay out, one module a section: numbers become words and places."""
