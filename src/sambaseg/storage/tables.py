"""All tables of the database, with one metadata and one history of migrations.

Ids are 32 hexadecimal digits made here, times are in UTC. What a secret opens (sessions, invites, links) is kept only
as the SHA-256 of the secret. A change here needs a migration in `migrations/versions`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sambaseg.storage.column_types import BIG_TYPE, JSON_TYPE, Hash, Id, Name, UtcTime, new_id, now


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime,
        date: Date,
        bool: Boolean,
        float: Float(53),
        dict[str, Any]: JSON_TYPE,
        list[Any]: JSON_TYPE,
    }


# people


class Person(Table):
    """Somebody with an account. `login` is in lower case; one who signs in elsewhere only has no password."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'moderator', 'member')", name="role"),
        UniqueConstraint("oidc_issuer", "oidc_subject"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[Name] = mapped_column(unique=True)
    name: Mapped[Name]
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(400))
    oidc_issuer: Mapped[str | None] = mapped_column(String(400))
    oidc_subject: Mapped[str | None] = mapped_column(String(400))
    disabled: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(default=now)
    last_seen: Mapped[datetime | None]


class Visitor(Table):
    """Somebody without an account, on a public site, until `expires`."""

    __tablename__ = "visitors"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    created: Mapped[datetime] = mapped_column(default=now)
    last_seen: Mapped[datetime | None]
    expires: Mapped[datetime] = mapped_column(index=True)


class Invite(Table):
    """A link by which one person can make an account, once, before `expires`."""

    __tablename__ = "invites"
    __table_args__ = (CheckConstraint("role IN ('admin', 'moderator', 'member')", name="role"),)

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    secret_hash: Mapped[Hash] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(16))
    note: Mapped[Name] = mapped_column(default="")
    created: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    expires: Mapped[datetime]
    used: Mapped[datetime | None]
    used_by: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    revoked: Mapped[datetime | None]


