"""What holds on SQLite and on PostgreSQL alike: transactions, migrations, times, refusals."""

from __future__ import annotations

import contextlib
import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import apsw
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sambaseg.errors import DatabaseTooNewError, DatabaseUnavailableError, ParameterError, StorageError
from sambaseg.storage.column_types import is_id
from sambaseg.storage.database import Database, default_url
from sambaseg.storage.migrations import HEAD
from sambaseg.storage.migrations.run import script_directory, upgrade
from sambaseg.storage.tables import (
    AuditRecord,
    Card,
    Entry,
    Person,
    ProjectOwner,
    Quota,
    SignIn,
    SiteSetting,
    Table,
    UsageDay,
)


def add_person(database: Database, login: str) -> str:
    with database.session() as session:
        person = Person(login=login, name=login.title(), role="member")
        session.add(person)
        session.flush()
        return person.id


def logins(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(sa.select(Person.login)))


def test_what_a_block_wrote_is_there_afterwards(database):
    made = add_person(database, "ada")
    assert is_id(made)
    with database.reading() as session:
        person = session.get_one(Person, made)
    assert (person.login, person.name, person.role, person.disabled) == ("ada", "Ada", "member", False)
    assert abs(datetime.now(UTC) - person.created) < timedelta(minutes=1)


def test_a_block_that_fails_leaves_nothing(database):
    def fail() -> None:
        with database.session() as session:
            session.add(Person(login="ada", name="Ada", role="member"))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert logins(database) == []


def test_what_reading_changes_is_not_kept(database):
    refused = pytest.raises(sa.exc.SQLAlchemyError) if database.kind == "postgresql" else contextlib.nullcontext()
    with refused, database.reading() as it:
        it.add(Person(login="ada", name="Ada", role="member"))
        it.flush()
    assert logins(database) == []


def test_reading_sees_one_state_while_others_write(database):
    add_person(database, "ada")
    with database.reading() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Person))
        other = threading.Thread(target=add_person, args=(database, "bob"))
        other.start()
        other.join()
        session.expire_all()
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == before == 1
    assert logins(database) == ["ada", "bob"]


def test_blocks_of_many_threads_are_all_kept(database):
    def count_up() -> None:
        for _ in range(10):
            with database.session() as session:
                row = session.get_one(SiteSetting, "counter", with_for_update=True)
                row.value = {"count": row.value["count"] + 1}

    with database.session() as session:
        session.add(SiteSetting(name="counter", value={"count": 0}))
    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(SiteSetting, "counter").value == {"count": 40}


def test_constraints_hold(database):
    add_person(database, "ada")
    refused = [
        Person(login="ada", name="Another", role="member"),
        Person(login="bob", name="Bob", role="king"),
        ProjectOwner(project_id="0" * 32),
        ProjectOwner(project_id="0" * 32, person_id="f" * 32),
        Quota(person_id="f" * 32, megabytes=1),
    ]
    for row in refused:
        with pytest.raises(sa.exc.IntegrityError), database.session() as session:
            session.add(row)


def test_sessions_and_shares_go_with_their_person(database):
    made = add_person(database, "ada")
    with database.session() as session:
        session.add(SignIn(secret_hash="a" * 64, person_id=made, expires=datetime.now(UTC)))
    with database.session() as session:
        session.delete(session.get_one(Person, made))
    with database.reading() as session:
        assert session.get(SignIn, "a" * 64) is None


def test_times_come_back_in_utc_and_need_a_zone(database):
    at = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.session() as session:
        session.add(AuditRecord(actor="x", action="y", at=at))
    with database.reading() as session:
        got = session.scalars(sa.select(AuditRecord)).one().at
    assert got == at
    assert got.utcoffset() == timedelta(0)
    with pytest.raises(sa.exc.StatementError, match="zone"), database.session() as session:
        session.add(AuditRecord(actor="x", action="y", at=datetime(2026, 3, 1)))


def test_numbers_text_and_json_come_back_as_they_were(database):
    detail = {"text": "Ω µm 'quoted' \"twice\" \\ 日本語 😀", "list": [1, 2.5, None, True], "deep": {"a": {"b": []}}}
    day = datetime.now(UTC).date()
    with database.session() as session:
        session.add(AuditRecord(actor="Ω", action="y", detail=detail))
        session.add(UsageDay(owner_id="a" * 32, day=day, uploaded_bytes=2**45 + 1, job_seconds=0.1))
    with database.reading() as session:
        assert session.scalars(sa.select(AuditRecord)).one().detail == detail
        used = session.get_one(UsageDay, ("a" * 32, day))
        assert (used.uploaded_bytes, used.job_seconds, used.jobs) == (2**45 + 1, 0.1, 0)


def test_the_tables_are_those_of_the_migrations(empty_database):
    empty_database.prepare()
    assert empty_database.version() == HEAD
    with empty_database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _item, name, *_: (
                    not name.startswith(("gallery_words", "document", "filler")) and name != "ix_gallery_cards_document"
                ),
            },
        )
        assert compare_metadata(context, Table.metadata) == []


def test_the_newest_step_is_head():
    scripts = script_directory()
    assert scripts.get_heads() == [HEAD]


