"""``sambaseg convert``: a classifier for scikit-learn or ONNX Runtime."""

from __future__ import annotations

from argparse import Namespace

from sambaseg.cli.output import Output
from sambaseg.cli.targets import check_target

_ENDINGS = (".skops", ".onnx")


def convert(options: Namespace, output: Output) -> None:
    """Export the forest; its features are not part of these files. Raises MissingExtraError without the packages."""
    check_target(options.to, _ENDINGS, inputs=[options.classifier])

    from sambaseg.forest.classifier_file import load_classifier
    from sambaseg.forest.exchange import export_onnx, export_skops

    classifier = load_classifier(options.classifier)
    export = export_onnx if options.to.suffix.lower() == ".onnx" else export_skops
    export(classifier, options.to)
    output.result(
        {"classifier": str(options.classifier), "out": str(options.to), "features": len(classifier.plane_names)},
        [f"{options.to}: takes {len(classifier.plane_names)} features a pixel, as `sambaseg features` computes them"],
    )