class SignIn(Table):
    """A session of a browser, of a person or of a visitor; its key is the hash of what the cookie holds."""

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (visitor_id IS NULL)", name="one_owner"),)

    secret_hash: Mapped[Hash] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    visitor_id: Mapped[Id | None] = mapped_column(ForeignKey("visitors.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    last_seen: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(String(400), default="")


class OidcFlow(Table):
    """A sign-in at a provider that is under way; its key is the hash of the state that comes back."""

    __tablename__ = "oidc_flows"

    state_hash: Mapped[Hash] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(String(200))
    code_verifier: Mapped[str] = mapped_column(String(200))
    return_to: Mapped[str] = mapped_column(String(2000), default="/")
    expires: Mapped[datetime] = mapped_column(index=True)


# projects: whose they are and who may see them


class ProjectOwner(Table):
    """Whose a project is: a person's or a visitor's. A project without a row is nobody's."""

    __tablename__ = "project_owners"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (visitor_id IS NULL)", name="one_owner"),)

    project_id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"), index=True)
    visitor_id: Mapped[Id | None] = mapped_column(ForeignKey("visitors.id", ondelete="RESTRICT"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    bytes_used: Mapped[int] = mapped_column(BIG_TYPE, default=0)
    measured: Mapped[datetime | None]


class ProjectShare(Table):
    """A person who may see a project of another ("viewer"), or change it ("editor")."""

    __tablename__ = "project_shares"
    __table_args__ = (CheckConstraint("access IN ('viewer', 'editor')", name="access"),)

    project_id: Mapped[Id] = mapped_column(
        ForeignKey("project_owners.project_id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    access: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class Quota(Table):
    """What one person may use where it is not what everybody may; None leaves it at that."""

    __tablename__ = "quotas"

    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    megabytes: Mapped[int | None]
    jobs_a_day: Mapped[int | None]


class UsageDay(Table):
    """What a person or a visitor (`owner_id`) used on one day, UTC."""

    __tablename__ = "usage_days"

    owner_id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    jobs: Mapped[int] = mapped_column(default=0)
    job_seconds: Mapped[float] = mapped_column(default=0.0)
    uploaded_bytes: Mapped[int] = mapped_column(BIG_TYPE, default=0)


# the site


class AuditRecord(Table):
    """Something that somebody did to accounts, shares, the gallery or the site; never changed, never removed.

    `actor` is how the person was called then; `actor_id` is a person's or a visitor's id, None for the command line.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "object_kind", "object_id"),)

    id: Mapped[int] = mapped_column(BIG_TYPE, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor_id: Mapped[Id | None]
    actor: Mapped[Name]
    action: Mapped[str] = mapped_column(String(64), index=True)
    object_kind: Mapped[str] = mapped_column(String(32), default="")
    object_id: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SiteSetting(Table):
    """What an administrator set on the page, over the settings of the environment."""

    __tablename__ = "site_settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
    changed: Mapped[datetime] = mapped_column(default=now)
    changed_by: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


# gallery


class Entry(Table):
    """A shared micrograph: what stays the same over its versions.

    `public_version` is the number of the version that everybody sees; `withdrawn` is when the owner took it back.
    In local mode an entry has no owner but the person at this machine.
    """

    __tablename__ = "gallery_entries"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    visitor_id: Mapped[Id | None] = mapped_column(ForeignKey("visitors.id", ondelete="SET NULL"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    published: Mapped[datetime | None]
    public_version: Mapped[int | None]
    latest_version: Mapped[int] = mapped_column(default=1)
    withdrawn: Mapped[datetime | None]
    follow_hash: Mapped[Hash | None] = mapped_column(unique=True)
    versions: Mapped[list[EntryVersion]] = relationship(
        order_by="EntryVersion.number", cascade="all, delete-orphan", passive_deletes=True, back_populates="entry"
    )


class EntryVersion(Table):
    """One version of an entry: its metadata, its state, and which project it was taken from.

    `described` is what was written about it (`EntryMetadata`); `measured` is what is known of its content: size,
    classes with names and colours, phase fractions.
    """

    __tablename__ = "gallery_versions"
    __table_args__ = (
        UniqueConstraint("entry_id", "number"),
        CheckConstraint(
            "state IN ('draft', 'waiting', 'changes_wanted', 'accepted', 'rejected', 'withdrawn')", name="state"
        ),
        Index(None, "state", "submitted"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[Id] = mapped_column(ForeignKey("gallery_entries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    described: Mapped[dict[str, Any]]
    measured: Mapped[dict[str, Any]]
    source_project_id: Mapped[Id | None]
    source_image: Mapped[int | None]
    created: Mapped[datetime] = mapped_column(default=now)
    changed: Mapped[datetime] = mapped_column(default=now)
    consented: Mapped[datetime | None]
    submitted: Mapped[datetime | None]
    decided: Mapped[datetime | None]
    entry: Mapped[Entry] = relationship(back_populates="versions")
    files: Mapped[list[VersionFile]] = relationship(
        order_by="VersionFile.kind", cascade="all, delete-orphan", passive_deletes=True
    )


class VersionFile(Table):
    """A file of a version: which content in the store of files it is, and what it is called outside."""

    __tablename__ = "gallery_files"

    version_id: Mapped[Id] = mapped_column(ForeignKey("gallery_versions.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[Hash] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BIG_TYPE)
    file_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))


class ModerationStep(Table):
    """A step of an entry on its way into the gallery or out of it: who did what when, and why; never changed."""

    __tablename__ = "moderation_log"

    id: Mapped[int] = mapped_column(BIG_TYPE, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    entry_id: Mapped[Id] = mapped_column(index=True)
    number: Mapped[int]
    actor_id: Mapped[Id | None]
    actor: Mapped[Name]
    action: Mapped[str] = mapped_column(String(32))
    state_before: Mapped[str] = mapped_column(String(16))
    state_after: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")


class Card(Table):
    """What the list of the gallery shows and sorts by, of the public version of an entry.

    Made anew from the version whenever that changes; the index of words stands beside it (`gallery_words` on SQLite,
    the column `document` on PostgreSQL). `pixel_nm` is the larger side of a pixel.
    """

    __tablename__ = "gallery_cards"
    __table_args__ = (
        Index(None, "published", "id"),
        Index(None, "quality", "id"),
        Index(None, "title_key", "id"),
        Index(None, "licence", "published"),
        Index(None, "material_key", "published"),
        Index(None, "instrument_key", "published"),
        Index(None, "pixel_nm"),
    )

    id: Mapped[int] = mapped_column(BIG_TYPE, primary_key=True, autoincrement=True)
    entry_id: Mapped[Id] = mapped_column(ForeignKey("gallery_entries.id", ondelete="CASCADE"), unique=True)
    number: Mapped[int]
    published: Mapped[datetime]
    title_key: Mapped[str] = mapped_column(String(300))
    licence: Mapped[str] = mapped_column(String(40))
    quality: Mapped[int]
    pixel_nm: Mapped[float | None]
    has_labels: Mapped[bool]
    material: Mapped[Name]
    material_key: Mapped[Name]
    instrument: Mapped[Name]
    instrument_key: Mapped[Name]
    summary: Mapped[dict[str, Any]]
    classes: Mapped[list[CardClass]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class CardClass(Table):
    """A class of an entry: its name in lower case."""

    __tablename__ = "gallery_card_classes"

    card_id: Mapped[int] = mapped_column(BIG_TYPE, ForeignKey("gallery_cards.id", ondelete="CASCADE"), primary_key=True)
    name_key: Mapped[Name] = mapped_column(primary_key=True, index=True)
    name: Mapped[Name]
