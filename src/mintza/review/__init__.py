"""SERVICE: speakers read conversations on a local page and accept, edit or reject them; what they decide goes into the study."""
