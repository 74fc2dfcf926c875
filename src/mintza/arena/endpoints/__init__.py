"""Models behind addresses: asked as a stream, and never trusted."""
