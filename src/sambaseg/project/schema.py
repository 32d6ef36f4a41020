"""The tables of a project's ``log.sqlite``, and how those of an older format become the present ones.

Format 1 knew one image: its steps named none, its facts told its size.
"""

from __future__ import annotations

import json

import apsw

from sambaseg.errors import DamagedProjectError

FORMAT = 2
APPLICATION_ID = 0x53_4D_42_53  # "SMBS"

_TABLES = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE images (
    id INTEGER PRIMARY KEY,       -- never given twice: the row of a removed image stays
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    position INTEGER,             -- in the order of images; NULL once it was removed
    linked INTEGER NOT NULL,      -- 1 where its file is not in the project
    content TEXT NOT NULL         -- what is known of it, as JSON
) STRICT;
CREATE TABLE results (
    id TEXT PRIMARY KEY,
    image INTEGER NOT NULL REFERENCES images (id),
    state TEXT NOT NULL,          -- running, paused or complete
    labels_state INTEGER NOT NULL,
    content TEXT NOT NULL         -- what is known of it, as JSON
) STRICT;
CREATE INDEX results_of_image ON results (image);
CREATE TABLE operations (
    revision INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    client_seq INTEGER NOT NULL,
    base_revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,           -- in plain words, for undo and redo
    is_step INTEGER NOT NULL,     -- 1 where it can be undone
    changes_labels INTEGER NOT NULL,
    target INTEGER REFERENCES operations (revision),  -- the step that an undo or redo takes
    classes TEXT,                 -- the class list after it, where it changed
    digest BLOB NOT NULL,
    time REAL NOT NULL,
    image INTEGER REFERENCES images (id),  -- NULL for what belongs to no image, and for undo and redo
    UNIQUE (client_id, client_seq)
) STRICT;
CREATE INDEX class_lists ON operations (revision) WHERE classes IS NOT NULL;
CREATE INDEX removals ON operations (image, revision) WHERE kind = 'remove';
CREATE TABLE changes (
    revision INTEGER NOT NULL REFERENCES operations (revision),
    image INTEGER NOT NULL REFERENCES images (id),
    layer INTEGER NOT NULL,
    ty INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    delta BLOB NOT NULL,
    UNIQUE (revision, image, layer, ty, tx)
) STRICT;
CREATE TABLE snapshots (revision INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT;
CREATE TABLE snapshot_tiles (
    image INTEGER NOT NULL REFERENCES images (id),
    layer INTEGER NOT NULL,
    ty INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES snapshots (revision),
    delta BLOB NOT NULL,          -- from an empty tile
    PRIMARY KEY (image, layer, ty, tx, revision)
) STRICT;
CREATE INDEX snapshot_tiles_of_revision ON snapshot_tiles (revision);
"""


def create_tables(connection: apsw.Connection) -> None:
    """Make the tables in an empty file, within a transaction that is open."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}")
    connection.execute(_TABLES)


def upgrade_from_1(connection: apsw.Connection, image: str) -> None:
    """Make the tables of format 1 those of format 2, within a transaction that is open.

    `image` is what is known of the one image there is, as JSON; it gets the id 0. All that was stored is kept as it is:
    operations, changes, snapshots and facts. Raises DamagedProjectError.
    """
    sizes = connection.execute("SELECT value FROM facts WHERE key = 'shape_yx'").fetchall()
    if not sizes:
        raise DamagedProjectError("The operation log does not tell the size of its image.")
    height, width = json.loads(str(sizes[0][0]))
    for table in ("facts", "operations", "changes", "snapshots", "snapshot_tiles"):
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    connection.execute("DROP INDEX class_lists")
    connection.execute(_TABLES)
    connection.execute("INSERT INTO images VALUES (0, ?, ?, 0, 0, ?)", (height, width, image))
    connection.execute("INSERT INTO facts SELECT * FROM old_facts WHERE key != 'shape_yx'")
    connection.execute(
        "INSERT INTO operations SELECT *, CASE WHEN kind IN ('paint', 'erase', 'clear', 'import') THEN 0 END"
        " FROM old_operations ORDER BY revision"
    )
    connection.execute("INSERT INTO changes SELECT revision, 0, layer, ty, tx, delta FROM old_changes")
    connection.execute("INSERT INTO snapshots SELECT * FROM old_snapshots")
    connection.execute("INSERT INTO snapshot_tiles SELECT 0, layer, ty, tx, revision, delta FROM old_snapshot_tiles")
    for table in ("changes", "snapshot_tiles", "snapshots", "operations", "facts"):
        connection.execute(f"DROP TABLE old_{table}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
