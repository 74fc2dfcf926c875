"""THE RELEASE: a study's models, data and results in a folder that a stranger can check; and the check."""
