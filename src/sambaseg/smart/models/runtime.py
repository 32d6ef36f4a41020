"""Running ONNX files: where there is an accelerator on it, with memory kept in check, let go of after a while.

An encoder needs up to some gigabytes while it runs, so that one runs at a time, its memory is given back after each
run, and its session is closed after a minute without use. Decoders are small, run on the processor and stay longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import CancelledError, MemoryBudgetError, MissingExtraError, ModelFileError, ModelRunError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.models.adapters.table import Signature

ENCODER_IDLE_SECONDS, DECODER_IDLE_SECONDS = 60.0, 600.0
MAX_DECODERS = 3
ACCELERATORS = (
    "CUDAExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "OpenVINOExecutionProvider",
)
"""In the order in which they are preferred, where the installed ONNX Runtime has them."""
_PROCESSOR = "CPUExecutionProvider"
_POLL_SECONDS = 0.1

Arrays = dict[str, npt.NDArray[Any]]


@dataclass
class _Session:
    """A loaded file, and when it was last used."""

    session: Any
    used: float


class Runtime:
    """Loaded encoders and decoders of a process. All methods may be called from any thread."""

    def __init__(self, *, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._clock = clock
        self._lock = threading.RLock()
        self._encoding = threading.Lock()
        self._encoders: dict[Path, _Session] = {}
        self._decoders: dict[Path, _Session] = {}
        self._timer: threading.Timer | None = None
        self.checked: set[tuple[Path, int, int]] = set()
        """Files whose content was found right: path, size, time of change."""

    def encode(
        self,
        path: Path,
        inputs: Mapping[str, npt.NDArray[Any]],
        outputs: Sequence[str],
        *,
        cancelled: CancelToken | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> Arrays:
        """Run the encoder in `path` and return the `outputs` asked for; `waiting` is called about ten times a second.

        Waits for another encoder to end. Raises ModelFileError for a file that cannot be loaded, MemoryBudgetError,
        ModelRunError, and CancelledError soon after the token was cancelled.
        """
        cancelled, waiting = cancelled or CancelToken(), waiting or (lambda: None)
        while not self._encoding.acquire(timeout=_POLL_SECONDS):
            cancelled.raise_if_cancelled()
        try:
            cancelled.raise_if_cancelled()
            session = self._session(self._encoders, path, most=1, providers=providers())
            try:
                return _run_watched(session, path, inputs, outputs, cancelled, waiting)
            except (ModelRunError, MemoryBudgetError):
                if session.get_providers()[:1] == [_PROCESSOR]:
                    raise
            self.close(path)  # an accelerator may lack an operation or memory that the processor has
            session = self._session(self._encoders, path, most=1, providers=[_PROCESSOR])
            return _run_watched(session, path, inputs, outputs, cancelled, waiting)
        finally:
            self._encoding.release()
            self._touch(self._encoders, path)

    def decode(self, path: Path, inputs: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str] = ()) -> Arrays:
        """Run the decoder in `path`; inputs that it does not have are left out. Raises as `encode`."""
        session = self._session(self._decoders, path, most=MAX_DECODERS, providers=[_PROCESSOR])
        try:
            return _run(session, path, inputs, outputs, _run_options(shrink=False))
        finally:
            self._touch(self._decoders, path)

    def close(self, path: Path | None = None) -> None:
        """Let go of a file, or of all: before its model is removed, or at the end."""
        with self._lock:
            for sessions in (self._encoders, self._decoders):
                for loaded in [path] if path else list(sessions):
                    sessions.pop(loaded, None)
            if self._timer is not None and not self._encoders and not self._decoders:
                self._timer.cancel()
                self._timer = None

    @property
    def loaded(self) -> list[Path]:
        """The files that are loaded."""
        with self._lock:
            return [*self._encoders, *self._decoders]

    def release_idle(self) -> None:
        """Let go of what was not used for a while; called by itself."""
        with self._lock:
            for sessions, seconds in (
                (self._encoders, ENCODER_IDLE_SECONDS),
                (self._decoders, DECODER_IDLE_SECONDS),
            ):
                for path, loaded in list(sessions.items()):
                    if self._clock() - loaded.used >= seconds:
                        del sessions[path]
            self._timer = None
            self._watch()

    def _session(self, sessions: dict[Path, _Session], path: Path, *, most: int, providers: list[str]) -> Any:  # noqa: ANN401
        with self._lock:
            if path not in sessions:
                while len(sessions) >= most:
                    del sessions[min(sessions, key=lambda known: sessions[known].used)]
                sessions[path] = _Session(load_session(path, threads=self._threads, providers=providers), 0.0)
            sessions[path].used = self._clock()
            return sessions[path].session

    def _touch(self, sessions: dict[Path, _Session], path: Path) -> None:
        with self._lock:
            if path in sessions:
                sessions[path].used = self._clock()
            self._watch()

    def _watch(self) -> None:
        if self._timer is None and (self._encoders or self._decoders):
            self._timer = threading.Timer(ENCODER_IDLE_SECONDS / 2, self.release_idle)
            self._timer.daemon = True
            self._timer.start()


def providers() -> list[str]:
    """Return what encoders run on, best first; the processor is always the last."""
    available = _onnxruntime().get_available_providers()
    return [*(name for name in ACCELERATORS if name in available), _PROCESSOR]


def load_session(path: Path, *, threads: int, providers: list[str], optimised: bool = True) -> Any:  # noqa: ANN401
    """Return an ONNX Runtime session. Raises ModelFileError, MemoryBudgetError."""
    runtime = _onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not optimised:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if not path.is_file():
        raise ModelFileError(
            f"The model file {path.name} is missing.", hint="Remove the model and add it again: its files were changed."
        )
    try:
        try:
            return runtime.InferenceSession(str(path), options, providers=providers)
        except Exception:
            if providers == [_PROCESSOR]:
                raise
            return runtime.InferenceSession(str(path), options, providers=[_PROCESSOR])
    except Exception as error:  # ONNX Runtime has no common base class of its errors
        if _is_out_of_memory(error):
            raise _out_of_memory(path) from error
        raise ModelFileError(
            f"The model file {path.name} cannot be loaded: {_first_line(error)}",
            hint="It may be truncated, or the file with its weights may be missing. Fetch it again.",
        ) from error


def read_signature(path: Path) -> tuple[Signature, dict[str, list[Any]]]:
    """Return the names of a network's inputs and outputs, and the shapes of the inputs. Raises ModelFileError."""
    session = load_session(path, threads=1, providers=[_PROCESSOR], optimised=False)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    signature = Signature(frozenset(value.name for value in inputs), frozenset(value.name for value in outputs))
    return signature, {value.name: list(value.shape) for value in inputs}


