"""STAGE: exam definitions become items. No model is asked here."""
