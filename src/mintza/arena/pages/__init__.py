"""What a browser may ask for, one file a group of addresses."""
