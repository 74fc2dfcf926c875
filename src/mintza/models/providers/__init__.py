"""Ways to a model: each gives the seam TextModel."""