def _onnxruntime() -> Any:  # noqa: ANN401  (a module without types)
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(
            f"Segment Anything models need ONNX Runtime, which cannot be loaded here: {error}.",
            hint="Run: pip install onnxruntime",
        ) from error
    return onnxruntime


def _run_options(*, shrink: bool) -> Any:  # noqa: ANN401
    options = _onnxruntime().RunOptions()
    options.log_severity_level = 4
    if shrink:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _run_watched(
    session: Any,  # noqa: ANN401
    path: Path,
    inputs: Mapping[str, npt.NDArray[Any]],
    outputs: Sequence[str],
    cancelled: CancelToken,
    waiting: Callable[[], None],
) -> Arrays:
    """Run in another thread, so that the run can be watched and ended."""
    options, answers, failures = _run_options(shrink=True), Arrays(), list[BaseException]()

    def work() -> None:
        try:
            answers.update(_run(session, path, inputs, outputs, options))
        except BaseException as error:
            failures.append(error)

    waiting()
    thread = threading.Thread(target=work, name="encoder", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            waiting()
            options.terminate = options.terminate or cancelled.cancelled
            thread.join(_POLL_SECONDS)
    finally:
        options.terminate = True
        thread.join()
    cancelled.raise_if_cancelled()
    if failures:
        raise failures[0]
    return answers


def _run(
    session: Any,  # noqa: ANN401
    path: Path,
    inputs: Mapping[str, npt.NDArray[Any]],
    outputs: Sequence[str],
    options: Any,  # noqa: ANN401
) -> Arrays:
    wanted = list(outputs) or [value.name for value in session.get_outputs()]
    taken = {value.name for value in session.get_inputs()}
    try:
        answers = session.run(wanted, {name: inputs[name] for name in inputs if name in taken}, options)
    except Exception as error:  # ONNX Runtime has no common base class of its errors
        if options.terminate:
            raise CancelledError("The encoder was asked to end.") from error
        if _is_out_of_memory(error):
            raise _out_of_memory(path) from error
        raise ModelRunError(
            f"The model file {path.name} cannot be run: {_first_line(error)}",
            hint="It may be made for another version of ONNX Runtime, or be none of the models that are known.",
        ) from error
    return {name: np.asarray(answer) for name, answer in zip(wanted, answers, strict=True)}


def _is_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        phrase in text for phrase in ("bad_alloc", "bad allocation", "failed to allocate", "out of memory")
    )


def _out_of_memory(path: Path) -> MemoryBudgetError:
    return MemoryBudgetError(
        f"There is not enough memory to run {path.name}.",
        hint="Close other programs, or use a smaller model such as MobileSAM.",
    )


def _first_line(error: Exception) -> str:
    """Return what ONNX Runtime says, short and with a full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300].rstrip(".") + "."
