"""HOW IT LOOKS: what the verbs print; progress bars, tables, the conversation in the terminal."""
