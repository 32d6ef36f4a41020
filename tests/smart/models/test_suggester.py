"""A model that is installed, from a view to masks; progress, cancelling, and what can go wrong on the way."""

import threading
import time

import numpy as np
import pytest

from sambaseg.errors import (
    BrokenContainerError,
    CancelledError,
    MemoryBudgetError,
    ModelFileError,
    ModelRunError,
    ParameterError,
)
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.container import unpack_arrays
from sambaseg.smart.models import runtime as runtime_module
from sambaseg.smart.models.adapters.table import find_adapter
from sambaseg.smart.models.runtime import Runtime, load_session
from sambaseg.smart.models.suggester import SamPrepared, SamSuggester
from sambaseg.smart.prompt import Prompt, PromptPoint

HERE = Prompt((PromptPoint(30.5, 40.5),))


def test_a_container_holds_all_that_the_page_needs(kind, installed, view, runtime):
    prepared = SamSuggester(installed(kind), runtime).prepare(view)
    meta, arrays = unpack_arrays(prepared.to_bytes())
    assert meta == {
        "kind": kind,
        "model": "tiny",
        "height": 96,
        "width": 128,
        "learned": False,
        "input_side": 128,
        "input_height": 128 if kind == "sam2" else 96,
        "input_width": 128,
        "mask_side": 32,
    }
    assert tuple(arrays) == find_adapter(kind).embeddings
    assert all(array.dtype == np.float32 for array in arrays.values())


def test_loaded_equals_saved(kind, installed, view, runtime):
    model = installed(kind)
    prepared = SamSuggester(model, runtime).prepare(view)
    again = SamPrepared.from_bytes(prepared.to_bytes(), model, runtime)
    before, after = prepared.suggest(HERE), again.suggest(HERE)
    np.testing.assert_array_equal(before.masks_3yx, after.masks_3yx)
    np.testing.assert_array_equal(before.scores_3, after.scores_3)


def test_a_container_of_another_model_is_refused(installed, view, runtime):
    prepared = SamSuggester(installed("sam1"), runtime).prepare(view)
    with pytest.raises(BrokenContainerError, match="prepared by 'tiny', not by other"):
        SamPrepared.from_bytes(prepared.to_bytes(), installed("sam1", name="other"), runtime)


def test_points_outside_of_the_view_are_refused(installed, view, runtime):
    prepared = SamSuggester(installed("sam1"), runtime).prepare(view)
    with pytest.raises(ParameterError, match="outside of the view"):
        prepared.suggest(Prompt((PromptPoint(97, 3),)))


def test_progress_rises_and_the_next_estimate_is_what_it_took(installed, view, runtime):
    suggester = SamSuggester(installed("sam1"), runtime)
    assert suggester.expected_seconds() == 10.0
    told = []
    suggester.prepare(view, progress=told.append)
    assert told
    assert all(0 <= report.fraction < 1 for report in told)
    assert told[0].stage == "Encoding the view with Tiny"
    assert suggester.expected_seconds() < 10.0


def test_progress_never_ends_before_the_work_does(installed, runtime):
    suggester = SamSuggester(installed("sam1"), runtime)
    reports = [suggester._progress(seconds, 10.0) for seconds in (0, 5, 10, 20, 100, 1e6)]
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[:3] == [0, 0.45, 0.9]
    assert fractions[-1] <= 0.99
    assert [report.seconds_left for report in reports[:3]] == [10, 5, None]


class SlowSession:
    """A session that runs until it is asked to end."""

    def get_inputs(self):
        return []

    def get_outputs(self):
        return []

    def get_providers(self):
        return ["CPUExecutionProvider"]

    def run(self, _names, _inputs, options):
        while not options.terminate:
            time.sleep(0.01)
        raise RuntimeError("terminated")


def test_an_encoder_ends_soon_after_it_was_cancelled(installed, view, runtime, monkeypatch):
    model, token = installed("sam1"), CancelToken()
    monkeypatch.setattr(runtime_module, "load_session", lambda *_, **__: SlowSession())
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    with pytest.raises(CancelledError):
        SamSuggester(model, runtime).prepare(view, cancelled=token)
    timer.join()
    assert not (model.folder / "timing.json").exists()


def test_one_that_waits_for_another_encoder_can_be_cancelled(installed, view, runtime):
    token = CancelToken()
    token.cancel()
    with runtime._encoding, pytest.raises(CancelledError):
        SamSuggester(installed("sam1"), runtime).prepare(view, cancelled=token)


def test_a_missing_file_is_named(installed, view, runtime):
    model = installed("sam1")
    model.path_of("encoder").unlink()
    with pytest.raises(ModelFileError, match=r"The file encoder\.onnx of Tiny is missing"):
        SamSuggester(model, runtime).prepare(view)


def test_a_file_that_was_truncated_is_named(installed, view, runtime):
    model = installed("sam2")
    content = model.path_of("encoder").read_bytes()
    model.path_of("encoder").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelFileError, match=r"encoder\.onnx of Tiny was truncated"):
        SamSuggester(model, runtime).prepare(view)


