"""The commands, their arguments and their help, each with an example."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sambaseg.cli.account_parser import add_accounts
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
        _add_suggest,
        _add_features,
        _add_info,
        _add_convert,
        _add_models,
        _add_accounts,
        _add_backup,
        _add_restore,
        _add_gallery,
    ):
        add(commands)
    return parser.parse_args(arguments)


def _command(
    commands: Any,  # noqa: ANN401
    name: str,
    help_text: str,
    example: str,
    *,
    module: str,
    function: str,
) -> argparse.ArgumentParser:
    """Add a command that runs `function` of ``sambaseg.cli.commands.module``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=help_text,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(module=module, function=function)
    return parser


def _add_serve(commands: Any) -> None:  # noqa: ANN401
    about = "Start the server; its address is printed."
    parser = _command(commands, "serve", about, "sambaseg serve --port 9000", module="serve", function="serve")
    _add_server_options(parser)
    parser.add_argument("--mode", choices=("local", "lab", "public"), help=f"who is served: {_MODE_HELP}")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def _add_demo(commands: Any) -> None:  # noqa: ANN401
    about = "Start, and open the page with a project of a sample micrograph."
    parser = _command(commands, "demo", about, "sambaseg demo", module="serve", function="demo")
    parser.add_argument("sample", nargs="?", default="superalloy", help="name of the sample (default: superalloy)")
    _add_server_options(parser)
    parser.add_argument("--no-open", dest="open", action="store_false", help="only print the address")


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=_whole_number("--port", 0, 65_535), help="port to listen on; 0 takes a free one")
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the projects")
    _add_threads(parser)
    _add_memory(parser)


def _add_segment(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "segment",
        "Train on the labels of an image and segment it, with all its pages, and further images.",
        "sambaseg segment steel.tif --labels labels.tif --out segmentation.tif --save-classifier steel.sambaseg",
        module="segment",
        function="segment",
    )
    parser.add_argument("images", type=Path, nargs="+", metavar="image", help=_IMAGES_HELP)
    parser.add_argument(
        "--labels", type=Path, required=True, metavar="FILE", help=f"of the first image: {_LABELS_HELP}"
    )
    _add_also(parser)
    _add_outputs(parser)
    parser.add_argument("--save-classifier", type=Path, metavar="C.sambaseg", help="save the trained classifier too")
    _add_training_options(parser)
    _add_page(parser, default=None)
    _add_common(parser)
    _add_memory(parser)


