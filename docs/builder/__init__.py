"""The documentation site: pages of docs/, and a reference that is generated from the code, made into HTML by Sphinx."""
