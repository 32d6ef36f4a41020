"""APSW behind the interface of PEP 249, as SQLAlchemy uses it."""

from __future__ import annotations

import threading

import pytest

from sambaseg.storage import sqlite_driver
from sambaseg.storage.sqlite_driver import IntegrityError, OperationalError, ProgrammingError, connect


@pytest.fixture
def cursor(tmp_path):
    connection = connect(str(tmp_path / "x.db"))
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    yield cursor
    connection.close()


def test_rows_columns_and_counts(cursor):
    cursor.execute("INSERT INTO t (name) VALUES (?)", ("a",))
    assert (cursor.rowcount, cursor.lastrowid, cursor.description) == (1, 1, None)
    cursor.executemany("INSERT INTO t (name) VALUES (?)", [("b",), ("c",)])
    assert cursor.rowcount == 2
    cursor.execute("SELECT id, name AS n FROM t ORDER BY id")
    assert [column[0] for column in cursor.description] == ["id", "n"]
    assert cursor.rowcount == -1
    assert cursor.fetchone() == (1, "a")
    assert cursor.fetchmany(1) == [(2, "b")]
    assert cursor.fetchall() == [(3, "c")]
    assert cursor.fetchone() is None
    cursor.execute("UPDATE t SET name = name || '!' WHERE id > 1")
    assert cursor.rowcount == 2
    cursor.execute("INSERT INTO t (name) VALUES ('d') RETURNING id")
    assert (cursor.fetchall(), cursor.rowcount) == ([(4,)], 1)


def test_columns_are_known_without_rows(cursor):
    cursor.execute("SELECT id, name FROM t WHERE 0")
    assert [column[0] for column in cursor.description] == ["id", "name"]
    assert cursor.fetchall() == []


def test_errors_are_those_of_pep_249(cursor):
    cursor.execute("INSERT INTO t (name) VALUES ('a')")
    with pytest.raises(IntegrityError, match="UNIQUE") as caught:
        cursor.execute("INSERT INTO t (name) VALUES ('a')")
    assert caught.value.apsw_error is not None
    with pytest.raises(OperationalError):
        cursor.execute("SELECT nonsense FROM t")
    with pytest.raises(ProgrammingError):
        cursor.execute("SELECT ?", ())
    with pytest.raises(OperationalError):
        connect("/nowhere/at/all/x.db")
    for name in ("DataError", "InternalError", "NotSupportedError"):
        assert issubclass(getattr(sqlite_driver, name), sqlite_driver.DatabaseError)


def test_what_was_not_committed_is_undone(tmp_path):
    first = connect(str(tmp_path / "x.db"))
    first.cursor().execute("CREATE TABLE t (id INTEGER)")
    for statement, kept in (("commit", 1), ("rollback", 0)):
        first.cursor().execute("BEGIN")
        first.cursor().execute("INSERT INTO t VALUES (1)")
        getattr(first, statement)()
        getattr(first, statement)()  # nothing is left to do
        assert first.cursor().execute("SELECT count(*) FROM t").fetchone() == (kept,)
        first.cursor().execute("DELETE FROM t")
    first.close()


def test_a_file_that_is_locked_is_waited_for(tmp_path):
    path = str(tmp_path / "x.db")
    holder, waiter = connect(path), connect(path, busy_ms=20_000)
    holder.cursor().execute("CREATE TABLE t (id INTEGER)")
    holder.cursor().execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, holder.commit)
    timer.start()
    waiter.cursor().execute("INSERT INTO t VALUES (1)")
    timer.join()
    holder.cursor().execute("BEGIN IMMEDIATE")
    hurried = connect(path, busy_ms=1)
    with pytest.raises(OperationalError):
        hurried.cursor().execute("INSERT INTO t VALUES (2)")
    for connection in (holder, waiter, hurried):
        connection.close()
