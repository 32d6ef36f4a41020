"""The description of an archive as Croissant, which tools for machine learning read.

See https://docs.mlcommons.org/croissant/docs/croissant-spec.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sambaseg.gallery.entry import Entry
from sambaseg.gallery.licences import find_licence
from sambaseg.gallery.splits import SPLITS

TABLE_COLUMNS: Mapping[str, tuple[str, str]] = {
    "entry": ("sc:Text", "The id of the entry."),
    "version": ("sc:Integer", "The version of the entry."),
    "title": ("sc:Text", "What the image shows."),
    "split": ("sc:Text", "train, validation or test; images of one sample are never in two of them."),
    "sample": ("sc:Text", "What images of one sample have in common."),
    "licence": ("sc:Text", "The SPDX id of the licence of this image."),
    "creators": ("sc:Text", "Who made the image and its labels."),
    "material": ("sc:Text", "The material."),
    "instrument": ("sc:Text", "The instrument."),
    "pixel_nm": ("sc:Float", "The larger side of a pixel in nanometres, empty where unknown."),
    "quality": ("sc:Integer", "How good the segmentation is by its creators' own judgement, 0 to 10."),
    "classes": ("sc:Text", "The classes as JSON: id, name, colour."),
    "image": ("sc:Text", "The path of the image in its original format, empty where not shared."),
    "labels": ("sc:Text", "The path of the labels (class ids, 0 where nothing is labelled), empty where not shared."),
    "segmentation": ("sc:Text", "The path of the segmentation (class ids), empty where not shared."),
    "classifier": ("sc:Text", "The path of the classifier, empty where not shared."),
}
"""The columns of ``entries.csv``: kind and meaning."""
_FILE_SETS = {
    "images": ("Images in their original formats.", "entries/*/*/image.*", "image/*"),
    "labels": ("Labels: class ids, 0 where nothing is labelled.", "entries/*/*/labels.tif", "image/tiff"),
    "segmentations": ("Segmentations: class ids.", "entries/*/*/segmentation.tif", "image/tiff"),
    "classifiers": ("Classifiers of sambaseg.", "entries/*/*/classifier.sambaseg", "application/zip"),
}
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def describe(
    entries: Sequence[Entry], *, name: str, table_sha256: str, table_size: int, published: date, url: str = ""
) -> dict[str, Any]:
    """Return the JSON-LD of an archive of `entries`, whose table has that SHA-256 and size in bytes."""
    licences = sorted({entry.metadata.licence for entry in entries if entry.metadata.licence})
    creators = {creator.name: creator for entry in entries for creator in entry.metadata.creators if creator.name}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": f"{len(entries)} micrographs, shared with their labels and segmentations. "
        "Each has its own creators and licence, see entries.csv.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": [find_licence(licence).url for licence in licences],
        **({"url": url} if url else {}),
        "datePublished": published.isoformat(),
        "version": "1.0.0",
        "creator": [
            {
                "@type": "sc:Person",
                "name": person.name,
                **({"identifier": f"https://orcid.org/{person.orcid}"} if person.orcid else {}),
            }
            for _, person in sorted(creators.items())
        ],
        "keywords": sorted({word for entry in entries for word in entry.metadata.keywords}),
        "citeAs": "Cite each image by its own entry: creators, title, year, id and version.",
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "entries.csv",
                "name": "entries.csv",
                "description": "One row an image.",
                "contentUrl": "entries.csv",
                "contentSize": f"{table_size} B",
                "encodingFormat": "text/csv",
                "sha256": table_sha256,
            },
            *(
                {
                    "@type": "cr:FileSet",
                    "@id": at,
                    "name": at,
                    "description": said,
                    "includes": path,
                    "encodingFormat": kind,
                }
                for at, (said, path, kind) in _FILE_SETS.items()
            ),
        ],
        "recordSet": [_splits(), _entries()],
    }


def _splits() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The parts of the data set.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [{"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{"splits/name": split} for split in SPLITS],
    }


def _entries() -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"entries/{column}",
            "name": column,
            "description": said,
            "dataType": kind,
            "source": {"fileObject": {"@id": "entries.csv"}, "extract": {"column": column}},
            **({"references": {"field": {"@id": "splits/name"}}} if column == "split" else {}),
        }
        for column, (kind, said) in TABLE_COLUMNS.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "entries",
        "name": "entries",
        "description": "The images.",
        "key": {"@id": "entries/entry"},
        "field": fields,
    }
