"""Weights beside a decoder come into it, and hostile files are refused."""

import contextlib
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.errors import ModelFileError
from sambaseg.smart.models.catalogue import CatalogueModel, ModelFile
from sambaseg.smart.models.install import install_from_disk, install_pending
from sambaseg.smart.models.suggester import SamSuggester
from sambaseg.smart.models.weights import with_weights
from sambaseg.smart.prompt import Prompt, PromptPoint


@pytest.fixture
def split(model_files, tmp_path):
    """Write the tiny SAM 2 with its weights in files beside encoder and decoder; return the folder."""
    import onnx

    folder = tmp_path / "split"
    folder.mkdir()
    for path in model_files("sam2"):
        onnx.save(
            onnx.load(path),
            folder / path.name,
            save_as_external_data=True,
            location=f"{path.name}_data",
            size_threshold=100,
        )
    return folder


def test_a_file_without_weights_beside_it_stays(model_files, kind):
    assert all(with_weights(path) is None for path in model_files(kind))


def test_weights_come_into_the_file_unchanged(split, model_files):
    import onnx
    from onnx import numpy_helper

    whole = onnx.load_from_string(with_weights(split / "decoder.onnx"))
    expected = onnx.load(model_files("sam2")[1])
    assert len(whole.graph.initializer) == len(expected.graph.initializer)
    for ours, theirs in zip(whole.graph.initializer, expected.graph.initializer, strict=True):
        assert ours.name == theirs.name
        np.testing.assert_array_equal(numpy_helper.to_array(ours), numpy_helper.to_array(theirs))
    assert list(whole.graph.node) == list(expected.graph.node)


def test_a_model_with_weights_beside_answers_as_the_one_in_two_files(split, store, installed, view, runtime):
    prompt = Prompt((PromptPoint(30.5, 40.5),))
    expected = SamSuggester(installed("sam2"), runtime).prepare(view).suggest(prompt)
    model = install_from_disk(store, [split], name="split")
    answer = SamSuggester(model, runtime).prepare(view).suggest(prompt)
    np.testing.assert_array_equal(answer.masks_3yx, expected.masks_3yx)
    assert with_weights(model.path_of("decoder")) is None


def test_a_model_of_the_catalogue_keeps_one_decoder_file(split, store):
    parts = {"encoder": "encoder.onnx", "encoder_data": "encoder.onnx_data"}
    parts |= {"decoder": "decoder.onnx", "decoder_data": "decoder.onnx_data"}
    files = tuple(ModelFile(part, name, None) for part, name in parts.items())
    model = CatalogueModel(
        name="sam2_tiny", title="T", interface="sam2", licence="", files=files, seconds_per_view=1, memory_mb=1
    )
    for part, name in parts.items():
        store.accept_part(model, part, split / name)
    installed = install_pending(store, model)
    names = ["decoder.onnx", "encoder.onnx", "encoder.onnx_data", "model.json"]
    assert sorted(path.name for path in installed.folder.iterdir()) == names


def test_missing_and_truncated_weights_are_named(split, store):
    (split / "decoder.onnx_data").write_bytes((split / "decoder.onnx_data").read_bytes()[:1000])
    with pytest.raises(ModelFileError, match=r"decoder\.onnx"):
        install_from_disk(store, [split], name="split")
    with pytest.raises(ModelFileError, match="truncated"):
        with_weights(split / "decoder.onnx")
    (split / "decoder.onnx_data").unlink()
    with pytest.raises(ModelFileError, match="cannot be put into it"):
        with_weights(split / "decoder.onnx")


@pytest.mark.parametrize("location", ["../decoder.onnx_data", "/etc/passwd", "..", "sub/file"])
def test_weights_outside_of_the_folder_are_refused(split, location):
    import onnx

    model = onnx.load(split / "decoder.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    (split / "evil.onnx").write_bytes(model.SerializeToString())
    shutil.copy(split / "decoder.onnx_data", split.parent)
    with pytest.raises(ModelFileError, match="outside of its folder"):
        with_weights(split / "evil.onnx")


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_or_have_no_weights(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.onnx"
    path.write_bytes(content)
    with contextlib.suppress(ModelFileError):
        assert with_weights(path) is None
