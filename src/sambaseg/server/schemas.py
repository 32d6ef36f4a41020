"""What the server says and hears, as JSON. The page's types are generated from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field

ClassId = Annotated[int, Field(ge=1, le=255)]
Layer = Literal["labels", "edits"]
OperationKind = Literal["paint", "erase", "undo", "redo", "classes", "clear"]
JobKind = Literal["train", "apply", "apply_all", "live", "measure", "suggest_features", "clean"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ProjectKind = Literal["single", "stack", "set"]
ImageState = Literal["new", "building", "ready", "failed", "missing", "changed"]
ImageNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""An image of a project, as listed there: in order of adding from 0, never used again."""


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    code: str
    message: str
    hint: str


class ErrorAnswer(Schema):
    error: ErrorBody


class Health(Schema):
    """How the server runs: `local` serves this machine only and opens files by their path; `network` is the same person
    from elsewhere; `lab` has accounts, `public` visitors too.
    """

    version: str
    mode: Literal["local", "network", "lab", "public"]
    kernels_ready: bool


class ClassInfo(Schema):
    id: ClassId
    name: Annotated[str, Field(min_length=1, max_length=80)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    locked: bool = False


class PixelSize(Schema):
    """Size of one pixel along x and y, in micrometres."""

    x_um: Annotated[float, Field(gt=0)]
    y_um: Annotated[float, Field(gt=0)]


class Window(Schema):
    """Grey values shown as black and as white."""

    low: float
    high: float


class ImageDescription(Schema):
    """All that is known of one image. `state` says whether its tiles are there, `message` what is wrong with it.

    `sha256` is that of its file, null until it is known; a `linked` file lies where it was and is only read.
    """

    id: ImageNumber
    name: str
    state: ImageState
    message: str
    linked: bool
    sha256: str | None
    file_name: str
    format: str
    width: int
    height: int
    channels: int
    channel_names: list[str]
    is_rgb: bool
    pages: int
    page: int
    dtype: str
    bits: int
    tile_dtype: Literal["uint8", "uint16", "float32"]
    tile_size: int
    levels: int
    pixel_size: PixelSize | None
    contrast: list[Window]
    value_range: list[Window]
    nan_count: int
    inf_count: int
    notes: list[str]


class ImageSummary(Schema):
    """One image of a project in a list.

    `state`: new (its tiles are made when they are asked for), building (`progress` from 0 to 1), ready, failed, or, for
    a linked file, missing or changed; `message` says what is wrong. `labelled`: it has labels. `result`: whether it has
    a segmentation, and whether that is of the labels as they are now.
    """

    id: ImageNumber
    name: str
    width: int
    height: int
    state: ImageState
    message: str
    progress: Annotated[float, Field(ge=0, le=1)] | None
    linked: bool
    labelled: bool
    result: Literal["none", "complete", "outdated", "running"]


class History(Schema):
    """Where a project stands. `undo_image` and `redo_image` are the images that undo and redo would change, if any.

    `labelled_pixels` counts the labelled pixels of each class over all images.
    """

    revision: int
    can_undo: bool
    can_redo: bool
    undo_name: str | None
    redo_name: str | None
    undo_image: ImageNumber | None
    redo_image: ImageNumber | None
    labelled_pixels: dict[int, int]


class RecipeBody(Schema):
    """A feature recipe: which families, at which scales, in which convention; blurs are cut off at `window` sigma."""

    families: Annotated[list[str], Field(min_length=1, max_length=64)]
    scales_px: Annotated[list[Annotated[float, Field(gt=0, le=64)]], Field(max_length=16)]
    sigma_convention: Literal["sigma", "radius"]
    window: Annotated[float, Field(ge=2, le=6)] = 4.0


class TrainingBody(Schema):
    """How the forest is trained."""

    points: Annotated[int, Field(ge=100, le=10_000_000)] | None = 50_000
    balance: Literal["fractions", "balanced", "none"] = "fractions"
    trees: Annotated[int, Field(ge=1, le=1000)] = 200
    depth: Annotated[int, Field(ge=1, le=32)] = 10
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    classifier: Literal["forest", "extra_trees", "boosting"] = "extra_trees"
    features_per_split: Annotated[int, Field(ge=1, le=2**22 - 1)] | Literal["sqrt"] = "sqrt"
    min_leaf: Annotated[int, Field(ge=1, le=2**31 - 1)] = 5
    reach: Literal["graded", "whole"] = "graded"


class CleaningStepBody(Schema):
    """A step of cleaning up: holes of at most `size` pixels are filled, regions of fewer are removed, or each pixel
    becomes the class of most within `size` pixels (at most 32). For all classes where `classes` is empty.
    """

    kind: Literal["fill_holes", "remove_small", "majority"]
    size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    classes: Annotated[list[ClassId], Field(max_length=255)] = []


CleaningSteps = Annotated[list[CleaningStepBody], Field(max_length=16)]


class ProjectSettings(Schema):
    """What the next training does. `cleaning` are the steps by which results are cleaned up, in their order; where a
    change of the settings leaves them out, they stay.
    """

    recipe: RecipeBody
    training: TrainingBody
    cleaning: CleaningSteps = []


class ClassFraction(Schema):
    """Shares of the image's pixels: as predicted by the classifier, as labelled by the person, after cleaning up, and
    after that with edits.
    """

    class_id: ClassId
    predicted: float
    labelled: float
    cleaned: float
    edited: float


class TrainingPoints(Schema):
    class_id: ClassId
    labelled: int
    used: int


class FeatureImportance(Schema):
    feature: str
    family: str
    importance: float


class ReachTrees(Schema):
    """How many trees of a classifier look how far."""

    name: Literal["near", "middle", "wide"]
    trees: int


class ClassifierInfo(Schema):
    classes: list[ClassInfo]
    channels: int
    recipe: RecipeBody
    features: int
    trees: int
    oob_score: float | None
    importance: list[FeatureImportance]
    training_points: list[TrainingPoints]
    reaches: list[ReachTrees]
    source: Literal["trained", "loaded"]


class ResultInfo(Schema):
    """A result. Its tiles under `id` hold the classes as they count, under `predicted_id` those before they were
    cleaned up by the steps `cleaning`: the same id where there are none.
    """

    id: str
    predicted_id: str
    image: ImageNumber
    state: Literal["running", "complete", "cancelled"]
    revision: int
    outdated: bool
    levels: int
    classes: list[ClassInfo]
    fractions: list[ClassFraction]
    mean_uncertainty: float | None
    seconds: float
    cleaning: CleaningSteps


class JobInfo(Schema):
    """Work in the background. `image` is the one it is at; `images_done` of `images_total` are segmented."""

    id: str
    project_id: str
    kind: JobKind
    image: ImageNumber | None
    images_done: int
    images_total: int
    state: JobState
    stage: str
    progress: Annotated[float, Field(ge=0, le=1)]
    seconds_left: float | None
    result_id: str | None
    error: ErrorBody | None


class TileIndex(Schema):
    ty: Annotated[int, Field(ge=0, le=4095)]
    tx: Annotated[int, Field(ge=0, le=4095)]


class LayerTiles(Schema):
    """Tiles (256 px, finest level) of a layer that hold anything."""

    labels: list[TileIndex]
    edits: list[TileIndex]


ProjectAccess = Literal["viewer", "editor", "owner"]
"""What whoever asks may do with a project: look, change it, or also share and delete it."""


class ProjectSummary(Schema):
    id: str
    name: str
    created: str
    modified: str
    kind: ProjectKind
    images: int
    width: int
    height: int
    access: ProjectAccess = "owner"
    owner: Annotated[str, Field(description="Whose it is, where it is somebody else's.")] = ""


class Project(Schema):
    """A project with its images in order; `image`, `tiles` and `result` are those of the image that was asked for.

    `kind`: single (one image), stack (images of one size) or set. `labelled_pixels` counts the labelled pixels of each
    class over all images. `live`: whether every change of the labels starts a training. `access`: what whoever asks
    may do with the project.
    """

    id: str
    name: str
    created: str
    modified: str
    kind: ProjectKind
    images: list[ImageSummary]
    live: bool
    labelled_pixels: dict[int, int]
    image: ImageDescription
    classes: list[ClassInfo]
    settings: ProjectSettings
    history: History
    tiles: LayerTiles
    result: ResultInfo | None
    classifier: ClassifierInfo | None
    job: JobInfo | None
    access: ProjectAccess


class ProjectPatch(Schema):
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    settings: ProjectSettings | None = None
    pixel_size: PixelSize | None = None


class SampleInfo(Schema):
    id: str
    name: str
    description: str
    width: int
    height: int
    licence: str
    source: str


class SampleChoice(Schema):
    sample: Annotated[str, Field(max_length=80)]


class TileRuns(TileIndex):
    """Pixels of one 256 px tile as runs: base64 of little-endian uint16 pairs (start, length - 1).

    ``start`` counts row-major in a tile of 256 columns; runs ascend and do not touch each other's pixels.
    """

    runs: Annotated[str, Field(max_length=400_000, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]


class Operation(Schema):
    """One step of labelling. `(client_id, client_seq)` names it, so that sending it again does no harm.

    paint, erase and clear change one image; classes, undo and redo go over all of them.
    paint: gives the pixels of `tiles` to `class_id`; pixels that have a label keep it unless `overwrite`.
    erase: clears pixels of `class_id`, or of every class where it is null.
    clear: clears the whole layer (of `class_id`, or of every class where it is null).
    classes: replaces the class list by `classes`; labels of classes that are gone are cleared.
    undo, redo: the newest operation that can be undone or redone, of both layers and any image.
    Pixels of locked classes are never changed by paint, erase and clear.
    """

    client_id: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    client_seq: Annotated[int, Field(ge=1, le=2**53 - 1)]
    base_revision: Annotated[int, Field(ge=0, le=2**53 - 1)]
    kind: OperationKind
    image: ImageNumber = 0
    layer: Layer = "labels"
    class_id: ClassId | None = None
    overwrite: bool = False
    tiles: Annotated[list[TileRuns], Field(max_length=65_536), FailFast()] = []
    classes: Annotated[list[ClassInfo], Field(min_length=1, max_length=255)] | None = None


class LayerTile(TileIndex):
    layer: Layer
    image: ImageNumber = 0


class OperationAck(Schema):
    """What the log holds after an operation.

    `changed` lists the tiles that changed since `base_revision` other than by this paint, erase or clear:
    for undo and redo the tiles they restored, and tiles changed by others; the page fetches these again.
    """

    client_seq: int
    revision: int
    duplicate: bool
    history: History
    classes: list[ClassInfo]
    changed: list[LayerTile]


class Viewport(Schema):
    """What the person sees, in image pixels: rows top to bottom - 1, columns left to right - 1; may reach outside."""

    top: Annotated[int, Field(ge=-(2**31), le=2**31)]
    left: Annotated[int, Field(ge=-(2**31), le=2**31)]
    bottom: Annotated[int, Field(ge=-(2**31), le=2**31)]
    right: Annotated[int, Field(ge=-(2**31), le=2**31)]


class JobRequest(Schema):
    """How a training or segmentation of `image` is to run: tiles in `viewport` come first, the others by distance."""

    image: ImageNumber = 0
    viewport: Viewport | None = None


class CropBody(Schema):
    """A rectangle to keep, in pixels: rows top to bottom - 1, columns left to right - 1."""

    top: Annotated[int, Field(ge=0)]
    left: Annotated[int, Field(ge=0)]
    bottom: Annotated[int, Field(ge=1)]
    right: Annotated[int, Field(ge=1)]


class LabelsImport(Schema):
    """What importing labels did."""

    revision: int
    class_ids: list[int]
    labelled_pixels: int
    history: History
    classes: list[ClassInfo]
    changed: list[LayerTile]


class SmartProgress(Schema):
    """How far a view is prepared for suggestions, where that takes a while; `done` when nobody has to wait any more."""

    model: str
    stage: str
    fraction: Annotated[float, Field(ge=0, le=1)] | None
    seconds_left: float | None
    done: bool


class EventBody(Schema):
    """What a server-sent event carries: the field of the event's own name, the others null.

    `tiles` are tiles (256 px, finest level) of the result `result_id` of `image` that were computed since the last such
    event. `image` events carry `image_changed`: an image whose state is another one now.
    `revision` tells of a step of any client of the project, of `client_id` (null: of the server itself, as for imported
    labels); its `changed` lists all tiles that others have to fetch again. A client leaves out its own.
    """

    job: JobInfo | None = None
    result: ResultInfo | None = None
    result_id: str | None = None
    tiles: list[TileIndex] | None = None
    image: ImageNumber | None = None
    image_changed: ImageSummary | None = None
    revision: OperationAck | None = None
    client_id: str | None = None
    smart: SmartProgress | None = None
