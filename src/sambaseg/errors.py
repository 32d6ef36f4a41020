"""The whole exception tree: what can go wrong, with the HTTP status and exit code of each kind.

A message is a sentence that names what was expected and what came; a hint says what to do. The server renders
every error as ``{"error": {"code", "message", "hint"}}``; the command line prints both and exits with ``exit_code``.
"""

from __future__ import annotations

import re
from typing import ClassVar


class SambasegError(Exception):
    """Base of all errors that this project raises on purpose."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def code(self) -> str:
        """The class name in snake case without "error", as shown to programs: ``image_too_large``."""
        name = re.sub(r"Error$", "", type(self).__name__)
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class UsageError(SambasegError):
    """A request or command that does not make sense, whatever the data."""

    status = 400
    exit_code = 2


class ParameterError(UsageError):
    """A setting outside its stated bounds, or of the wrong type."""

    status = 422


class MetadataError(ParameterError):
    """A field of an entry's metadata that is missing, too long or not valid; the message names the field."""


class UnknownFamilyError(ParameterError):
    """A feature family that the table does not hold."""


class LabelRunsError(ParameterError):
    """Bytes that are no valid runs of pixels inside a tile."""


class UnknownClassError(ParameterError):
    """A class id that the project's class list does not hold."""


class InputFileError(SambasegError):
    """A file that cannot be used."""

    status = 422
    exit_code = 3


class NotAnImageError(InputFileError):
    """The content of a file is no image in a known format."""

    status = 415


class BrokenImageError(InputFileError):
    """An image file that is truncated, inconsistent or cannot be decoded."""


class UnsupportedImageError(InputFileError):
    """A valid image of a kind that is not read."""

    status = 415


class LabelsFileError(InputFileError):
    """A label image of a wrong type or with values that are no class ids."""


class ClassifierFileError(InputFileError):
    """A classifier file that is broken, hostile or from an unknown version."""


class BrokenUploadError(InputFileError):
    """A piece of an upload that was broken off or came out changed."""


class RecipeFileError(InputFileError):
    """A recipe file that is not valid."""


class BrokenContainerError(InputFileError):
    """Bytes that are no container of arrays."""


class ModelFileError(InputFileError):
    """A file of a Segment Anything model that is truncated, changed, or no model that can be loaded."""


class UnknownInterfaceError(ModelFileError):
    """A model whose inputs and outputs are none of those that are known here."""


class CheckpointError(InputFileError):
    """A PyTorch checkpoint that holds no Segment Anything model."""


class PromptFileError(InputFileError):
    """A file of points and boxes that is not valid."""


class ArchiveError(InputFileError):
    """A backup or an archive of the gallery that is incomplete, changed or not understood."""


class MissingFileError(InputFileError):
    """A path that does not exist or cannot be read."""

    status = 404


class MismatchError(SambasegError):
    """Two things that do not belong together."""

    status = 409
    exit_code = 4


class SegmentationChangedError(MismatchError):
    """A segmentation that became another one while it was measured."""


class LabelsSizeMismatchError(MismatchError):
    """Labels of another size than the image."""


class ClassifierMismatchError(MismatchError):
    """A classifier for another number of channels, kind of pixels or feature recipe."""


class ImageFileChangedError(MismatchError):
    """A linked image file that is another one now than when it was linked."""


class ModelMismatchError(MismatchError):
    """A model file whose size or SHA-256 is not the stated one, or a name that another model has."""


class EntryStateError(MismatchError):
    """A step that an entry of the gallery cannot take in its present state."""


class LoginTakenError(MismatchError):
    """A login that another account has."""


class TargetNotEmptyError(MismatchError):
    """A place that holds something already, where nothing may be overwritten."""


class NotEnoughLabelsError(MismatchError):
    """Training without labels, or with labels of one class only."""


class ResultRunningError(MismatchError):
    """A result that is still being computed, where a complete one is needed."""


class UploadOffsetError(MismatchError):
    """A piece of an upload that does not begin where the upload ends, or an upload that is not complete yet."""


class RevisionConflictError(MismatchError):
    """An operation that refers to a revision or a sequence number that the log does not hold."""


class LimitError(SambasegError):
    """Something larger than a stated limit."""

    status = 413
    exit_code = 5


class ImageTooLargeError(LimitError):
    """An image whose pixels would exceed the byte budget, known before decoding."""


class TooManyPagesError(LimitError):
    """An image file with more pages than are read."""


class UploadTooLargeError(LimitError):
    """An upload above the stated size."""


class MemoryBudgetError(LimitError):
    """Work that does not fit into the memory budget."""


class DecodingLimitError(LimitError):
    """Decoding took longer or more memory than allowed."""


class QuotaError(LimitError):
    """More than somebody may keep or begin."""


class TooManyRequestsError(LimitError):
    """Asked or tried too often within a short time."""

    status = 429


class NotPossibleError(SambasegError):
    """Something that cannot be done here."""

    status = 501
    exit_code = 6


class MissingExtraError(NotPossibleError):
    """An optional dependency that is not installed."""


class StorageError(NotPossibleError):
    """The disk is full or a folder cannot be written; nothing was acknowledged."""

    status = 507


class DatabaseUnavailableError(NotPossibleError):
    """A database that does not answer, or is too busy."""

    status = 503


class DatabaseTooNewError(NotPossibleError):
    """A database whose schema was made by a newer version."""

    status = 500


class FileStoreUnavailableError(NotPossibleError):
    """A store of files that does not answer, or refuses."""

    status = 503


class DamagedFileError(InputFileError):
    """A stored file whose content is no longer what its name says."""

    status = 500


class DamagedProjectError(InputFileError):
    """A project on disk whose files are missing, incomplete or damaged."""

    status = 500


class DownloadError(NotPossibleError):
    """A download that failed for another reason than its content."""

    status = 502


class SignInProviderError(NotPossibleError):
    """A provider of OpenID Connect that does not answer, or not as it should."""

    status = 502


class ModelRunError(NotPossibleError):
    """A model that loaded but cannot be run."""

    status = 500


class ProjectBusyError(NotPossibleError):
    """A project that another process has open."""

    status = 423


class ImageNotReadyError(NotPossibleError):
    """An image whose tiles are still being made."""

    status = 503


class CancelledError(NotPossibleError):
    """Work that was cancelled before it ended."""

    status = 409


class NotFoundError(SambasegError):
    """An object that does not exist, or is not yours."""

    status = 404
    exit_code = 2


class EntryWithdrawnError(NotFoundError):
    """An entry of the gallery that was public and was taken out."""

    status = 410


class UnknownModelError(NotFoundError):
    """A model that neither the catalogue nor the folder of models holds."""


class ModelNotInstalledError(NotFoundError):
    """A model of the catalogue whose files are not here."""


class AccessDeniedError(SambasegError):
    """A request without the right cookie, token, host or origin."""

    status = 403
    exit_code = 6


class NotSignedInError(AccessDeniedError):
    """A request without a valid cookie or token."""

    status = 401


class WrongModeError(AccessDeniedError):
    """Something that this way of running (local, lab, public) does not have."""
