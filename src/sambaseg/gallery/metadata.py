"""What people write about a shared micrograph, with its bounds; and what is still missing before it can be public.

A draft may leave anything out, but what is there is valid: text of bounded length without control characters, numbers
within bounds, ids with right check digits. Errors name the field as ``creators[0].orcid``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, TypeVar

from sambaseg.errors import MetadataError
from sambaseg.gallery.licences import find_licence

Unit = Literal["pm", "nm", "um", "mm", "m"]
NM_PER_UNIT: Mapping[str, float] = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "mm": 1e6, "m": 1e9}

SHORT, LINE, PROSE = 100, 200, 10_000
MOST_ITEMS = 50
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")
Part = TypeVar("Part")


@dataclass(frozen=True)
class Material:
    """What was looked at: its name, composition, phases."""

    name: str = ""
    composition: str = ""
    phases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Instrument:
    """What it was looked at with: type ("SEM"), mode ("BSE"), and voltage in kV or wavelength in nm."""

    type: str = ""
    mode: str = ""
    manufacturer: str = ""
    voltage_kv: float | None = None
    wavelength_nm: float | None = None


@dataclass(frozen=True)
class EntryPixelSize:
    """The size of a pixel along x and y."""

    x: float
    y: float
    unit: Unit

    @property
    def larger_nm(self) -> float:
        """The larger side in nanometres."""
        return max(self.x, self.y) * NM_PER_UNIT[self.unit]


@dataclass(frozen=True)
class Creator:
    """One of those who made the image and its labels; `orcid` as 0000-0002-1825-0097, or empty."""

    name: str = ""
    orcid: str = ""
    affiliation: str = ""


@dataclass(frozen=True)
class Problem:
    """What stands in the way of an entry becoming public: the field, and a sentence."""

    field: str
    message: str


@dataclass(frozen=True, kw_only=True)
class EntryMetadata:
    """All that is written about one version of an entry.

    Images of one sample share `sample_id`, so that no data set has them in two of its splits. `quality` is the
    submitter's own score of the segmentation, 0 to 10. `licence` is an SPDX id of `LICENCES`.
    """

    title: str = ""
    material: Material = field(default_factory=Material)
    instrument: Instrument = field(default_factory=Instrument)
    pixel_size: EntryPixelSize | None = None
    preparation: str = ""
    notes: str = ""
    sample_id: str = ""
    quality: int | None = None
    keywords: tuple[str, ...] = ()
    creators: tuple[Creator, ...] = ()
    licence: str | None = None
    doi: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; tuples become lists."""
        values: dict[str, Any] = _listed(asdict(self))
        return values

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Return what JSON values say. Raises MetadataError for what is no field, or not valid."""
        table = _Fields("", values)
        metadata = cls(
            title=table.text("title", LINE),
            material=table.part("material", _read_material) or Material(),
            instrument=table.part("instrument", _read_instrument) or Instrument(),
            pixel_size=table.part("pixel_size", _read_pixel_size),
            preparation=table.text("preparation", PROSE, lines=True),
            notes=table.text("notes", PROSE, lines=True),
            sample_id=table.text("sample_id", SHORT),
            quality=table.whole("quality", 0, 10),
            keywords=table.texts("keywords", SHORT),
            creators=tuple(table.parts("creators", _read_creator)),
            licence=table.text("licence", SHORT) or None,
            doi=_plain_doi(table.text("doi", LINE + SHORT)),
        )
        table.finish()
        if metadata.licence is not None:
            find_licence(metadata.licence)
        return metadata

    def problems(self) -> list[Problem]:
        """Return what is missing before this can be public."""
        found = []
        if not self.title:
            found.append(Problem("title", "Give the entry a title."))
        if not self.creators:
            found.append(Problem("creators", "Name at least one person who made it."))
        found += [
            Problem(f"creators[{place}].name", "Give this person's name.")
            for place, creator in enumerate(self.creators)
            if not creator.name
        ]
        if self.licence is None:
            found.append(Problem("licence", "Choose a licence."))
        if self.quality is None:
            found.append(Problem("quality", "Say how good the segmentation is, 0 to 10."))
        return found


def _read_material(table: _Fields) -> Material:
    return Material(table.text("name", LINE), table.text("composition", LINE), table.texts("phases", SHORT))


def _read_instrument(table: _Fields) -> Instrument:
    return Instrument(
        type=table.text("type", SHORT),
        mode=table.text("mode", SHORT),
        manufacturer=table.text("manufacturer", LINE),
        voltage_kv=table.number("voltage_kv", 1e-3, 1e4),
        wavelength_nm=table.number("wavelength_nm", 1e-6, 1e9),
    )


def _read_pixel_size(table: _Fields) -> EntryPixelSize:
    unit = table.text("unit", SHORT)
    units: dict[str, Unit] = {"pm": "pm", "nm": "nm", "um": "um", "µm": "um", "μm": "um", "mm": "mm", "m": "m"}
    if unit not in units:
        raise table.refused("unit", f"the unit must be one of {', '.join(NM_PER_UNIT)}, not {unit!r}")
    x, y = table.number("x", 1e-6, 1e9), table.number("y", 1e-6, 1e9)
    if x is None or y is None:
        raise table.refused("x" if x is None else "y", "a size needs x and y")
    return EntryPixelSize(x, y, units[unit])


def _read_creator(table: _Fields) -> Creator:
    orcid = table.text("orcid", SHORT).removeprefix("https://orcid.org/").removeprefix("http://orcid.org/").upper()
    if orcid and not is_orcid(orcid):
        raise table.refused("orcid", f"{orcid!r} is no ORCID iD; they look like 0000-0002-1825-0097")
    return Creator(table.text("name", LINE), orcid, table.text("affiliation", LINE))


def is_orcid(text: str) -> bool:
    """Tell whether `text` is an ORCID iD with the right check digit (ISO 7064, MOD 11-2)."""
    if _ORCID.fullmatch(text) is None:
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return text[-1] == ("X" if check == 10 else str(check))


def _plain_doi(text: str) -> str:
    doi = re.sub(r"(?i)^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text)
    if doi and _DOI.fullmatch(doi) is None:
        raise MetadataError(f"doi: {text[:80]!r} is no DOI.", hint="They look like 10.1038/s41586-020-2649-2.")
    return doi


def _listed(value: object) -> Any:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        return {name: _listed(inner) for name, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value


class _Fields:
    """The fields of an object in JSON, taken out one by one; what is left over is an error."""

    def __init__(self, name: str, values: object) -> None:
        self._name = name
        if not isinstance(values, Mapping):
            raise MetadataError(f"{name or 'metadata'}: an object was expected, not {type(values).__name__}.")
        self._values = dict(values)

    def refused(self, name: str, why: str) -> MetadataError:
        """Return the error for a field."""
        return MetadataError(f"{self._path(name)}: {why}.")

    def text(self, name: str, longest: int, *, lines: bool = False) -> str:
        """Take out a text, in composed form (NFC), without white space around; "" where there is none."""
        value = self._values.pop(name, None)
        return "" if value is None else self._text(name, value, longest, lines=lines)

    def texts(self, name: str, longest: int) -> tuple[str, ...]:
        """Take out a list of texts; empty ones and repetitions are left out."""
        values = (
            self._text(f"{name}[{place}]", value, longest, lines=False) for place, value in enumerate(self._list(name))
        )
        return tuple(dict.fromkeys(value for value in values if value))

    def number(self, name: str, least: float, most: float) -> float | None:
        """Take out a number within bounds."""
        value = self._values.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise self.refused(name, "a number was expected")
        if not least <= value <= most:
            raise self.refused(name, f"the number must be from {least:g} to {most:g}, not {value:g}")
        return float(value)

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Take out a whole number within bounds."""
        value = self.number(name, least, most)
        if value is not None and value != int(value):
            raise self.refused(name, f"a whole number was expected, not {value:g}")
        return None if value is None else int(value)

    def part(self, name: str, read: Callable[[_Fields], Part]) -> Part | None:
        """Take out an object."""
        value = self._values.pop(name, None)
        return None if value is None else _read_part(self._path(name), value, read)

    def parts(self, name: str, read: Callable[[_Fields], Part]) -> list[Part]:
        """Take out a list of objects."""
        return [_read_part(f"{self._path(name)}[{at}]", value, read) for at, value in enumerate(self._list(name))]

    def finish(self) -> None:
        """Make sure that nothing is left over."""
        for name in self._values:
            raise MetadataError(f"{self._path(str(name)[:60])}: there is no such field.")

    def _path(self, name: str) -> str:
        return f"{self._name}.{name}" if self._name else name

    def _list(self, name: str) -> Iterable[object]:
        values = self._values.pop(name, None)
        if values is None:
            return ()
        if not isinstance(values, list | tuple):
            raise self.refused(name, "a list was expected")
        if len(values) > MOST_ITEMS:
            raise self.refused(name, f"at most {MOST_ITEMS} are possible, not {len(values)}")
        return values

    def _text(self, name: str, value: object, longest: int, *, lines: bool) -> str:
        if not isinstance(value, str):
            raise self.refused(name, "text was expected")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if len(text) > longest:
            raise self.refused(name, f"at most {longest} characters are possible, not {len(text)}")
        for character in text:
            if _is_control(character) and not (lines and character in "\n\t"):
                raise self.refused(name, f"the character U+{ord(character):04X} is not possible here")
        return text


def _read_part(path: str, value: object, read: Callable[[_Fields], Part]) -> Part:
    table = _Fields(path, value)
    part = read(table)
    table.finish()
    return part


def _is_control(character: str) -> bool:
    """Tell whether a character is none to be read: control, half of a pair, or one that turns the text around."""
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") or character in _TURNING


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
