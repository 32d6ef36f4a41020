"""Segmenting images with a classifier and saving what was asked for, tile by tile: no result is ever held whole."""

from __future__ import annotations

import contextlib
import math
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sambaseg.cli.output import Output
from sambaseg.errors import SambasegError, StorageError, UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    import numpy as np
    from numpy.typing import NDArray

    from sambaseg.cli.cleaned import CleanedSink
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import ImageInfo, Micrograph
    from sambaseg.images.stack import FoundImage
    from sambaseg.pipeline.apply import TileSink

Kind = Literal["segmentation", "uncertainty", "probabilities"]
KINDS: tuple[Kind, ...] = ("segmentation", "uncertainty", "probabilities")


@dataclass(frozen=True)
class Targets:
    """Where the results of images go: for each kind that is wanted a path for each image, all the same for a stack."""

    images: Sequence[FoundImage]
    paths: dict[Kind, list[Path]]
    values: Literal["ids", "spread"]
    in_folder: bool = False

    @property
    def in_one_file(self) -> bool:
        """Whether any file holds the results of several images."""
        return any(len(paths) > 1 and paths[0] == paths[1] for paths in self.paths.values())

    @property
    def folder(self) -> Path | None:
        """The folder of the segmentations, where each is a file of its own in a folder that was named."""
        return self.paths["segmentation"][0].parent if self.in_folder and self.images else None

    def of(self, number: int) -> dict[Kind, Path]:
        """Return the paths of one image."""
        return {kind: paths[number] for kind, paths in self.paths.items()}


def check_outs(options: Namespace, *, inputs: Sequence[Path]) -> None:
    """Raise for outputs that cannot be, whatever the images are: UsageError, StorageError."""
    from sambaseg.cli.targets import check_distinct, check_out, is_tiff

    outs = [out for out in (options.out, options.uncertainty, options.probabilities) if out is not None]
    for out in outs:
        check_out(out, inputs=inputs)
    check_distinct([out] for out in outs if is_tiff(out))
    if options.resume and (is_tiff(options.out) or options.out.suffix.lower() == ".zarr"):
        raise UsageError("--resume needs a folder as --out.", hint="Files in a folder are skipped that are there.")


def plan_targets(options: Namespace, images: Sequence[FoundImage], *, inputs: Sequence[Path]) -> Targets:
    """Return where the results of `images` go as the options say, checked. Raises UsageError, StorageError."""
    from sambaseg.cli.targets import check_distinct, targets_for

    outs = {"segmentation": options.out, "uncertainty": options.uncertainty, "probabilities": options.probabilities}
    paths = {
        kind: targets_for(outs[kind], images, kind, inputs=inputs, zarr=kind == "segmentation")
        for kind in KINDS
        if outs[kind] is not None
    }
    check_distinct(paths.values())
    in_folder = not images or paths["segmentation"][0] != options.out
    return Targets(images, paths, options.values, in_folder)