def test_cards_of_the_first_schema_become_narrow_and_stay_what_they_are(empty_database):
    """On PostgreSQL, where their words lay beside what is sorted by; SQLite's stay as they are."""
    with empty_database.engine.connect().execution_options(sambaseg_write=True) as connection, connection.begin():
        upgrade(connection, None, "0001")
        texts = [f"{uuid.uuid4().hex}{number}" for number in range(60)]  # words that no compression makes short
        for number in range(200):
            connection.execute(sa.insert(Entry).values(id=f"{number:032x}"))
            connection.execute(sa.insert(Card).values(**card_row(number, {"texts": texts[:10]})))
        if empty_database.kind == "postgresql":
            connection.execute(
                sa.text("UPDATE gallery_cards SET document = to_tsvector('simple', :text)"),
                {"text": " ".join(texts[10:])},
            )
    before = cards_and_size(empty_database)
    empty_database.prepare()
    after = cards_and_size(empty_database)
    assert empty_database.version() == HEAD
    assert after[0] == before[0]
    if empty_database.kind == "sqlite":
        return
    assert after[1] < before[1] / 3
    with empty_database.session() as session:  # what is written from now on, as the gallery writes it
        for number in range(200, 400):
            session.add(Entry(id=f"{number:032x}"))
            session.flush()
            card = Card(**card_row(number, {"texts": texts[:10]}))
            session.add(card)
            session.flush()
            session.execute(
                sa.text("UPDATE gallery_cards SET document = to_tsvector('simple', :text) WHERE id = :id"),
                {"text": " ".join(texts[10:]), "id": card.id},
            )
    assert cards_and_size(empty_database)[1] < before[1]


def card_row(number: int, summary: dict[str, list[str]]) -> dict[str, object]:
    """Return the columns of a card."""
    names = dict.fromkeys(("title_key", "licence", "material", "material_key", "instrument", "instrument_key"), "")
    facts = {"number": 1, "quality": 5, "has_labels": False, "published": datetime(2026, 3, 1, tzinfo=UTC)}
    return {"entry_id": f"{number:032x}", "summary": summary} | names | facts


def cards_and_size(database: Database) -> tuple[list[tuple[object, ...]], int]:
    """Return the rows of all cards with their words, and on PostgreSQL the bytes of the rows alone."""
    words = ", document" if database.kind == "postgresql" else ""
    columns = "id, entry_id, number, published, quality, summary"
    with database.engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT {columns}{words} FROM gallery_cards ORDER BY id")).all()
        if database.kind == "sqlite":
            return [tuple(row) for row in rows], 0
        size = connection.execute(sa.text("SELECT pg_relation_size('gallery_cards')")).scalar_one()
    return [tuple(row) for row in rows], int(size)


def test_many_that_come_first_migrate_once(empty_database):
    url = empty_database.engine.url.render_as_string(hide_password=False)
    others = [Database(url) for _ in range(4)]
    failures: list[BaseException] = []

    def prepare(database: Database) -> None:
        try:
            database.prepare()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=prepare, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {other.version() for other in others} == {HEAD}
    for other in others:
        other.close()


def test_a_newer_schema_is_refused_and_left_alone(database):
    with database.session() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    later = Database(database.engine.url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseTooNewError, match="9999"):
        later.prepare()
    with pytest.raises(DatabaseTooNewError), later.session():
        pass
    assert later.version() == "9999"
    later.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://somewhere/x", "sqlite://", "sqlite:///"])
def test_addresses_that_are_none_are_refused(url):
    with pytest.raises(ParameterError):
        Database(url)


def test_the_password_is_not_shown():
    pytest.importorskip("psycopg")
    database = Database("postgres://me:secret@localhost:1/x")
    assert "secret" not in database.address
    assert not database.is_alive()
    with pytest.raises(DatabaseUnavailableError) as caught:
        database.prepare()
    assert "secret" not in caught.value.message


def test_a_file_that_is_no_database_is_an_error_by_name(tmp_path):
    (tmp_path / "sambaseg.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StorageError, match=r"sambaseg\.db"):
        Database(default_url(tmp_path)).prepare()


def test_sqlite_is_the_one_that_apsw_brings_and_waits_for_the_disk(tmp_path):
    database = Database(default_url(tmp_path / "made" / "here"))
    with database.reading() as session:
        values = {
            name: session.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        version = session.execute(sa.text("SELECT sqlite_version()")).scalar()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert version == apsw.sqlite_lib_version()
    database.close()


def test_a_copy_holds_one_state_while_others_write(tmp_path):
    database = Database(default_url(tmp_path))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with database.session() as session:  # two rows that belong together
                session.add(AuditRecord(actor="x", action=f"a{number}"))
                session.add(AuditRecord(actor="x", action=f"b{number}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for place in range(5):
            database.copy_to(tmp_path / f"copy{place}.db")
    finally:
        stop.set()
        writer.join()
    for place in range(5):
        copy = Database(f"sqlite:///{tmp_path}/copy{place}.db")
        with copy.reading() as session:
            actions = list(session.scalars(sa.select(AuditRecord.action)))
        assert sum(action[0] == "a" for action in actions) * 2 == len(actions)
        copy.close()
    database.close()


def test_a_full_disk_is_said_by_name_and_changes_nothing(tmp_path: Path):
    database = Database(default_url(tmp_path), connections=1)
    add_person(database, "ada")
    with database.reading() as session:
        pages = session.execute(sa.text("PRAGMA page_count")).scalar()
    with database.reading() as session:
        session.execute(sa.text(f"PRAGMA max_page_count = {pages + 1}"))
    with pytest.raises(StorageError), database.session() as session:
        session.add_all(AuditRecord(actor="x" * 200, action="y", detail={"long": "z" * 5000}) for _ in range(50))
    assert logins(database) == ["ada"]
    database.close()
