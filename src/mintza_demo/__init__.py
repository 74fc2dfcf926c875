"""The demo's own data: texts, conversations, prompts and an exam, written for this project, CC0. See DATACARD.md."""
