"""Models on disk: whole or not there, named errors for everything that can be wrong with files."""

import json
import shutil

import pytest

from sambaseg.errors import (
    MissingExtraError,
    MissingFileError,
    ModelFileError,
    ModelMismatchError,
    ModelNotInstalledError,
    ParameterError,
    UnknownInterfaceError,
    UnknownModelError,
    UsageError,
)
from sambaseg.smart.models import install
from sambaseg.smart.models.catalogue import CATALOGUE, CatalogueModel, ModelFile, find_model
from sambaseg.smart.models.install import install_from_disk, install_pending
from sambaseg.smart.models.store import ModelStore, NewFile, NewModel, sha256_of


def test_an_installed_model_is_found_again(store, installed, kind, tmp_path):
    model = installed(kind)
    assert model.interface == kind
    assert model.input_side == 128
    assert not model.verified
    assert ModelStore(tmp_path / "data").find("tiny") == model
    assert store.models() == [model]
    assert sorted(path.name for path in model.folder.iterdir()) == ["decoder.onnx", "encoder.onnx", "model.json"]
    assert model.file_of("decoder").sha256 == sha256_of(model.path_of("decoder"))
    assert list(store.folder.iterdir()) == [model.folder]


def test_parts_are_told_by_content_not_by_name(store, model_files, tmp_path):
    encoder, decoder = model_files("sam1")
    shutil.copy(encoder, tmp_path / "b.onnx")
    shutil.copy(decoder, tmp_path / "a.onnx")
    model = install_from_disk(store, [tmp_path / "a.onnx", tmp_path / "b.onnx"], name="swapped")
    assert model.path_of("encoder").name == "b.onnx"


def test_a_folder_is_taken_with_the_model_files_in_it(store, model_files, tmp_path):
    folder = tmp_path / "sam"
    folder.mkdir()
    for file in model_files("sam2"):
        shutil.copy(file, folder)
    (folder / "README.md").write_text("words")
    assert install_from_disk(store, [folder], name="two").interface == "sam2"
    with pytest.raises(MissingFileError, match="holds no model"):
        install_from_disk(store, [tmp_path / "data"], name="none")


def test_removing_leaves_nothing(store, installed):
    installed("sam1")
    assert store.remove("tiny")
    assert not store.remove("tiny")
    assert list(store.folder.iterdir()) == []
    with pytest.raises(UnknownModelError, match="no model tiny"):
        store.find("tiny")
    with pytest.raises(ModelNotInstalledError, match="mobile_sam is not installed"):
        store.find("mobile_sam")


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", "A", "builtin", "x" * 41, "-x", ".hidden", "a b", "ä"])
def test_names_that_could_be_paths_are_refused(store, model_files, name):
    with pytest.raises(ParameterError, match="cannot be called"):
        install_from_disk(store, model_files("sam1"), name=name)
    for use in (store.find, store.remove, store.pending_folder):
        with pytest.raises(ParameterError):
            use(name)


def test_a_taken_name_is_refused_and_the_model_stays(store, installed, model_files):
    before = installed("sam1")
    with pytest.raises(ModelMismatchError, match="a model called tiny already"):
        install_from_disk(store, model_files("sam2"), name="tiny")
    assert store.find("tiny") == before


@pytest.mark.parametrize("file_name", ["model.json", "../evil.onnx", "a b.onnx", ".onnx"])
def test_file_names_that_could_be_paths_are_refused(store, model_files, file_name):
    files = [NewFile("encoder", file_name, model_files("sam1")[0])]
    with pytest.raises(ParameterError, match="cannot be called"):
        store.install(NewModel(name="m", title="M", licence=""), files)


def test_two_files_of_one_name_are_refused(store, model_files):
    same = NewFile("encoder", "a.onnx", model_files("sam1")[0])
    with pytest.raises(ParameterError, match=r"Two files are called a\.onnx"):
        store.install(NewModel(name="m", title="M", licence=""), [same, same])


def test_files_that_are_no_model_are_named_and_nothing_is_left(store, model_files, tmp_path):
    encoder, decoder = model_files("sam1")
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(encoder.read_bytes()[:5000])
    words = tmp_path / "words.onnx"
    words.write_text("these are words")
    pickle = tmp_path / "model.pkl"
    pickle.write_bytes(b"x")
    cases = [
        ([truncated, decoder], ModelFileError, "truncated.onnx cannot be loaded"),
        ([words, decoder], ModelFileError, "words.onnx cannot be loaded"),
        ([encoder], UnknownInterfaceError, "an encoder and a decoder; 1 came"),
        ([pickle], UsageError, "is neither"),
        ([tmp_path / "gone.onnx", decoder], MissingFileError, "does not exist"),
        ([encoder, model_files("sam2")[1].with_name("encoder.onnx")], ParameterError, "Two files are called"),
        ([shutil.copy(encoder, tmp_path / "again.onnx"), encoder], UnknownInterfaceError, "are both encoders"),
        ([shutil.copy(encoder, tmp_path / "e.onnx"), model_files("sam2")[1]], UnknownInterfaceError, "has sam2"),
    ]
    for paths, error, words_of_it in cases:
        with pytest.raises(error, match=words_of_it) as raised:
            install_from_disk(store, paths, name="bad")
        assert raised.value.message.endswith(".")
        assert store.models() == []
    assert not store.folder.exists() or list(store.folder.iterdir()) == []