def _add_train(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "train",
        "Train a classifier on the labels of an image and save it.",
        "sambaseg train steel.tif --labels steel-labels.tif --out steel.sambaseg",
        module="segment",
        function="train",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE", help=_LABELS_HELP)
    _add_also(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="C.sambaseg", help="where the classifier is saved")
    _add_training_options(parser)
    _add_page(parser)
    _add_common(parser)
    _add_memory(parser)


def _add_apply(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "apply",
        "Segment images with a classifier that was trained before.",
        "sambaseg apply steel.sambaseg first.png second.png --out results",
        module="apply",
        function="apply",
    )
    parser.add_argument("classifier", type=Path, help="the classifier (.sambaseg)")
    parser.add_argument("images", type=Path, nargs="+", metavar="image", help=_IMAGES_HELP)
    _add_outputs(parser)
    _add_page(parser, default=None)
    _add_common(parser)
    _add_memory(parser)


def _add_suggest(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "suggest",
        "Suggest the objects at given points, at three scales, as smart labelling does in the page.",
        "sambaseg suggest steel.tif --points points.json --out masks.npz",
        module="suggest",
        function="suggest",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--points", type=Path, required=True, metavar="POINTS.json", help=_POINTS_HELP)
    parser.add_argument("--out", type=Path, required=True, metavar="MASKS.npz", help="where masks and scores are saved")
    parser.add_argument(
        "--model", default="builtin", metavar="NAME", help="who suggests: builtin, or an installed model"
    )
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the models")
    parser.add_argument("--labels", type=Path, metavar="FILE", help=f"learn from labels first: {_LABELS_HELP}")
    _add_page(parser)
    _add_common(parser)


def _add_features(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "features",
        "Compute the features of an image and save them, one page a feature.",
        "sambaseg features steel.tif --recipe fast --out features.tif",
        module="features",
        function="features",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--out", type=Path, required=True, metavar="F.tif", help="where the features are saved")
    parser.add_argument("--recipe", metavar="RECIPE", help=_RECIPE_HELP)
    _add_page(parser)
    _add_common(parser)


def _add_info(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "info",
        "Say what was understood of an image or a classifier.",
        "sambaseg info steel.tif",
        module="info",
        function="info",
    )
    parser.add_argument("file", type=Path, help="an image or a .sambaseg file")
    _add_page(parser)
    _add_json(parser)


def _add_convert(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "convert",
        "Export a classifier for scikit-learn (.skops) or ONNX Runtime (.onnx).",
        "sambaseg convert steel.sambaseg --to steel.onnx",
        module="convert",
        function="convert",
    )
    parser.add_argument("classifier", type=Path, help="the classifier (.sambaseg)")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="ends in .skops or .onnx")
    _add_json(parser)


def _add_models(commands: Any) -> None:  # noqa: ANN401
    about = "List, add, remove and export Segment Anything models, which give suggestions for labelling."
    models = _command(
        commands, "models", about, "sambaseg models add mobile_sam", module="models", function="list_models"
    )
    _add_models_options(models)
    kinds = models.add_subparsers(title="what to do", metavar="WHAT")
    _add_models_options(
        _command(
            kinds,
            "list",
            "List the models that are known and those that are installed.",
            "sambaseg models list",
            module="models",
            function="list_models",
        )
    )
    add = _command(
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
    remove = _command(
        kinds, "remove", about, "sambaseg models remove mobile_sam", module="models", function="remove_model"
    )
    remove.add_argument("name", help="the model")
    _add_models_options(remove)
    _add_models_export(kinds)


def _add_models_export(kinds: Any) -> None:  # noqa: ANN401
    export = _command(
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


def _add_accounts(commands: Any) -> None:  # noqa: ANN401
    add_accounts(commands, _command)


def _add_models_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="FOLDER", help="folder that holds the models"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, errors too")


def _add_backup(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "backup",
        "Copy all projects, accounts and the gallery to a new folder, also while the server runs.",
        "sambaseg backup /backups/monday",
        module="backup",
        function="backup",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that does not exist yet")
    _add_data_dir(parser)
    _add_json(parser)


def _add_restore(commands: Any) -> None:  # noqa: ANN401
    parser = _command(
        commands,
        "restore",
        "Put a backup back, whole or not at all, to where nothing is yet.",
        "sambaseg restore /backups/monday --data-dir /srv/sambaseg",
        module="backup",
        function="restore",
    )
    parser.add_argument("folder", type=Path, metavar="IN", help="the folder of the backup")
    _add_data_dir(parser)
    _add_json(parser)


def _add_gallery(commands: Any) -> None:  # noqa: ANN401
    gallery = commands.add_parser(
        "gallery", help="Export the gallery as a data set, or take one in.", allow_abbrev=False
    )
    kinds = gallery.add_subparsers(title="what to do", metavar="WHAT", required=True)
    export = _command(
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
    export.add_argument("--min-quality", type=_whole_number("--min-quality", 0, 10), help="least quality, 0 to 10")
    export.add_argument("--with-labels", action="store_true", help="only entries that share their labels")
    _add_data_dir(export)
    _add_json(export)
    take_in = _command(
        kinds,
        "import",
        "Take a data set into the gallery, with all ids, versions and files as they were.",
        "sambaseg gallery import steels.zip",
        module="gallery",
        function="import_",
    )
    take_in.add_argument("archive", type=Path, metavar="IN", help="the .zip, or the folder")
    _add_data_dir(take_in)
    _add_json(take_in)


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the projects")


_LABELS_HELP = "an image of whole numbers: class ids, 0 where nothing is labelled"
_MODE_HELP = "this machine (local), people with accounts (lab), anybody (public)"
_IMAGES_HELP = "micrographs of the same kind: files, of one page or many, folders of files, OME-Zarr"
_OUT_HELP = (
    "a .tif file (of several images, all of one size, a stack), a folder, which is made (files are named "
    "NAME-segmentation.tif), or for one image a new .zarr folder with the image and its labels"
)
_POINTS_HELP = "a JSON list of [y, x], or of objects with points and a box"
_RECIPE_HELP = "features: default, fast, samba, weka, or a JSON file (default: default)"


def _add_also(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--also",
        nargs=2,
        action="append",
        default=[],
        metavar=("IMAGE", "LABELS"),
        help="one more image with its labels to train on; may be given several times",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="WHERE", help=_OUT_HELP)
    parser.add_argument(
        "--uncertainty", type=Path, metavar="WHERE", help="save the uncertainty too, 0 to 255 for 0 to 1; as --out"
    )
    parser.add_argument(
        "--probabilities", type=Path, metavar="WHERE", help="save the class probabilities, a page a class; as --out"
    )
    parser.add_argument(
        "--values",
        choices=("ids", "spread"),
        default="ids",
        help="segmentation as class ids, or as greys spread over 0 to 255 (default: ids)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out images whose results are in the folder, by this classifier"
    )


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", metavar="RECIPE", help=_RECIPE_HELP)
    parser.add_argument("--trees", type=_whole_number("--trees"), default=200, help="trees of the forest (200)")
    parser.add_argument("--depth", type=_whole_number("--depth"), default=10, help="depth of each tree (10)")
    parser.add_argument("--points", type=_points, default=50_000, help="labelled pixels that train, or all (50000)")
    parser.add_argument(
        "--balance",
        choices=("balanced", "none"),
        default="balanced",
        help="whether each class counts the same, however many labels it has (balanced)",
    )
    parser.add_argument("--seed", type=_whole_number("--seed"), default=0, help="random seed (0)")


def _add_page(parser: argparse.ArgumentParser, default: int | None = 0) -> None:
    said = "all" if default is None else default
    parser.add_argument(
        "--page", type=_whole_number("--page"), default=default, help=f"page of the image, counted from 0 ({said})"
    )


def _add_memory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--memory",
        type=_megabytes,
        metavar="SIZE",
        help="memory that may be used, as 2GB or 800MB (default: half of the machine's, at most 8 GB)",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    _add_threads(parser)
    _add_json(parser)


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads", type=_whole_number("--threads", 1, 1024), help="threads that compute (default: one a core)"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer in JSON, errors too")


def _whole_number(name: str, lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number; bounds that are not given here are checked where the number is used."""

    def read(text: str) -> int:
        between = "" if lowest is None else f" from {lowest} to {highest}"
        try:
            value = int(text)
        except ValueError:
            raise UsageError(f"{name} must be a whole number{between}, not {text[:40]!r}.") from None
        if lowest is not None and highest is not None and not lowest <= value <= highest:
            raise UsageError(f"{name} must be a whole number{between}, not {value}.")
        return value

    return read


def _megabytes(text: str) -> int:
    from sambaseg.settings import parse_memory_mb

    return parse_memory_mb(text)


def _points(text: str) -> int | None:
    return None if text == "all" else _whole_number("--points")(text)
