"""Settings from the environment, and the memory that a machine or container has."""

from pathlib import Path

import pytest

from sambaseg import settings
from sambaseg.errors import ParameterError
from sambaseg.settings import Settings, default_memory_mb, parse_memory_mb


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [("2GB", 2048), ("1.5 GB", 1536), ("2g", 2048), ("800MB", 800), ("800", 800), (" 900 mb ", 900), ("0.5GB", 512)],
)
def test_memory_is_read_as_people_write_it(text, megabytes):
    assert parse_memory_mb(text) == megabytes
    assert Settings.from_environment({"SAMBASEG_MEMORY": text}).memory_mb == megabytes


@pytest.mark.parametrize("text", ["", "much", "2TB", "-1GB", "1e3", "100MB", "0", "2 GB RAM", "1.2345GB"])
def test_memory_that_is_no_amount_is_refused(text):
    with pytest.raises(ParameterError, match="memory must be"):
        parse_memory_mb(text)


@pytest.mark.parametrize(
    ("physical_gb", "limit", "megabytes"),
    [(4, None, 2048), (64, None, 8192), (64, str(4 * 2**30), 2048), (8, "max", 4096), (0.25, None, 512)],
)
def test_the_default_is_half_of_what_there_is_but_no_more_than_8_gb(monkeypatch, physical_gb, limit, megabytes):
    def read(path, **_):
        if limit is None or path.name != "memory.max":
            raise FileNotFoundError(path)
        return limit

    monkeypatch.setattr(settings, "_physical_memory", lambda: int(physical_gb * 2**30))
    monkeypatch.setattr(Path, "read_text", read)
    assert default_memory_mb() == megabytes
    assert Settings().memory_mb == megabytes


def test_other_settings_keep_their_variables():
    read = Settings.from_environment({"SAMBASEG_PORT": "9", "SAMBASEG_DATA_DIR": "/x", "SAMBASEG_MAX_STREAMED_MB": "7"})
    assert (read.port, read.data_dir, read.max_streamed_mb) == (9, Path("/x"), 7)
    with pytest.raises(ParameterError, match="SAMBASEG_PORT"):
        Settings.from_environment({"SAMBASEG_PORT": "many"})


def test_mode_and_log_are_read_and_checked():
    read = Settings.from_environment({"SAMBASEG_MODE": "lab", "SAMBASEG_LOG": "json"})
    assert (read.mode, read.log, read.has_accounts) == ("lab", "json", True)
    assert not Settings().has_accounts
    for variable in ("SAMBASEG_MODE", "SAMBASEG_LOG"):
        with pytest.raises(ParameterError, match="must be"):
            Settings.from_environment({variable: "open"})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Example.org", "https://example.org"),
        ("http://lab:8080/", "http://lab:8080"),
        ("https://[::1]:9", "https://[::1]:9"),
        ("", ""),
    ],
)
def test_public_address_is_the_start_of_all_addresses(text, address):
    assert Settings.from_environment({"SAMBASEG_PUBLIC_URL": text}).public_url == address


@pytest.mark.parametrize(
    "text", ["example.org", "ftp://example.org", "https://example.org/x", "https://a@b", "https://a:b", "https://"]
)
def test_public_address_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match="public address"):
        Settings.from_environment({"SAMBASEG_PUBLIC_URL": text})


def test_database_lies_in_the_data_folder_unless_stated():
    assert Settings(data_dir=Path("/x")).database_address == "sqlite:////x/sambaseg.db"
    assert Settings(database_url="postgresql+psycopg://a/b").database_address == "postgresql+psycopg://a/b"
