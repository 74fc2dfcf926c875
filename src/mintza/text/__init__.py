"""TEXT ITSELF: normal forms, language identification, near-duplicates, repetition, masks. No files, no models of our own."""
