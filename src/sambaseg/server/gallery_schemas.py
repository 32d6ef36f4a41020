"""What the server says and hears of the gallery: sharing, entries, search and moderation, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ImageNumber, Schema, Window

EntryState = Literal["draft", "waiting", "changes_wanted", "accepted", "rejected", "withdrawn"]
SharePart = Literal["image", "labels", "segmentation", "classifier"]
PARTS: tuple[SharePart, ...] = ("image", "labels", "segmentation", "classifier")
FileKind = Literal["image", "preview", "labels", "segmentation", "classifier"]
ThumbnailOf = Literal["image", "segmentation"]
ClassLayer = Literal["segmentation", "labels"]
OriginalForm = Literal["cleaned", "as_it_is"]
"""An image file without what it tells besides its pixels and their size, or byte for byte as it came."""
ModerationAction = Literal["accept", "ask_for_changes", "reject", "take_out"]
SortBy = Literal["newest", "quality", "title", "relevance"]
LengthUnit = Literal["pm", "nm", "um", "mm", "m"]

Line = Annotated[str, Field(max_length=300)]
Prose = Annotated[str, Field(max_length=10_000)]
Choices = Annotated[list[Line], Field(max_length=50, default_factory=list)]
VersionNumber = Annotated[int, Field(ge=1, le=1_000_000)]


class EntryMaterial(Schema):
    """What was looked at, such as "Superalloy", "Ni-20Cr-5Al (wt%)", ["gamma", "gamma prime"]."""

    name: Line = ""
    composition: Line = ""
    phases: Annotated[list[Line], Field(max_length=100, default_factory=list)]


class EntryInstrument(Schema):
    """What it was looked at with: its type ("SEM"), mode ("BSE"), and the voltage, or the wavelength of light."""

    type: Line = ""
    mode: Line = ""
    manufacturer: Line = ""
    voltage_kv: Annotated[float, Field(gt=0, le=10_000)] | None = None
    wavelength_nm: Annotated[float, Field(gt=0, le=1e9)] | None = None


class EntryPixelSize(Schema):
    """Size of one pixel along x and y."""

    x: Annotated[float, Field(gt=0, le=1e9)]
    y: Annotated[float, Field(gt=0, le=1e9)]
    unit: LengthUnit


class EntryCreator(Schema):
    """One of those who made the image and its labels; `orcid` like 0000-0002-1825-0097, its last digit is checked."""

    name: Line = ""
    orcid: Line = ""
    affiliation: Line = ""


class EntryMetadata(Schema):
    """What people write about an entry. A draft may leave anything out; `licence` is null until it was chosen.

    `sample_id` is the same for all images of one sample, so that they are never in two splits of a data set. `quality`
    is the submitter's own score.
    """

    title: Line = ""
    material: Annotated[EntryMaterial, Field(default_factory=lambda: EntryMaterial(phases=[]))]
    instrument: Annotated[EntryInstrument, Field(default_factory=EntryInstrument)]
    pixel_size: EntryPixelSize | None = None
    preparation: Prose = ""
    notes: Prose = ""
    sample_id: Line = ""
    quality: Annotated[int, Field(ge=0, le=10)] | None = None
    keywords: Annotated[list[Line], Field(max_length=100, default_factory=list)]
    creators: Annotated[list[EntryCreator], Field(max_length=100, default_factory=list)]
    licence: Annotated[str, Field(max_length=40)] | None = None
    doi: Line = ""


class EntryFile(Schema):
    """A file of a version, to be fetched at `/api/gallery/entries/ID/files/KIND`."""

    kind: FileKind
    file_name: str
    media_type: str
    bytes: int
    sha256: str


class EntryView(Schema):
    """How the tiles of an entry's image are to be shown; those of class ids have as many levels, and are uint8."""

    width: int
    height: int
    channels: int
    is_rgb: bool
    tile_dtype: Literal["uint8", "uint16", "float32"]
    tile_size: int
    levels: int
    contrast: list[Window]
    class_layers: list[ClassLayer]


class EntryClass(Schema):
    """A class of an entry, and its share of the image: of all pixels in the segmentation, and as labelled."""

    id: int
    name: str
    colour: str
    segmented: float | None
    labelled: float | None


class EntryVersionInfo(Schema):
    """A version that can be cited, at `/gallery/ID/v/NUMBER`."""

    number: int
    published: datetime | None


class Entry(Schema):
    """One version of an entry, exactly as everybody sees it once it is accepted.

    `versions` are all that everybody may see. `published` is null as long as this version was not accepted.
    """

    id: str
    version: int
    state: EntryState
    published: datetime | None
    versions: list[EntryVersionInfo]
    metadata: EntryMetadata
    width: int
    height: int
    classes: list[EntryClass]
    files: list[EntryFile]
    thumbnails: list[ThumbnailOf]


class EntryCard(Schema):
    """An entry in the grid. `pixel_nm` is the larger side of a pixel."""

    id: str
    version: int
    title: str
    material: str
    instrument: str
    licence: str
    quality: int
    pixel_nm: float | None
    has_labels: bool
    published: datetime
    creators: list[str]
    width: int
    height: int
    classes: list[EntryClass]
    thumbnails: list[ThumbnailOf]


class EntryFilters(Schema):
    """What entries are looked for; a filter that has several values takes any of them. Sizes are of one pixel."""

    q: Annotated[str, Field(max_length=300)] = ""
    licence: Choices
    material: Choices
    instrument: Choices
    class_name: Choices
    min_pixel_nm: Annotated[float, Field(ge=0, le=1e15)] | None = None
    max_pixel_nm: Annotated[float, Field(ge=0, le=1e15)] | None = None
    min_quality: Annotated[int, Field(ge=0, le=10)] | None = None
    with_labels: bool = False


