"""What leaves the arena, what comes into it from a file, and what is not kept for ever."""
