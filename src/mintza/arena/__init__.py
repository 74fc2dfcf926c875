"""The arena: people of a language's community compare two models blind, and every vote counts once.

A service, not a stage: it can be deployed alone, speaks to models over HTTP only, and keeps people's data in its own database.
"""
