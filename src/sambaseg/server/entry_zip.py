"""All files of an entry in a zip, with its metadata and how to cite it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from starlette.responses import Response

from sambaseg.gallery.citation import cite
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.licences import find_licence
from sambaseg.server.downloads import safe_stem
from sambaseg.server.exports_of_many import streamed_zip
from sambaseg.server.present_gallery import files_of, present_entry
from sambaseg.server.zip_stream import Member

if TYPE_CHECKING:
    from sambaseg.server.gallery_desk import GalleryDesk

OWN_NAMES = frozenset({"metadata.json", "citation.bib", "readme.txt"})


def send_zip(desk: GalleryDesk, entry: Entry, address: str) -> Response:
    """Return all files of an entry with its metadata and how to cite it; `address` is that of its page."""
    return streamed_zip(_members(desk, entry, address), f"{safe_stem(entry.metadata.title or 'entry')}.zip")


def _members(desk: GalleryDesk, entry: Entry, address: str) -> Iterator[Member]:
    told = present_entry(entry)
    yield Member("metadata.json", told.model_dump_json(indent=2).encode())
    citation = cite(entry, address=address)
    yield Member("CITATION.bib", citation.bibtex.encode())
    yield Member("README.txt", _readme(entry, address, citation.text).encode())
    for file in files_of(entry):
        with desk.files.as_file(file.sha256) as path:
            yield Member(name_in_zip(file.file_name), path)


def name_in_zip(file_name: str) -> str:
    """Return what a file is called beside the zip's own files."""
    return f"original-{file_name}" if file_name.lower() in OWN_NAMES else file_name


def _readme(entry: Entry, address: str, citation: str) -> str:
    licence = None if entry.metadata.licence is None else find_licence(entry.metadata.licence)
    classes = "".join(f"  {each.id}  {each.name}\n" for each in entry.measured.classes)
    files = "".join(f"  {name_in_zip(file.file_name)}  SHA-256 {file.sha256}\n" for file in files_of(entry))
    return (
        f"{entry.metadata.title}\n{address}\n\n"
        f"Cite it as\n  {citation}\n\n"
        + (f"Licence: {licence.name} ({licence.url})\n{licence.meaning}\n\n" if licence is not None else "")
        + (f"Classes, by the numbers in labels and segmentation:\n{classes}\n" if classes else "")
        + f"Files:\n{files}"
    )
