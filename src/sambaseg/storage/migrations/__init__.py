"""The history of the schema: one file a step in `versions`, run by Alembic."""

HEAD = "0002"
"""The newest version; a test keeps it equal to the newest file of `versions`."""
