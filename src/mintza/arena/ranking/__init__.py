"""Votes into a ranking: which count, what they say, kept ready beside the requests."""