def save_all(
    classifier: Classifier,
    targets: Targets,
    *,
    options: Namespace,
    output: Output,
    failed: Callable[[FoundImage, SambasegError], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Segment all images and save their results; return what came out of each as JSON values.

    `failed` is given an image that cannot be read or does not fit, and what is wrong; it raises, or returns what to say
    instead. With ``--resume`` images are left out whose results are there. Raises MemoryBudgetError before anything is
    begun, StorageError.
    """
    from sambaseg.cli.inputs import memory_budget, open_micrograph, plan_of_applying
    from sambaseg.cli.ledger import Ledger, Made
    from sambaseg.forest.classifier_file import classifier_digest

    beside = max((_beside(found.info) for found in targets.images), default=0)
    plan = plan_of_applying(classifier, options, beside=beside)
    digest, folder = classifier_digest(classifier), targets.folder
    ledger = None if folder is None else Ledger(folder)
    answers: list[dict[str, Any]] = []
    cleaning_bytes = memory_budget(options).bytes // 2
    with Saver(classifier, targets, threads=plan.threads, output=output, cleaning_bytes=cleaning_bytes) as saver:
        for number, found in enumerate(targets.images):
            try:
                made = None if ledger is None else Made.of(found, digest, targets.of(number), targets.values)
                known = ledger.find(made) if ledger is not None and made is not None and options.resume else None
                answer = known or saver.save(number, open_micrograph(found))
            except StorageError:
                raise
            except SambasegError as error:
                if targets.in_one_file:  # which would lack a page
                    raise
                answers.append(failed(found, error))
                continue
            if ledger is not None and made is not None and known is None:
                ledger.note(made, answer)
            answers.append(answer)
    return answers


def _beside(info: ImageInfo) -> int:
    import numpy as np

    from sambaseg.pipeline.memory import bytes_beside

    return bytes_beside(info.width * info.height, info.channels * np.dtype(info.dtype).itemsize)


class Saver:
    """Segments the images of `targets` with one classifier, one after the other, and saves their results.

    A context: files that hold several images take their places when it ends well. Where the classifier cleans up,
    regions may take `cleaning_bytes`.
    """

    def __init__(
        self, classifier: Classifier, targets: Targets, *, threads: int, output: Output, cleaning_bytes: int
    ) -> None:
        self._classifier = classifier
        self._targets = targets
        self._threads = threads
        self._output = output
        self._cleaning_bytes = cleaning_bytes
        self._shared = contextlib.ExitStack()
        self._stacks: dict[Kind, Any] = {}

    def __enter__(self) -> Saver:
        self._shared.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:  # noqa: ANN401
        self._shared.__exit__(*raised)

    def save(self, number: int, micrograph: Micrograph) -> dict[str, Any]:
        """Segment image `number`, save its results, and return what came out as JSON values.

        Raises ClassifierMismatchError, StorageError.
        """
        from sambaseg.cleaning.steps import in_words
        from sambaseg.pipeline.apply import apply_classifier

        found, paths = self._targets.images[number], self._targets.of(number)
        totals = _Totals()
        many = f"{number + 1}/{len(self._targets.images)} " if len(self._targets.images) > 1 else ""
        self._classifier.check_fits(micrograph)  # before a file is begun
        with self._output.progress(f"{many}{found.name}") as show, contextlib.ExitStack() as own:
            of_classes = [self._sink("segmentation", number, micrograph, own), totals.add_classes]
            others = [self._sink(kind, number, micrograph, own) for kind in paths if kind != "segmentation"]
            cleaned = self._cleaned(of_classes, number, micrograph, own)
            sinks = [*others, totals.add_uncertainty, *(of_classes if cleaned is None else [cleaned.take])]

            def take(ty: int, tx: int, *tile: Any) -> None:  # noqa: ANN401
                for sink in sinks:
                    sink(ty, tx, *tile)

            apply_classifier(self._classifier, micrograph, sink=take, threads=self._threads, progress=show)
            if cleaned is not None:
                cleaned.finish()
        return {
            "image": found.name,
            "out": str(paths["segmentation"]),
            "uncertainty": str(paths["uncertainty"]) if "uncertainty" in paths else None,
            "probabilities": str(paths["probabilities"]) if "probabilities" in paths else None,
            "cleaned": in_words(self._classifier.cleaning) or None,
            "fractions": totals.fractions(self._classifier),
            "mean_uncertainty": math.fsum(totals.uncertainties) / totals.pixels,
        }

    def _cleaned(
        self, sinks: list[TileSink], number: int, micrograph: Micrograph, own: contextlib.ExitStack
    ) -> CleanedSink | None:
        """Return what cleans the segmentation of an image up before it goes on; None where nothing is cleaned."""
        if not self._classifier.cleaning:
            return None
        from sambaseg.cli.cleaned import open_cleaned

        return own.enter_context(
            open_cleaned(
                self._classifier,
                micrograph.shape_yx,
                memory_bytes=self._cleaning_bytes,
                folder=self._targets.of(number)["segmentation"].absolute().parent,
                sinks=sinks,
            )
        )

    def _sink(self, kind: Kind, number: int, micrograph: Micrograph, own: contextlib.ExitStack) -> TileSink:
        """Return what writes one kind of result of an image; files of its own end with `own`."""
        paths = self._targets.paths[kind]
        if kind == "segmentation" and paths[number].suffix.lower() == ".zarr":
            return own.enter_context(_open_zarr(paths[number], micrograph, self._classifier, self._threads))
        shared = len(paths) > 1 and paths[0] == paths[1]
        if not shared:
            return self._open(kind, [number], micrograph, own)(0)
        if kind not in self._stacks:
            self._stacks[kind] = self._open(kind, range(len(paths)), micrograph, self._shared)
        sink: TileSink = self._stacks[kind](number)
        return sink

    def _open(
        self, kind: Kind, numbers: Sequence[int], micrograph: Micrograph, context: contextlib.ExitStack
    ) -> Callable[[int], TileSink]:
        """Open the file of one kind of result of these images; return what gives the sink of the nth of them."""
        from sambaseg.forest.uncertainty import uncertainty_as_bytes
        from sambaseg.images.writing import open_label_writer, open_plane_writer

        path, shape_yx = self._targets.paths[kind][numbers[0]], micrograph.shape_yx
        size, classes = micrograph.info.pixel_size_um, self._classifier.classes
        names = [self._targets.images[number].name for number in numbers]
        several = len(names) > 1
        extra: dict[str, Any] = {"images": names} if several else {"image": names[0]}
        if kind == "segmentation":
            labels = context.enter_context(
                open_label_writer(
                    path,
                    shape_yx,
                    classes=classes,
                    pages=len(names),
                    page_names=names if several else (),
                    pixel_size_um=size,
                    values=self._targets.values,
                    extra=extra,
                )
            )
            return lambda nth: lambda ty, tx, classes_yx, *_: labels.write_tile(ty, tx, classes_yx, page=nth)
        if kind == "uncertainty":
            pages, dtype = names if several else ["uncertainty"], "uint8"
            extra["scale"] = "255 = 1.0"
        else:
            pages = [f"{name} · {entry.name}" if several else entry.name for name in names for entry in classes]
            dtype = "float32"
            extra["class_ids"] = [entry.id for entry in classes]
        writer = context.enter_context(
            open_plane_writer(path, shape_yx, dtype, names=pages, pixel_size_um=size, extra=extra)
        )
        if kind == "uncertainty":
            return lambda nth: (
                lambda ty, tx, _, uncertainty_yx, *__: writer.write_tile(
                    ty, tx, uncertainty_as_bytes(uncertainty_yx), page=nth
                )
            )

        def probabilities(nth: int) -> TileSink:
            def write(ty: int, tx: int, _: Any, __: Any, probabilities_kyx: NDArray[np.float32]) -> None:  # noqa: ANN401
                for k, plane_yx in enumerate(probabilities_kyx):
                    writer.write_tile(ty, tx, plane_yx, page=nth * len(classes) + k)

            return write

        return probabilities


@contextlib.contextmanager
def _open_zarr(folder: Path, micrograph: Micrograph, classifier: Classifier, threads: int) -> Iterator[TileSink]:
    """Yield what takes the segmentation of an image; when it is whole, both are written as an OME-Zarr with labels."""
    import numpy as np

    from sambaseg.images.pyramid import TileLayer
    from sambaseg.images.writing import NamedLabels, write_ome_zarr

    dtype = np.min_scalar_type(int(classifier.forest.class_ids[-1]))
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}.", dir=folder.absolute().parent))
    try:
        layer = TileLayer.create(beside / "segmentation", (1, *micrograph.shape_yx), dtype, "label")
        yield lambda ty, tx, classes_yx, *_: layer.write_tile(ty, tx, classes_yx[np.newaxis])
        labels = NamedLabels("segmentation", layer.pixels(), classifier.classes)
        size = micrograph.info.pixel_size_um
        write_ome_zarr(
            folder, micrograph.pixels_cyx, micrograph.info, labels=[labels], pixel_size_um=size, threads=threads
        )
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@dataclass
class _Totals:
    """Pixels of each class and the sum of each tile's uncertainty, from several threads."""

    pixels: int = 0
    of_class: dict[int, int] = field(default_factory=dict)
    uncertainties: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_classes(self, _ty: int, _tx: int, classes_yx: Any, *_: Any) -> None:  # noqa: ANN401
        """Add the classes of a tile."""
        import numpy as np

        ids, counts = np.unique(classes_yx, return_counts=True)
        with self._lock:
            self.pixels += classes_yx.size
            for class_id, count in zip(ids.tolist(), counts.tolist(), strict=True):
                self.of_class[class_id] = self.of_class.get(class_id, 0) + count

    def add_uncertainty(self, _ty: int, _tx: int, _: Any, uncertainty_yx: Any, *__: Any) -> None:  # noqa: ANN401
        """Add the uncertainty of a tile."""
        total = float(uncertainty_yx.sum(dtype="float64"))
        with self._lock:
            self.uncertainties.append(total)

    def fractions(self, classifier: Classifier) -> list[dict[str, Any]]:
        """Return each class with its share of the predicted pixels."""
        return [
            {**asdict(entry), "fraction": self.of_class.get(entry.id, 0) / self.pixels} for entry in classifier.classes
        ]


def summary_line(values: dict[str, Any]) -> str:
    """Return what `Saver.save` answered as a line for people."""
    shares = ", ".join(f"{entry['name']} {entry['fraction']:.1%}" for entry in values["fractions"])
    cleaned = f"; cleaned by {values['cleaned']}" if values.get("cleaned") else ""
    return f"{values['out']}: {shares}{cleaned}"


def trained_line(path: Path, classifier: Classifier, seconds: float) -> str:
    """Return a line for people about a classifier that was trained."""
    used = sum(points.used for points in classifier.training.points)
    score = classifier.forest.oob_score
    quality = "" if score is None else f", {score:.1%} right out of bag"
    reaches = ", ".join(f"{reach.trees} {reach.name}" for reach in classifier.training.reaches)
    looking = f"; trees by reach: {reaches}" if reaches else ""
    return f"{path}: trained on {used:,} pixels of {_classes(classifier.classes)} in {seconds:.1f} s{quality}{looking}"


def _classes(classes: Sequence[object]) -> str:
    return f"{len(classes)} classes"
