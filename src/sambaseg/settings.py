"""One table of settings: name, default, help. Environment variables and the manual derive from it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from sambaseg.errors import ParameterError


def default_data_dir() -> Path:
    """Return the folder for projects: under ``XDG_DATA_HOME``, ``LOCALAPPDATA`` or the home folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "share") / "sambaseg"


def default_threads() -> int:
    """Return the number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def default_memory_mb() -> int:
    """Return half of the memory that this process may use, in megabytes (2^20 bytes), and 8192 at most."""
    return max(512, min(_machine_memory() // 2**21, 8192))


def _machine_memory() -> int:
    """Return the bytes of memory of this machine, or of the container that this process runs in."""
    found = [_physical_memory()]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            found.append(int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no container, another system, or "max"
            continue
    return min(found)


def _physical_memory() -> int:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 or 4 * 2**30
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def parse_memory_mb(text: str) -> int:
    """Return the megabytes (2^20 bytes) of "2GB", "1.5 GB", "800MB" or a number of megabytes.

    Raises ParameterError for anything else, and for less than 256 MB.
    """
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([MG]B?)?\s*", text, re.IGNORECASE)
    if found is None:
        raise ParameterError(f"The memory must be like 2GB or 800MB, not {text[:40]!r}.", hint=_MEMORY_HELP)
    megabytes = round(float(found[1]) * (1024 if (found[2] or "M")[0] in "gG" else 1))
    if megabytes < LEAST_MEMORY_MB:
        raise ParameterError(
            f"The memory must be {LEAST_MEMORY_MB} MB at least, not {megabytes} MB.", hint=_MEMORY_HELP
        )
    return megabytes


Mode = Literal["local", "lab", "public"]
"""One person at this machine; people with accounts; anybody, with what lasts for some days."""
LogStyle = Literal["text", "json"]
Visits = Literal["open", "closed"]
Moderated = Literal["everybody", "visitors", "nobody"]


def parse_mode(text: str) -> Mode:
    """Return the way of running that `text` names. Raises ParameterError."""
    if text not in get_args(Mode):
        raise ParameterError(f"The mode must be local, lab or public, not {text[:40]!r}.", hint=_MODE_HELP)
    return text  # type: ignore[return-value]


def parse_log_style(text: str) -> LogStyle:
    """Return the form of log lines that `text` names. Raises ParameterError."""
    if text not in get_args(LogStyle):
        raise ParameterError(f"The log must be text or json, not {text[:40]!r}.", hint=_LOG_HELP)
    return text  # type: ignore[return-value]


def parse_visits(text: str) -> Visits:
    """Return whether `text` lets new visits begin. Raises ParameterError."""
    if text not in get_args(Visits):
        raise ParameterError(f"Visits must be open or closed, not {text[:40]!r}.", hint=_VISITS_HELP)
    return text  # type: ignore[return-value]


def parse_moderated(text: str) -> Moderated:
    """Return whose entries `text` lets wait for a moderator. Raises ParameterError."""
    if text not in get_args(Moderated):
        expected = "everybody, visitors or nobody"
        raise ParameterError(f"Moderated must be {expected}, not {text[:40]!r}.", hint=_MODERATED_HELP)
    return text  # type: ignore[return-value]


def parse_public_url(text: str) -> str:
    """Return an address such as https://example.org without anything after its name. Raises ParameterError."""
    try:
        parts = urlsplit(text.strip())
        well_formed = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        well_formed = well_formed and parts.path in ("", "/") and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        well_formed = False
    if text and not well_formed:
        raise ParameterError(
            f"The public address must be like https://example.org, not {text[:80]!r}.",
            hint="It is the start of every address of the page, without a path.",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}" if text else ""


