"""Accounts, whose projects are whose, the gallery with its index of words.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sambaseg.storage.column_types import BIG_TYPE, JSON_TYPE, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit_log",
        sa.Column("id", BIG_TYPE, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("detail", JSON_TYPE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_action", "audit_log", ["action"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_object_kind_object_id", "audit_log", ["object_kind", "object_id"])
    op.create_table(
        "moderation_log",
        sa.Column("id", BIG_TYPE, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("state_before", sa.String(length=16), nullable=False),
        sa.Column("state_after", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_log"),
    )
    op.create_index("ix_moderation_log_at", "moderation_log", ["at"])
    op.create_index("ix_moderation_log_entry_id", "moderation_log", ["entry_id"])
    op.create_table(
        "oidc_flows",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=200), nullable=False),
        sa.Column("code_verifier", sa.String(length=200), nullable=False),
        sa.Column("return_to", sa.String(length=2000), nullable=False),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_oidc_flows"),
    )
    op.create_index("ix_oidc_flows_expires", "oidc_flows", ["expires"])
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=400), nullable=True),
        sa.Column("oidc_issuer", sa.String(length=400), nullable=True),
        sa.Column("oidc_subject", sa.String(length=400), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'moderator', 'member')", name="ck_people_role"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("login", name="uq_people_login"),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name="uq_people_oidc_issuer_oidc_subject"),
    )
    op.create_table(
        "usage_days",
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("job_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("uploaded_bytes", BIG_TYPE, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "day", name="pk_usage_days"),
    )
    op.create_index("ix_usage_days_day", "usage_days", ["day"])
    op.create_table(
        "visitors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=True),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visitors"),
    )
    op.create_index("ix_visitors_expires", "visitors", ["expires"])
    op.create_table(
        "gallery_entries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("visitor_id", sa.String(length=32), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("published", UtcTime(), nullable=True),
        sa.Column("public_version", sa.Integer(), nullable=True),
        sa.Column("latest_version", sa.Integer(), nullable=False),
        sa.Column("withdrawn", UtcTime(), nullable=True),
        sa.Column("follow_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_gallery_entries_person_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.id"], name="fk_gallery_entries_visitor_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gallery_entries"),
        sa.UniqueConstraint("follow_hash", name="uq_gallery_entries_follow_hash"),
    )
    op.create_index("ix_gallery_entries_person_id", "gallery_entries", ["person_id"])
    op.create_index("ix_gallery_entries_visitor_id", "gallery_entries", ["visitor_id"])
    op.create_table(
        "invites",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.Column("used", UtcTime(), nullable=True),
        sa.Column("used_by", sa.String(length=32), nullable=True),
        sa.Column("revoked", UtcTime(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'moderator', 'member')", name="ck_invites_role"),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name="fk_invites_created_by", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["used_by"], ["people.id"], name="fk_invites_used_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("secret_hash", name="uq_invites_secret_hash"),
    )
    op.create_table(
        "project_owners",
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("visitor_id", sa.String(length=32), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("bytes_used", BIG_TYPE, nullable=False),
        sa.Column("measured", UtcTime(), nullable=True),
        sa.CheckConstraint("(person_id IS NULL) <> (visitor_id IS NULL)", name="ck_project_owners_one_owner"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_project_owners_person_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.id"], name="fk_project_owners_visitor_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("project_id", name="pk_project_owners"),
    )
    op.create_index("ix_project_owners_person_id", "project_owners", ["person_id"])
    op.create_index("ix_project_owners_visitor_id", "project_owners", ["visitor_id"])
    op.create_table(
        "quotas",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("megabytes", sa.Integer(), nullable=True),
        sa.Column("jobs_a_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_quotas_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_quotas"),
    )
    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("visitor_id", sa.String(length=32), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=False),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.CheckConstraint("(person_id IS NULL) <> (visitor_id IS NULL)", name="ck_sessions_one_owner"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sessions_person_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visitor_id"], ["visitors.id"], name="fk_sessions_visitor_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires", "sessions", ["expires"])
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_index("ix_sessions_visitor_id", "sessions", ["visitor_id"])
    op.create_table(
        "site_settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", JSON_TYPE, nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["people.id"], name="fk_site_settings_changed_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("name", name="pk_site_settings"),
    )
    op.create_table(
        "gallery_cards",
        sa.Column("id", BIG_TYPE, autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published", UtcTime(), nullable=False),
        sa.Column("title_key", sa.String(length=300), nullable=False),
        sa.Column("licence", sa.String(length=40), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("pixel_nm", sa.Float(precision=53), nullable=True),
        sa.Column("has_labels", sa.Boolean(), nullable=False),
        sa.Column("material", sa.String(length=200), nullable=False),
        sa.Column("material_key", sa.String(length=200), nullable=False),
        sa.Column("instrument", sa.String(length=200), nullable=False),
        sa.Column("instrument_key", sa.String(length=200), nullable=False),
        sa.Column("summary", JSON_TYPE, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["gallery_entries.id"], name="fk_gallery_cards_entry_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gallery_cards"),
        sa.UniqueConstraint("entry_id", name="uq_gallery_cards_entry_id"),
    )
    op.create_index("ix_gallery_cards_instrument_key_published", "gallery_cards", ["instrument_key", "published"])
    op.create_index("ix_gallery_cards_licence_published", "gallery_cards", ["licence", "published"])
    op.create_index("ix_gallery_cards_material_key_published", "gallery_cards", ["material_key", "published"])
    op.create_index("ix_gallery_cards_pixel_nm", "gallery_cards", ["pixel_nm"])
    op.create_index("ix_gallery_cards_published_id", "gallery_cards", ["published", "id"])
    op.create_index("ix_gallery_cards_quality_id", "gallery_cards", ["quality", "id"])
    op.create_index("ix_gallery_cards_title_key_id", "gallery_cards", ["title_key", "id"])
    op.create_table(
        "gallery_versions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("described", JSON_TYPE, nullable=False),
        sa.Column("measured", JSON_TYPE, nullable=False),
        sa.Column("source_project_id", sa.String(length=32), nullable=True),
        sa.Column("source_image", sa.Integer(), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.Column("consented", UtcTime(), nullable=True),
        sa.Column("submitted", UtcTime(), nullable=True),
        sa.Column("decided", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'waiting', 'changes_wanted', 'accepted', 'rejected', 'withdrawn')",
            name="ck_gallery_versions_state",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["gallery_entries.id"], name="fk_gallery_versions_entry_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gallery_versions"),
        sa.UniqueConstraint("entry_id", "number", name="uq_gallery_versions_entry_id_number"),
    )
    op.create_index("ix_gallery_versions_state_submitted", "gallery_versions", ["state", "submitted"])
    op.create_table(
        "project_shares",
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("access", sa.String(length=16), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint("access IN ('viewer', 'editor')", name="ck_project_shares_access"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name="fk_project_shares_created_by", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_project_shares_person_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project_owners.project_id"], name="fk_project_shares_project_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "person_id", name="pk_project_shares"),
    )
    op.create_index("ix_project_shares_person_id", "project_shares", ["person_id"])
    op.create_table(
        "gallery_card_classes",
        sa.Column("card_id", BIG_TYPE, nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["gallery_cards.id"], name="fk_gallery_card_classes_card_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", "name_key", name="pk_gallery_card_classes"),
    )
    op.create_index("ix_gallery_card_classes_name_key", "gallery_card_classes", ["name_key"])
    op.create_table(
        "gallery_files",
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BIG_TYPE, nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["gallery_versions.id"], name="fk_gallery_files_version_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "kind", name="pk_gallery_files"),
    )
    op.create_index("ix_gallery_files_sha256", "gallery_files", ["sha256"])

    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE gallery_words USING fts5(title, head, body, content='', contentless_delete=1, "
            "tokenize=\"unicode61 remove_diacritics 2\", prefix='1 2 3')"
        )
    else:
        # what is not sorted or filtered by lies apart, so that a search that finds much reads little
        op.execute("ALTER TABLE gallery_cards SET (toast_tuple_target = 128)")
        op.execute("ALTER TABLE gallery_cards ADD COLUMN document tsvector")
        op.execute(
            "CREATE INDEX ix_gallery_cards_document ON gallery_cards USING gin (document) WITH (fastupdate = off)"
        )


def downgrade() -> None:
    """There is nothing before this."""
    raise NotImplementedError
