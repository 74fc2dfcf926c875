"""TALKING TO A MODEL. The seam TextModel and its providers, the journal, chat templates, finding backbones."""
