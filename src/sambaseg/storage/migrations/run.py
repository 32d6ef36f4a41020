"""Running migrations inside a transaction that somebody else began."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util.exc import CommandError

from sambaseg.errors import DatabaseTooNewError
from sambaseg.storage.migrations import HEAD


def script_directory() -> ScriptDirectory:
    """Return the steps as Alembic sees them."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def upgrade(connection: sa.Connection, version: str | None, target: str = HEAD) -> None:
    """Bring the schema from `version` to `target`, within the transaction of `connection`.

    Raises DatabaseTooNewError where `version` is none of the steps that are known here.
    """
    scripts = script_directory()
    if version is not None:
        try:
            scripts.get_revision(version)
        except (ResolutionError, CommandError) as error:
            raise DatabaseTooNewError(
                f"The database has the schema {version} of a newer version of sambaseg; this one knows {HEAD}.",
                hint="Install the newer version, or restore a backup that was made before.",
            ) from error
    with EnvironmentContext(
        Config(), scripts, fn=lambda at, _context: scripts._upgrade_revs(target, at), destination_rev=target
    ) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