LEAST_MEMORY_MB = 256
_MODE_HELP = "local serves one person at this machine, lab people with accounts, public anybody"
_PUBLIC_URL_HELP = "address that people use, such as https://example.org, where a proxy stands before the server"
_LOG_HELP = "form of the log: text, or json with one line for each request"
_VISITS_HELP = "open lets anybody begin to work without an account on a public site, closed only who came before"
_MODERATED_HELP = "whose entries of the gallery wait for a moderator: everybody, visitors or nobody"
_MEMORY_HELP = "memory that all work together may take, such as 2GB or 800MB"


_PREPARED_HELP = "prepared views kept in memory, in megabytes; no more than an eighth of the memory of all"


@dataclass(frozen=True)
class Change:
    """How an administrator may change a setting while the server runs: a whole number between two, one of some words,
    or a line of at most `most` characters.
    """

    kind: Literal["number", "choice", "text"]
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> None:
        """Raise ParameterError for what is not between the bounds; choices are checked where they are read."""
        if self.kind == "number" and not (isinstance(value, int) and self.least <= value <= self.most):
            raise ParameterError(f"The number must be from {self.least} to {self.most}, not {value}.")
        if self.kind == "text" and not (len(str(value)) <= self.most and (str(value).isprintable() or not value)):
            raise ParameterError(f"The text must be one line of at most {self.most} characters.")


def _help(
    text: str,
    *,
    variable: str | None = None,
    read: Callable[[str], object] | None = None,
    change: Change | None = None,
) -> dict[str, Any]:
    return {"help": text, "variable": variable, "read": read, "change": change}


_MEGABYTES = Change("number", most=10**9)


