"""What a model is measured by, one file each: how it is asked, and what an answer is worth."""