def test_a_file_that_was_changed_is_named(installed, view, runtime):
    model = installed("sam1")
    SamSuggester(model, runtime).prepare(view)
    content = bytearray(model.path_of("decoder").read_bytes())
    content[5000] ^= 1
    model.path_of("decoder").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"decoder\.onnx of Tiny was changed"):
        SamSuggester(model, runtime).prepare(view)


def test_a_file_that_cannot_be_loaded_is_named(runtime, tmp_path):
    (tmp_path / "words.onnx").write_text("these are words")
    with pytest.raises(ModelFileError, match=r"words\.onnx cannot be loaded"):
        runtime.decode(tmp_path / "words.onnx", {})
    with pytest.raises(ModelFileError, match=r"gone\.onnx is missing"):
        runtime.decode(tmp_path / "gone.onnx", {})


def test_an_accelerator_that_fails_gives_way_to_the_processor(installed, view, runtime, monkeypatch):
    real, asked, model = load_session, [], installed("sam1")

    def load(path, *, threads, providers):
        asked.append(providers)
        if len(asked) > 1:
            return real(path, threads=threads, providers=providers)
        session = SlowSession()
        session.run, session.get_providers = lambda *_: 1 / 0, lambda: ["CUDAExecutionProvider"]
        return session

    monkeypatch.setattr(runtime_module, "load_session", load)
    assert SamSuggester(model, runtime).prepare(view).embeddings
    assert asked[1] == ["CPUExecutionProvider"]


@pytest.mark.parametrize("text", ["std::bad_alloc", "Failed to allocate memory for requested buffer"])
def test_too_little_memory_is_named(installed, view, runtime, monkeypatch, text):
    def refuse(*_):
        raise RuntimeError(text)

    model, session = installed("sam1"), SlowSession()
    session.run = refuse
    monkeypatch.setattr(runtime_module, "load_session", lambda *_, **__: session)
    with pytest.raises(MemoryBudgetError, match="not enough memory") as raised:
        SamSuggester(model, runtime).prepare(view)
    assert "smaller model" in raised.value.hint


def test_inputs_of_a_wrong_shape_are_an_error_of_the_run(installed, runtime):
    model = installed("sam1")
    with pytest.raises(ModelRunError, match=r"encoder\.onnx cannot be run"):
        runtime.encode(model.path_of("encoder"), {"input_image": np.zeros((3, 3), np.float32)}, ["image_embeddings"])


def test_embeddings_that_are_no_numbers_are_refused(installed, view, runtime, monkeypatch):
    answer = {"image_embeddings": np.full((1, 16, 8, 8), np.nan, np.float32)}
    monkeypatch.setattr(Runtime, "encode", lambda *_, **__: answer)
    with pytest.raises(ModelRunError, match="no numbers"):
        SamSuggester(installed("sam1"), runtime).prepare(view)


def test_sessions_are_let_go_of_after_a_while(installed, view):
    now = [0.0]
    runtime = Runtime(threads=1, clock=lambda: now[0])
    model = installed("sam1")
    SamSuggester(model, runtime).prepare(view).suggest(HERE)
    assert set(runtime.loaded) == {model.path_of("encoder"), model.path_of("decoder")}
    now[0] = runtime_module.ENCODER_IDLE_SECONDS
    runtime.release_idle()
    assert runtime.loaded == [model.path_of("decoder")]
    now[0] = runtime_module.DECODER_IDLE_SECONDS
    runtime.release_idle()
    assert runtime.loaded == []
    runtime.close()


def test_one_encoder_is_loaded_at_a_time(installed, view, runtime):
    first, second = installed("sam1"), installed("sam2", name="second")
    for model in (first, second):
        SamSuggester(model, runtime).prepare(view)
    assert runtime.loaded == [second.path_of("encoder")]
    runtime.close(second.path_of("encoder"))
    assert runtime.loaded == []


def test_prompts_may_be_answered_by_several_threads(installed, view, runtime):
    prepared = SamSuggester(installed("sam1"), runtime).prepare(view)
    expected, answers = prepared.suggest(HERE), []
    threads = [threading.Thread(target=lambda: answers.append(prepared.suggest(HERE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    for answer in answers:
        np.testing.assert_array_equal(answer.masks_3yx, expected.masks_3yx)


def test_the_processor_is_always_there():
    assert runtime_module.providers()[-1] == "CPUExecutionProvider"


def test_a_provider_that_fails_falls_back_to_the_processor(installed, monkeypatch):
    import onnxruntime

    real, asked = onnxruntime.InferenceSession, []

    def picky(path, options, providers):
        asked.append(providers)
        if providers != ["CPUExecutionProvider"]:
            raise RuntimeError("no such card")
        return real(path, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", picky)
    path = installed("sam1").path_of("encoder")
    asked.clear()
    assert load_session(path, threads=1, providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
    assert len(asked) == 2
