"""STAGE: a model answers items, texts and prompts; answers become scores and measurements."""
