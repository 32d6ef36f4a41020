"""The commands, their arguments and their help, each with an example."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from sambaseg.cli.account_parser import add_accounts
from sambaseg.cli.feature_parser import add_suggest_features
from sambaseg.cli.measure_parser import add_measure
from sambaseg.cli.next_parser import add_next
from sambaseg.cli.options import (
    IMAGES_HELP,
    LABELS_HELP,
    MODE_HELP,
    POINTS_HELP,
    RECIPE_HELP,
    add_also,
    add_clean,
    add_command,
    add_common,
    add_data_dir,
    add_estimate,
    add_json,
    add_memory,
    add_outputs,
    add_page,
    add_threads,
    add_training_options,
    whole_number,
)
from sambaseg.errors import UsageError
from sambaseg.version import __version__

_ABOUT = "Trainable segmentation of micrographs: in the browser, on the command line and in Python."
_EXAMPLES = """examples:
  sambaseg                        start, and open the page
  sambaseg demo                   the same, with a sample micrograph opened
  sambaseg segment steel.tif --labels steel-labels.tif --out steel-segmentation.tif
  sambaseg COMMAND --help         what a command does, with an example

exit codes: 0 done, 1 error of the program, 2 bad usage, 3 bad input file, 4 things that do not belong together,
5 beyond a limit, 6 not possible here, 130 stopped by Ctrl+C"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of this project."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of ending the process."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint=f"`{self.prog} --help` shows how it is used.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command. Raises UsageError; ``--help`` and ``--version`` end the process with 0."""
    parser = _Parser(
        prog="sambaseg",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sambaseg {__version__}")
    parser.set_defaults(
        module="serve",
        function="start",
        json=False,
        host=None,
        port=None,
        data_dir=None,
        threads=None,
        memory=None,
        mode=None,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        _add_serve,
        _add_demo,
        _add_segment,
        _add_train,
        _add_apply,
        add_measure,
        _add_suggest,
        _add_features,
        add_suggest_features,
        add_next,
        _add_info,
        _add_convert,
        _add_models,
        add_accounts,
        _add_backup,
        _add_restore,
        _add_gallery,
    ):
        add(commands)
    return parser.parse_args(arguments)


def _add_serve(commands: Any) -> None:  # noqa: ANN401
    about = "Start the server; its address is printed."
    parser = add_command(commands, "serve", about, "sambaseg serve --port 9000", module="serve", function="serve")
    _add_server_options(parser)
    parser.add_argument("--mode", choices=("local", "lab", "public"), help=f"who is served: {MODE_HELP}")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def _add_demo(commands: Any) -> None:  # noqa: ANN401
    about = "Start, and open the page with a project of a sample micrograph."
    parser = add_command(commands, "demo", about, "sambaseg demo", module="serve", function="demo")
    parser.add_argument("sample", nargs="?", default="superalloy", help="name of the sample (default: superalloy)")
    _add_server_options(parser)
    parser.add_argument("--no-open", dest="open", action="store_false", help="only print the address")


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=whole_number("--port", 0, 65_535), help="port to listen on; 0 takes a free one")
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the projects")
    add_threads(parser)
    add_memory(parser)


def _add_segment(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "segment",
        "Train on the labels of an image and segment it, with all its pages, and further images.",
        "sambaseg segment steel.tif --labels labels.tif --out segmentation.tif --save-classifier steel.sambaseg",
        module="segment",
        function="segment",
    )
    parser.add_argument("images", type=Path, nargs="+", metavar="image", help=IMAGES_HELP)
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE", help=f"of the first image: {LABELS_HELP}")
    add_also(parser)
    add_outputs(parser)
    parser.add_argument("--save-classifier", type=Path, metavar="C.sambaseg", help="save the trained classifier too")
    add_training_options(parser)
    add_estimate(parser)
    add_page(parser, default=None)
    add_common(parser)
    add_memory(parser)


def _add_train(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "train",
        "Train a classifier on the labels of an image and save it.",
        "sambaseg train steel.tif --labels steel-labels.tif --out steel.sambaseg",
        module="segment",
        function="train",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE", help=LABELS_HELP)
    add_also(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="C.sambaseg", help="where the classifier is saved")
    add_training_options(parser)
    add_estimate(parser)
    add_page(parser)
    add_common(parser)
    add_memory(parser)


def _add_apply(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "apply",
        "Segment images with a classifier that was trained before.",
        "sambaseg apply steel.sambaseg first.png second.png --out results",
        module="apply",
        function="apply",
    )
    parser.add_argument("classifier", type=Path, help="the classifier (.sambaseg)")
    parser.add_argument("images", type=Path, nargs="+", metavar="image", help=IMAGES_HELP)
    add_outputs(parser)
    add_clean(parser, "default: as the classifier says")
    add_page(parser, default=None)
    add_common(parser)
    add_memory(parser)


def _add_suggest(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "suggest",
        "Suggest the objects at given points, at three scales, as smart labelling does in the page.",
        "sambaseg suggest steel.tif --points points.json --out masks.npz",
        module="suggest",
        function="suggest",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--points", type=Path, required=True, metavar="POINTS.json", help=POINTS_HELP)
    parser.add_argument("--out", type=Path, required=True, metavar="MASKS.npz", help="where masks and scores are saved")
    parser.add_argument(
        "--model", default="builtin", metavar="NAME", help="who suggests: builtin, or an installed model"
    )
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the models")
    parser.add_argument("--labels", type=Path, metavar="FILE", help=f"learn from labels first: {LABELS_HELP}")
    add_page(parser)
    add_common(parser)


def _add_features(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "features",
        "Compute the features of an image and save them, one page a feature.",
        "sambaseg features steel.tif --recipe fast --out features.tif",
        module="features",
        function="features",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--out", type=Path, required=True, metavar="F.tif", help="where the features are saved")
    parser.add_argument("--recipe", metavar="RECIPE", help=RECIPE_HELP)
    add_page(parser)
    add_common(parser)


def _add_info(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "info",
        "Say what was understood of an image or a classifier.",
        "sambaseg info steel.tif",
        module="info",
        function="info",
    )
    parser.add_argument("file", type=Path, help="an image or a .sambaseg file")
    add_page(parser)
    add_json(parser)


def _add_convert(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "convert",
        "Export a classifier for scikit-learn (.skops) or ONNX Runtime (.onnx).",
        "sambaseg convert steel.sambaseg --to steel.onnx",
        module="convert",
        function="convert",
    )
    parser.add_argument("classifier", type=Path, help="the classifier (.sambaseg)")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="ends in .skops or .onnx")
    add_json(parser)


def _add_models(commands: Any) -> None:  # noqa: ANN401
    about = "List, add, remove and export Segment Anything models, which give suggestions for labelling."
    models = add_command(
        commands, "models", about, "sambaseg models add mobile_sam", module="models", function="list_models"
    )
    _add_models_options(models)
    kinds = models.add_subparsers(title="what to do", metavar="WHAT")
    _add_models_options(
        add_command(
            kinds,
            "list",
            "List the models that are known and those that are installed.",
            "sambaseg models list",
            module="models",
            function="list_models",
        )
    )
    add = add_command(
        kinds,
        "add",
        "Fetch a model of the catalogue, or add one from files on disk: ONNX files and their weights, or a checkpoint.",
        "sambaseg models add encoder.onnx decoder.onnx --name mine",
        module="models",
        function="add_model",
    )
    add.add_argument("what", nargs="+", metavar="NAME_OR_FILE", help="a name of the catalogue, files, or a folder")
    add.add_argument("--name", help="what to call a model from disk; a name of the catalogue has its files checked")
    add.add_argument("--title", help="what people read")
    _add_models_options(add)
    about = "Remove the files of a model."
    remove = add_command(
        kinds, "remove", about, "sambaseg models remove mobile_sam", module="models", function="remove_model"
    )
    remove.add_argument("name", help="the model")
    _add_models_options(remove)
    _add_models_export(kinds)


def _add_models_export(kinds: Any) -> None:  # noqa: ANN401
    export = add_command(
        kinds,
        "export",
        "Export a PyTorch checkpoint of Segment Anything to ONNX files; needs the extra sambaseg[sam].",
        "sambaseg models export sam_vit_b_01ec64.pth --out vit_b --add vit_b_mine",
        module="models",
        function="export_model",
    )
    export.add_argument("checkpoint", type=Path, metavar="CHECKPOINT.pth", help="an official or fine-tuned checkpoint")
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the files are written")
    export.add_argument("--add", metavar="NAME", help="add them as a model of this name too")
    _add_models_options(export)


def _add_models_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="FOLDER", help="folder that holds the models"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, errors too")


def _add_backup(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "backup",
        "Copy all projects, accounts and the gallery to a new folder, also while the server runs.",
        "sambaseg backup /backups/monday",
        module="backup",
        function="backup",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that does not exist yet")
    add_data_dir(parser)
    add_json(parser)


def _add_restore(commands: Any) -> None:  # noqa: ANN401
    parser = add_command(
        commands,
        "restore",
        "Put a backup back, whole or not at all, to where nothing is yet.",
        "sambaseg restore /backups/monday --data-dir /srv/sambaseg",
        module="backup",
        function="restore",
    )
    parser.add_argument("folder", type=Path, metavar="IN", help="the folder of the backup")
    add_data_dir(parser)
    add_json(parser)


def _add_gallery(commands: Any) -> None:  # noqa: ANN401
    gallery = commands.add_parser(
        "gallery", help="Export the gallery as a data set, or take one in.", allow_abbrev=False
    )
    kinds = gallery.add_subparsers(title="what to do", metavar="WHAT", required=True)
    export = add_command(
        kinds,
        "export",
        "Write the public entries of the gallery, or those that a search finds, as a data set.",
        "sambaseg gallery export steels.zip --query steel --with-labels",
        module="gallery",
        function="export",
    )
    export.add_argument("out", type=Path, metavar="OUT", help="a .zip, or a folder, that does not exist yet")
    export.add_argument("--name", default="Micrographs", help="what the data set is called")
    export.add_argument("--query", default="", metavar="TEXT", help="words that must be in an entry")
    export.add_argument("--licence", action="append", default=[], metavar="ID", help="as CC-BY-4.0; several times: any")
    export.add_argument("--material", action="append", default=[], help="a material; several times: any of them")
    export.add_argument("--min-quality", type=whole_number("--min-quality", 0, 10), help="least quality, 0 to 10")
    export.add_argument("--with-labels", action="store_true", help="only entries that share their labels")
    add_data_dir(export)
    add_json(export)
    take_in = add_command(
        kinds,
        "import",
        "Take a data set into the gallery, with all ids, versions and files as they were.",
        "sambaseg gallery import steels.zip",
        module="gallery",
        function="import_",
    )
    take_in.add_argument("archive", type=Path, metavar="IN", help="the .zip, or the folder")
    add_data_dir(take_in)
    add_json(take_in)
