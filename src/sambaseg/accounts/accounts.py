"""Everything about accounts behind one object, for the server and the command line."""

from __future__ import annotations

from sqlalchemy import func, select

from sambaseg.accounts.invites import Invites
from sambaseg.accounts.ownership import Ownership
from sambaseg.accounts.people import People
from sambaseg.accounts.quotas import Quotas
from sambaseg.accounts.sessions import Sessions
from sambaseg.accounts.site_settings import SiteSettings
from sambaseg.settings import Settings
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import EntryVersion, Person, Visitor


class Accounts:
    """People, their sessions and invites, what they own and what they may use, in one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self.people = People(database)
        self.settings = SiteSettings(database, settings)
        self.sessions = Sessions(database, visitor_days=lambda: self.settings.now().anonymous_days)
        self.invites = Invites(database)
        self.ownership = Ownership(database)
        self.quotas = Quotas(database, self.settings.now)

    def counts(self) -> tuple[int, int, int]:
        """Return how many people, visitors and waiting entries of the gallery there are."""
        with self._database.reading() as session:
            people = session.scalar(select(func.count()).select_from(Person).where(~Person.disabled))
            visitors = session.scalar(select(func.count()).select_from(Visitor).where(Visitor.expires > now()))
            waiting = session.scalar(
                select(func.count()).select_from(EntryVersion).where(EntryVersion.state == "waiting")
            )
        return people or 0, visitors or 0, waiting or 0
