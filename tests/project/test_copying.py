"""Copies of projects that another process goes on changing: nothing acknowledged before is missing, all is whole."""

import contextlib
import json
import os
import signal
import struct
import sys
import time
import zipfile
from pathlib import Path

import apsw
import numpy as np
import pytest

from project.conftest import some_image
from project.killed_writer import RECORD, draw_until_killed
from project.strokes import SHAPE, Client, box
from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import parse_steps
from sambaseg.errors import DamagedProjectError, ProjectBusyError
from sambaseg.project.check import check_project
from sambaseg.project.cleaned import CleaningRoom
from sambaseg.project.copying import copy_project
from sambaseg.project.log_copy import LogState, copy_log, wal_of
from sambaseg.project.store import ProjectStore

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork"),
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning"),
]


@contextlib.contextmanager
def drawing(folder, work=draw_until_killed):
    """Let another process work on the project in `folder`; yield the end of a pipe that it tells of in."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(folder, writing, "client-0007")
    os.close(writing)
    try:
        yield reading
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)


def read_acknowledged(pipe, least):
    """Return at least so many acknowledged numbers, and all that have come."""
    received = b""
    os.set_blocking(pipe, False)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            while more := os.read(pipe, 1 << 16):
                received += more
        if len(received) >= least * RECORD:
            break
        time.sleep(0.005)
    whole = len(received) // RECORD * RECORD
    return dict(struct.iter_unpack("<QQ", received[:whole]))


def copy_when_possible(folder, copy):
    """Copy a project in which much happens: on a busy machine a try may be refused, and the next one goes through."""
    for attempt in range(20):
        target = copy.with_name(f"{copy.name}-{attempt}")
        target.mkdir()
        try:
            return target, copy_project(folder, target)
        except ProjectBusyError:
            continue
    raise AssertionError("A copy was refused twenty times.")


def test_a_copy_under_load_has_every_acknowledged_step_and_is_consistent(make_project, workspace, tmp_path):
    project = make_project()
    folder = project.folder
    workspace.close()
    acknowledged = {}
    with drawing(folder) as pipe:
        for number in range(6):
            acknowledged |= read_acknowledged(pipe, 15)
            copy, copied = copy_when_possible(folder, tmp_path / f"copy-{number}")
            found = check_project(copy)
            assert found.problems == ()
            assert found.revision == copied.revision
            assert {seq: found.acknowledged["client-0007", seq] for seq in acknowledged} == acknowledged
            reopened = ProjectStore.open(copy)
            for image in reopened.description().images:
                assert reopened.micrograph(image.id).array().shape[1:] == (image.height, image.width)
            reopened.close()


def write_and_checkpoint(folder, pipe, _name):
    """Write steps so fast that the WAL begins anew many times a second, as no person could."""
    store = ProjectStore.open(folder)
    store._labelling._log.database.connection.wal_autocheckpoint(8)
    client, chance = Client("client-0007"), np.random.default_rng(3)
    while True:
        mask_yx = chance.random(SHAPE) < 0.2
        ack = store.apply(client.paint(mask_yx, int(chance.integers(1, 3)), overwrite=True))
        os.write(pipe, struct.pack("<QQ", ack.client_seq, ack.revision))
        time.sleep(0.01)


def test_a_wal_that_begins_anew_all_the_time_costs_more_tries_and_no_step(make_project, workspace, tmp_path):
    folder = make_project().folder
    workspace.close()
    headers = set()
    with drawing(folder, write_and_checkpoint) as pipe:
        acknowledged = read_acknowledged(pipe, 10)
        for number in range(10):
            copy = tmp_path / f"{number}.sqlite"
            headers.add(copy_log(folder / "log.sqlite", copy).header)
            connection = apsw.Connection(str(copy))
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = connection.execute("SELECT client_seq, revision FROM operations WHERE client_seq > 0").fetchall()
            assert dict(found).items() >= acknowledged.items()
            connection.close()
            acknowledged = read_acknowledged(pipe, 2) | acknowledged
    assert len(headers) > 1, "the WAL never began anew, so that nothing was shown"


def test_a_log_that_nobody_uses_is_copied_and_known_to_be_still(make_project, workspace, tmp_path):
    project = make_project()
    project.apply(Client().paint(box(SHAPE, 0, 0, 20, 30)))
    path = project.folder / "log.sqlite"
    workspace.close()
    time.sleep(0.2)
    state = copy_log(path, tmp_path / "copy")
    assert not wal_of(path).exists()
    assert state.is_still(path)
    os.utime(path)
    assert not state.is_still(path)
    assert not LogState.now(path).settled


def test_complete_results_and_the_classifier_come_along_and_work_under_way_does_not(project, tmp_path):
    rows, columns = SHAPE
    classes = project.classes()

    def write(writer, tiles):
        for ty, tx in tiles:
            h, w = min(256, rows - ty * 256), min(256, columns - tx * 256)
            writer.write_tile(ty, tx, np.full((h, w), 1, np.uint8), np.full((h, w), 9, np.uint8))

    everywhere = [(ty, tx) for ty in range(2) for tx in range(3)]
    writer = project.begin_result(None, classes)
    write(writer, everywhere)
    writer.finish()
    begun = project.begin_result(None, classes, classifier_id="other")
    write(begun, everywhere[:2])
    copied = copy_project_elsewhere(project.folder, tmp_path / "copy")
    assert copied.images == 1
    store = ProjectStore.open(tmp_path / "copy")
    assert (store.edited_segmentation() == 1).all()
    assert store.result().id == writer.id
    store.close()
    begun.cancel()


def replace_results(folder, pipe, _name):
    """Make one result after the other, each of one class only, and a classifier's file for each."""
    store = ProjectStore.open(folder)
    rows, columns = SHAPE
    for number in range(10_000):
        class_id = number % 2 + 1
        writer = store.begin_result(None, store.classes(), classifier_id=str(number))
        for ty in range(-(-rows // 256)):
            for tx in range(-(-columns // 256)):
                shape = min(256, rows - ty * 256), min(256, columns - tx * 256)
                writer.write_tile(ty, tx, np.full(shape, class_id, np.uint8), np.full(shape, 100 * class_id, np.uint8))
        writer.finish()
        os.write(pipe, struct.pack("<QQ", number, class_id))


@pytest.mark.parametrize("tries", [1, 2, 8])
def test_results_that_replace_each_other_are_copied_whole_or_left_out(
    make_project, workspace, tmp_path, tries, monkeypatch
):
    monkeypatch.setattr("sambaseg.project.copying._TRIES", tries)
    folder = make_project().folder
    workspace.close()
    seen = set()
    with drawing(folder, replace_results) as pipe:
        read_acknowledged(pipe, 1)
        for number in range(10):
            copy = tmp_path / f"copy-{number}"
            copy.mkdir()
            try:
                copy_project(folder, copy)
            except ProjectBusyError:  # the image is not proven to be whole by one look at the log
                assert tries == 1
                continue
            store = ProjectStore.open(copy)
            if store.result() is not None:
                classes, uncertainty = store.edited_segmentation(), store.uncertainty_array()
                assert len(np.unique(classes)) == 1
                assert (uncertainty == 100 * classes[0, 0]).all()
                seen.add(store.result().id)
            store.close()
    assert tries < 8 or len(seen) > 1, "no result was replaced meanwhile, so that nothing was shown"


SPECKS = np.where(np.arange(SHAPE[0])[:, np.newaxis] % 9 + np.arange(SHAPE[1]) % 7 == 0, 2, 1).astype(np.uint8)


def clean_again_and_again(folder, pipe, _name):
    """Clean one result by one step after the other, and give its predicted classes back in between."""
    store = ProjectStore.open(folder)
    writer = store.begin_result(None, store.classes())
    for ty in range(2):
        for tx in range(3):
            part = SPECKS[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
            writer.write_tile(ty, tx, part, np.zeros_like(part))
    writer.finish()
    for number in range(10_000):
        store.cleaning.set_steps(parse_steps("remove_small:2:2" if number % 2 else "remove_small:9:1,majority:3"))
        store.cleaning.clean(0, CleaningRoom(2**28))
        os.write(pipe, struct.pack("<QQ", number, 0))
        if number % 3 == 0:
            store.cleaning.set_steps(())


@pytest.mark.parametrize("tries", [2, 8])
def test_a_result_that_is_cleaned_meanwhile_is_copied_whole_or_left_out(
    make_project, workspace, tmp_path, tries, monkeypatch
):
    monkeypatch.setattr("sambaseg.project.copying._TRIES", tries)
    folder = make_project().folder
    workspace.close()
    seen = set()
    with drawing(folder, clean_again_and_again) as pipe:
        read_acknowledged(pipe, 1)
        for number in range(10):
            copy = tmp_path / f"copy-{number}"
            copy.mkdir()
            copy_project(folder, copy)
            store = ProjectStore.open(copy)
            info = store.result()
            if info is not None:
                expected_yx = clean_classes(SPECKS, [1, 2], info.cleaning)
                np.testing.assert_array_equal(store.edited_segmentation(), expected_yx)
                np.testing.assert_array_equal(store.read_predicted(info.predicted_id, 0, SHAPE[0]), SPECKS)
                seen.add(info.cleaning)
            store.close()
    assert tries < 8 or len(seen) > 1, "nothing was cleaned meanwhile, so that nothing was shown"


def copy_project_elsewhere(folder, target):
    """Copy in another process: the one that has a log open must not read its files."""
    target.mkdir()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        copied = copy_project(folder, target)
        os.write(writing, json.dumps(copied.__dict__).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        text = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return type("Copied", (), json.loads(text))


def test_linked_files_are_named_and_left_where_they_are(workspace, tmp_path):
    from sambaseg.project.new_image import NewImage

    source = tmp_path / "steel.tif"
    source.write_bytes(b"the file as it came")
    project = workspace.create_project([NewImage.of(some_image(), source, link=True)], name="Steel")
    folder = project.folder
    workspace.close()
    (tmp_path / "copy").mkdir()
    assert copy_project(folder, tmp_path / "copy").linked == (str(source),)


def test_a_project_of_format_1_is_copied_as_it_is(tmp_path):
    with zipfile.ZipFile(Path(__file__).parent / "data" / "project_format_1.zip") as archive:
        archive.extractall(tmp_path / "old")
    folder = next(path.parent for path in (tmp_path / "old").rglob("project.json"))
    (tmp_path / "copy").mkdir()
    copied = copy_project(folder, tmp_path / "copy")
    assert json.loads((tmp_path / "copy" / "project.json").read_text())["format"] == 1
    store = ProjectStore.open(tmp_path / "copy")
    assert store.history().revision == copied.revision
    store.close()
    assert check_project(tmp_path / "copy").problems == ()


def test_a_project_whose_files_are_gone_is_said_to_be_damaged(make_project, workspace, tmp_path):
    folder = make_project().folder
    workspace.close()
    next((folder / "original").iterdir()).unlink()
    time.sleep(0.2)
    (tmp_path / "copy").mkdir()
    with pytest.raises(DamagedProjectError, match="lacks original/"):
        copy_project(folder, tmp_path / "copy")


def test_a_file_replaced_while_it_is_being_linked_is_copied(make_project, workspace, tmp_path, monkeypatch):
    """link(2) says that a file is not there when it is replaced between being found and being linked."""
    folder = make_project().folder
    workspace.close()
    asked = []

    def link_too_late(source, target):
        asked.append(Path(target).name)
        raise FileNotFoundError(source)

    monkeypatch.setattr("sambaseg.project.copying.os.link", link_too_late)
    (tmp_path / "copy").mkdir()
    assert copy_project(folder, tmp_path / "copy").images == 1
    assert "project.json" in asked
    assert check_project(tmp_path / "copy").problems == ()
