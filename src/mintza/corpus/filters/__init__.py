"""One file a filter, each a class of one of the three shapes in shapes.py."""