def test_another_network_is_named_with_what_it_takes_and_gives(store, model_files, tmp_path):
    import onnx
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("features", "classes")]
    graph = helper.make_graph([helper.make_node("Relu", ["features"], ["classes"])], "other", value[:1], value[1:])
    other = tmp_path / "other.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), other)
    with pytest.raises(UnknownInterfaceError, match=r"takes features and gives classes"):
        install_from_disk(store, [other, model_files("sam1")[1]], name="other")


def test_a_manifest_that_was_changed_is_named_and_left_out_of_lists(store, installed):
    model = installed("sam1")
    manifest = model.folder / "model.json"
    values = json.loads(manifest.read_text())
    for broken in ("{", "[]", json.dumps(values | {"format": 9}), json.dumps(values | {"interface": "sam9"})):
        manifest.write_text(broken)
        assert store.models() == []
        with pytest.raises(ModelFileError, match="cannot be understood"):
            store.find("tiny")
    values["files"][0]["name"] = "../../escape"
    manifest.write_text(json.dumps(values))
    with pytest.raises(ModelFileError):
        store.find("tiny")
    assert store.remove("tiny")


def own_catalogue(model_files, **changed):
    """Return a model of the catalogue whose files are the tiny ones."""
    files = tuple(
        ModelFile(part, path.name, None, path.stat().st_size, changed.get(part, sha256_of(path)))
        for part, path in zip(("encoder", "decoder"), model_files("sam1"), strict=True)
    )
    return CatalogueModel(
        name="mobile_sam", title="T", interface="sam1", licence="", files=files, seconds_per_view=1, memory_mb=1
    )


def test_files_of_the_catalogue_from_disk_are_checked_and_wait_for_each_other(store, model_files):
    model, (encoder, decoder) = own_catalogue(model_files), model_files("sam1")
    store.accept_part(model, "encoder", encoder)
    with pytest.raises(MissingFileError, match=r"still needs decoder\.onnx"):
        install_pending(store, model)
    with pytest.raises(ModelMismatchError, match=r"It is (another file|truncated)"):
        store.accept_part(model, "decoder", encoder)
    with pytest.raises(UnknownModelError, match="encoder, decoder, not 'encoder_data'"):
        store.accept_part(model, "encoder_data", encoder)
    store.accept_part(model, "decoder", decoder)
    installed = install_pending(store, model)
    assert installed.verified
    assert not store.pending_folder("mobile_sam").exists()


def test_a_wrong_hash_is_named_with_what_to_do(store, model_files):
    model = own_catalogue(model_files, encoder="0" * 64)
    with pytest.raises(ModelMismatchError, match="has the SHA-256") as raised:
        store.accept_part(model, "encoder", model_files("sam1")[0])
    assert "from disk under a name of its own" in raised.value.hint
    assert store.pending_files(model) == []


def test_a_checkpoint_needs_the_extra_and_says_so(store, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (tmp_path / "sam.pth").write_bytes(b"x")
    with pytest.raises(MissingExtraError, match="needs torch and onnx") as raised:
        install_from_disk(store, [tmp_path / "sam.pth"], name="mine")
    assert 'pip install "sambaseg[sam]"' in raised.value.hint
    monkeypatch.setattr(install, "download", lambda *_, **__: pytest.fail("fetched in vain"))
    with pytest.raises(MissingExtraError):
        install.install_from_catalogue(store, find_model("vit_b"))


def test_the_catalogue_is_consistent():
    assert len({model.name for model in CATALOGUE}) == len(CATALOGUE)
    for model in CATALOGUE:
        parts = [file.part for file in model.files]
        assert parts == ["checkpoint"] or {"encoder", "decoder"} <= set(parts)
        for file in model.files:
            assert file.sha256 is None or (len(file.sha256) == 64 and int(file.sha256, 16) >= 0)
            assert file.address is None or file.address.startswith("https://")
        assert model.can_be_verified == all(file.sha256 for file in model.files)
    with pytest.raises(UnknownModelError, match="no model 'x'"):
        find_model("x")
    assert find_model("mobile_sam").size_bytes == 28_157_093 + 16_496_559
    assert find_model("vit_l").size_bytes is None
