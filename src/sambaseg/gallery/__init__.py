"""Shared micrographs: what is written about them, versions, moderation, search, citation."""
