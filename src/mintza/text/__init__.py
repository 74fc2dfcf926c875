"""TEXT ITSELF: normal forms, language identification, near-duplicates, repetition, masks, verdicts. No files, no models of our own."""
