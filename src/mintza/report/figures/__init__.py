"""Geometry of the figures: numbers become places in per cent, which the templates draw as SVG."""
