"""STAGE: sources -> Document. Reads what a person has, keeps what is in the language, once, and sets some of it aside."""