@dataclass(frozen=True)
class Settings:
    """All settings; each is read from its `variable_of` by `from_environment`."""

    data_dir: Path = field(default_factory=default_data_dir, metadata=_help("folder that holds the projects"))
    host: str = field(default="127.0.0.1", metadata=_help("address the server listens on"))
    port: int = field(default=8340, metadata=_help("port the server listens on; 0 takes a free one"))
    threads: int = field(default_factory=default_threads, metadata=_help("threads that compute features and forests"))
    max_upload_mb: int = field(default=4096, metadata=_help("largest upload, in megabytes"))
    max_image_mb: int = field(default=1024, metadata=_help("largest decoded image, in megabytes"))
    max_streamed_mb: int = field(
        default=262_144, metadata=_help("largest image that is read piece by piece, in megabytes")
    )
    max_pages: int = field(default=10_000, metadata=_help("most pages of one image file"))
    decode_seconds: int = field(default=120, metadata=_help("longest time to decode one upload, in seconds"))
    training_points: int = field(default=50_000, metadata=_help("labelled pixels that train a classifier, at most"))
    memory_mb: int = field(
        default_factory=default_memory_mb,
        metadata=_help(_MEMORY_HELP, variable="SAMBASEG_MEMORY", read=parse_memory_mb),
    )
    models_mirror: str = field(default_factory=str, metadata=_help("address of NAME/FILE to fetch models from instead"))
    suggestions_mb: int = field(default=400, metadata=_help(_PREPARED_HELP))

    mode: Mode = field(default="local", metadata=_help(_MODE_HELP, read=parse_mode))
    public_url: str = field(
        default_factory=str,
        metadata=_help(_PUBLIC_URL_HELP, read=parse_public_url),
    )
    trusted_proxies: str = field(
        default="127.0.0.1", metadata=_help("addresses of proxies that tell who asks, with commas between")
    )
    database_url: str = field(
        default_factory=str,
        metadata=_help("address of a PostgreSQL database; a SQLite file in the data folder where it is left out"),
    )
    files_url: str = field(
        default_factory=str,
        metadata=_help("S3 storage of the gallery's files, as s3://BUCKET/PREFIX?endpoint=URL; else the data folder"),
    )
    quota_mb: int = field(
        default=50_000,
        metadata=_help("what a person's projects may take on the disk, in megabytes", change=_MEGABYTES),
    )
    anonymous_quota_mb: int = field(
        default=2000,
        metadata=_help("what a visitor's projects may take on the disk, in megabytes", change=_MEGABYTES),
    )
    quota_jobs_a_day: int = field(
        default=500,
        metadata=_help(
            "how often a visitor may train or segment within a day; live segmentation is free",
            change=Change("number", most=10**6),
        ),
    )
    quota_job_seconds: int = field(
        default=1800,
        metadata=_help(
            "longest time that one training or segmentation of a visitor may run, in seconds",
            change=Change("number", least=1, most=10**6),
        ),
    )
    anonymous_days: int = field(
        default=14,
        metadata=_help(
            "days after the last visit until a visitor's projects are removed",
            change=Change("number", least=1, most=3650),
        ),
    )
    visits: Visits = field(
        default="open",
        metadata=_help(_VISITS_HELP, read=parse_visits, change=Change("choice", choices=get_args(Visits))),
    )
    moderated: Moderated = field(
        default="everybody",
        metadata=_help(_MODERATED_HELP, read=parse_moderated, change=Change("choice", choices=get_args(Moderated))),
    )
    admin_email: str = field(
        default_factory=str,
        metadata=_help("address of whom people can write to, shown to them", change=Change("text", most=320)),
    )
    log: LogStyle = field(default="text", metadata=_help(_LOG_HELP, read=parse_log_style))

    oidc_issuer: str = field(
        default_factory=str, metadata=_help("address of the OpenID Connect provider at which people can sign in")
    )
    oidc_client_id: str = field(default_factory=str, metadata=_help("what the provider calls this server"))
    oidc_client_secret: str = field(
        default_factory=str, repr=False, metadata=_help("secret that the provider gave this server")
    )
    oidc_client_secret_file: str = field(default_factory=str, metadata=_help("file that holds that secret instead"))
    oidc_name: str = field(
        default_factory=str, metadata=_help("what the button calls the provider; its host where it is left out")
    )
    oidc_domains: str = field(
        default_factory=str, metadata=_help("domains of e-mail addresses that may sign in so, with commas between")
    )
    oidc_groups: str = field(
        default_factory=str, metadata=_help("groups of the provider that may sign in so, with commas between")
    )
    oidc_admin_groups: str = field(
        default_factory=str, metadata=_help("groups of the provider that are administrators; by hand if left out")
    )
    oidc_moderator_groups: str = field(
        default_factory=str, metadata=_help("groups of the provider that are moderators; by hand if left out")
    )
    oidc_groups_claim: str = field(default="groups", metadata=_help("under what name the provider tells the groups"))
    oidc_scopes: str = field(
        default="openid email profile", metadata=_help("what the provider is asked for, with spaces between")
    )

    @property
    def database_address(self) -> str:
        """Where the database is, as SQLAlchemy writes it: ``database_url``, else a SQLite file in ``data_dir``."""
        return self.database_url or f"sqlite:///{self.data_dir / 'sambaseg.db'}"

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in, or visit without; else one person has everything."""
        return self.mode != "local"

    @property
    def prepared_mb(self) -> int:
        """What prepared views may take: as they may, but no more than an eighth of the memory of all."""
        return min(self.suggestions_mb, self.memory_mb // 8)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings with the values of their variables put in.

        Raises ParameterError where a value is not of the setting's type.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for row in fields(cls):
            text = environment.get(variable_of(row))
            if text is not None:
                values[row.name] = read_setting(row, text)
        return cls(**values)  # type: ignore[arg-type]


def variable_of(row: Field[Any]) -> str:
    """Return the environment variable of a setting: ``SAMBASEG_<NAME>`` where none is stated."""
    return row.metadata["variable"] or f"SAMBASEG_{row.name.upper()}"


def read_setting(row: Field[Any], text: str) -> object:
    """Return the value of a setting that `text` stands for. Raises ParameterError where it is not of its type."""
    kind = row.metadata["read"] or (Path if row.name == "data_dir" else int if row.type == "int" else str)
    try:
        return kind(text)
    except ValueError:
        raise ParameterError(
            f"{variable_of(row)} must be a whole number, not {text[:40]!r}.", hint=str(row.metadata["help"])
        ) from None
