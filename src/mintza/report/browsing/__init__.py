"""All answers and battles as plain pages in parts, with a search that needs no network."""
