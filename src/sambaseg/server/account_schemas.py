"""What the server says and hears of people, sessions, shares and the site, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import JobInfo, ProjectAccess, Schema

ModeName = Literal["local", "lab", "public"]
RoleName = Literal["visitor", "member", "moderator", "admin"]
AccountRole = Literal["member", "moderator", "admin"]
PersonId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Login = Annotated[str, Field(min_length=1, max_length=64)]
PersonName = Annotated[str, Field(min_length=1, max_length=120)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]
Secret = Annotated[str, Field(min_length=1, max_length=100, description="What stands in the link of an invite.")]


class QuotaState(Schema):
    """What somebody uses, and may use; null is as much as there is. Jobs are trainings and segmentations of a day;
    `job_seconds` is how long one may run.
    """

    bytes_used: int
    bytes_limit: int | None
    jobs_today: int
    jobs_limit: int | None
    job_seconds: int | None


class MyPerson(Schema):
    """The account of whoever asks. Who has no password signs in at the provider only."""

    id: PersonId
    login: str
    name: str
    role: AccountRole
    has_password: bool


class Me(Schema):
    """Who asks: a person with an account, a visitor, or nobody yet (`role` null).

    In local mode there are no accounts, and `role` is `admin`. `expires` is when a visitor's projects are removed, or
    when a person must sign in again. `sign_in_with` names the provider at which one can sign in, where there is one.
    """

    mode: ModeName
    role: RoleName | None
    person: MyPerson | None
    is_visitor: bool
    expires: datetime | None
    quota: QuotaState | None
    admin_email: str
    sign_in_with: str = ""


class SignInBody(Schema):
    login: Login
    password: Password


PageAddress = Annotated[str, Field(max_length=2000, pattern=r"^/([^/\\\s][^\\\s]*)?$")]


class OidcBeginBody(Schema):
    """`return_to` is the address of the page, from its path on, that is shown afterwards.

    `ask_again`: the provider asks who it is, whoever was there before.
    """

    return_to: PageAddress = "/"
    ask_again: bool = False


class OidcAddress(Schema):
    """Where the browser goes to sign in."""

    address: str


class OidcFinishBody(Schema):
    """What the provider sent back in the address."""

    state: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(min_length=1, max_length=8000)]


class SignedIn(Schema):
    """Who one is now, and the address of the page that was asked for."""

    me: Me
    return_to: PageAddress


class MyPatch(Schema):
    name: PersonName


class PasswordBody(Schema):
    """`old` is the password so far."""

    old: Password
    new: Password


class InviteToken(Schema):
    token: Secret


class InviteOffer(Schema):
    """What an invite is for."""

    role: AccountRole
    invited_by: str
    expires: datetime


class AcceptBody(Schema):
    token: Secret
    login: Login
    name: PersonName
    password: Password


class SessionInfo(Schema):
    """A browser in which one is signed in."""

    id: PersonId
    created: datetime
    last_seen: datetime
    expires: datetime
    user_agent: str
    is_this: bool


class PersonFound(Schema):
    """A person as others see them."""

    id: PersonId
    login: str
    name: str


class ShareInfo(Schema):
    person: PersonFound
    access: Literal["viewer", "editor"]


class ShareBody(Schema):
    access: Literal["viewer", "editor"]


class Sharing(Schema):
    """What one may do with a project, whose it is, and with whom it is shared (told to its owner and editors).

    `owner` is null for one's own project and for a visitor's.
    """

    access: ProjectAccess
    owner: PersonFound | None
    shares: list[ShareInfo]


class PersonInfo(Schema):
    """A person as administrators see them."""

    id: PersonId
    login: str
    name: str
    email: str
    role: AccountRole
    disabled: bool
    created: datetime
    last_seen: datetime | None
    sessions: int
    quota: QuotaState


class PersonPatch(Schema):
    """What is left out stays. A quota of null is what everybody may use."""

    name: PersonName | None = None
    role: AccountRole | None = None
    disabled: bool | None = None
    quota_mb: Annotated[int, Field(ge=0, le=10**9)] | None = None
    jobs_a_day: Annotated[int, Field(ge=0, le=10**6)] | None = None


class NewPassword(Schema):
    """A password that was drawn; shown this once."""

    password: str


class NewInvite(Schema):
    role: AccountRole = "member"
    note: Annotated[str, Field(max_length=200)] = ""
    days: Annotated[int, Field(ge=1, le=90)] = 7


class InviteInfo(Schema):
    id: PersonId
    role: AccountRole
    note: str
    created: datetime
    created_by: str
    expires: datetime
    used: datetime | None
    used_by: str
    revoked: datetime | None


class InviteMade(Schema):
    """A new invite; `address` is the link, shown this once."""

    invite: InviteInfo
    address: str


class ProjectStorage(Schema):
    """A project as administrators see it: its size and whose it is, not what is in it.

    `owner` is a person's name, "" for a visitor's; `owner_kind` is "nobody" where no owner is known. `owner_id` tells
    people, and visitors, of one name apart.
    """

    id: str
    bytes_used: int
    modified: str
    owner: str
    owner_id: str
    owner_kind: Literal["person", "visitor", "local", "nobody"]


class StorageInfo(Schema):
    """What the disk holds. `projects` has the largest first; `gallery_bytes` are the files of entries."""

    disk_total: int
    disk_free: int
    projects_bytes: int
    uploads_bytes: int
    gallery_bytes: int
    projects: list[ProjectStorage]


class JobOverview(Schema):
    """A job that runs or waits, and whose project it is for."""

    job: JobInfo
    owner: str
    owner_kind: Literal["person", "visitor", "local", "nobody"]


class SettingChange(Schema):
    """How a setting may be changed while the server runs: a number from `least` to `most`, one of `choices`, or a text
    of at most `most` characters.
    """

    kind: Literal["number", "choice", "text"]
    least: int
    most: int
    choices: list[str]


class SettingInfo(Schema):
    """A setting as it is; secrets are left out of the value.

    `start_value` is what the server was started with. `change` is null for what can be given at the start only.
    """

    name: str
    variable: str
    value: str
    start_value: str
    help: str
    change: SettingChange | None


class SettingBody(Schema):
    """The value as it would stand in the environment."""

    value: Annotated[str, Field(max_length=320)]


class AuditEntry(Schema):
    """Something that was done to people, projects or settings; `object` is what to, as people call it where known."""

    id: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object: str
    detail: str


class AuditLog(Schema):
    """What was done, the newest first; `before` leads on to older records, null at the end."""

    records: list[AuditEntry]
    before: int | None


class ServerHealth(Schema):
    """How the server is. `files` is where the gallery's files lie: on this server's disk, or in S3."""

    version: str
    mode: ModeName
    started: datetime
    uptime_seconds: int
    kernels_ready: bool
    database: str
    database_kind: Literal["none", "SQLite", "PostgreSQL"]
    database_works: bool
    files: Literal["disk", "S3"]
    files_work: bool
    disk_total: int
    disk_free: int
    jobs_running: int
    jobs_waiting: int
    followers: int
    memory_mb: int
    threads: int
    people: int | None
    visitors: int | None
    waiting_entries: int | None