class EntrySearch(EntryFilters):
    """With an order, and which page; `relevance` sorts as `newest` where nothing is written in `q`."""

    sort: SortBy = "newest"
    cursor: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 48


class EntryPage(Schema):
    """One page of the entries that were found; `cursor` leads to the next one, null where there is none."""

    entries: list[EntryCard]
    cursor: str | None
    total: int


class CountOf(Schema):
    value: str
    count: int


class EntryCounts(Schema):
    """How many of the entries that were found have which licence, material, instrument, classes; the most first."""

    total: int
    with_labels: int
    licences: list[CountOf]
    materials: list[CountOf]
    instruments: list[CountOf]
    classes: list[CountOf]


class LicenceInfo(Schema):
    """A licence that can be chosen: its SPDX id, name, address, and what it means in a sentence."""

    id: str
    name: str
    address: str
    meaning: str


class Citation(Schema):
    """How to cite one version: a sentence, BibTeX, and CSL-JSON as text."""

    text: str
    bibtex: str
    csl_json: str


class Tombstone(Schema):
    """What stays of an entry that was taken out of the gallery; `withdrawn` is when, and `reason` may be empty."""

    id: str
    version: int
    title: str
    creators: list[str]
    published: datetime | None
    withdrawn: datetime
    by: Literal["submitter", "moderator"]
    reason: str
    citation: Citation


class WithdrawBody(Schema):
    """Why an entry is taken out, which everybody can read at its address afterwards."""

    reason: Annotated[str, Field(max_length=4000)] = ""


class ShareImage(Schema):
    """What of an image is to be shared; what it does not have (labels, a segmentation) is left out."""

    image: ImageNumber = 0
    parts: Annotated[list[SharePart], Field(min_length=1, max_length=4, default_factory=lambda: list(PARTS))]
    original: OriginalForm = "cleaned"


class DraftFiles(Schema):
    """What is to be taken anew from the draft's project; the image's file in the form it has where none is named."""

    parts: Annotated[list[SharePart], Field(min_length=1, max_length=4, default_factory=lambda: list(PARTS))]
    original: OriginalForm | None = None


class ToldThing(Schema):
    """One thing that an image file tells besides its pixels, named as its format names it."""

    name: str
    value: str


class DraftOriginal(Schema):
    """What becomes public with a draft's image file besides pixels and their size, and what was left out of it.

    `form` is null where the image is not shared. `can_choose`: its project has the file, and can give it either way.
    """

    form: OriginalForm | None
    becomes_public: list[ToldThing]
    left_out: list[ToldThing]
    can_choose: bool


class DraftPatch(Schema):
    """`metadata` replaces all that was written so far; `parts` are those to keep. What is left out stays.

    A part that was left out comes back when the files are taken anew.
    """

    metadata: EntryMetadata | None = None
    parts: Annotated[list[SharePart], Field(min_length=1, max_length=4)] | None = None


class FieldProblem(Schema):
    """What stands in the way of submitting: a field as `creators[0].orcid`, and a sentence."""

    field: str
    message: str


class MyEntry(Schema):
    """The newest version of an entry of one's own, and how far it is.

    `reason` is what the moderator wrote last. `public_version` is the version that everybody sees, if any.
    """

    id: str
    version: int
    title: str
    state: EntryState
    reason: str
    changed: datetime
    submitted: datetime | None
    decided: datetime | None
    public_version: int | None
    thumbnails: list[ThumbnailOf]
    project_id: str | None
    image: ImageNumber | None


class Draft(Schema):
    """A draft: what is written so far, what it holds, and what is still missing before it can be submitted.

    `available_parts` are those that it holds, and those that its project could give now.
    """

    mine: MyEntry
    metadata: EntryMetadata
    parts: list[SharePart]
    available_parts: list[SharePart]
    problems: list[FieldProblem]


class SubmitBody(Schema):
    """Consent to what the preview shows becoming public under the chosen licence; nothing is submitted without it."""

    consent: bool


class Submission(Schema):
    """What was submitted; `follow_token` is told this once, and leads to `/gallery/follow/TOKEN`.

    Where nobody moderates, as in local mode, the entry is accepted at once.
    """

    mine: MyEntry
    follow_token: str


class FollowedEntry(Schema):
    """How far a submission is, for whoever has its link."""

    mine: MyEntry
    steps: list[FollowedStep]


class FollowedStep(Schema):
    at: datetime
    version: int
    action: str
    state: EntryState
    reason: str


class QueueItem(Schema):
    """A version that waits for a moderator. `changed_fields` tells how it differs from the public version."""

    entry: Entry
    submitted: datetime
    submitter: str
    public_version: int | None
    changed_fields: list[str]


class ModerationBody(Schema):
    """What to do with `version`; a reason is needed for all but accepting. `take_out` is for what is public."""

    version: VersionNumber
    action: ModerationAction
    reason: Annotated[str, Field(max_length=4000)] = ""


class ModerationRecord(Schema):
    """A step in the log. `title` is "" while the submitter is writing at that version, and where it is gone."""

    id: int
    at: datetime
    entry_id: str
    version: int
    title: str
    actor: str
    action: str
    state_before: str
    state_after: str
    reason: str


class ModerationLog(Schema):
    """The newest steps first; `before` leads on to older ones, null where there are none."""

    steps: list[ModerationRecord]
    before: int | None


class UseClassifierBody(Schema):
    """The project that is to take the classifier."""

    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
