"""A model with the interface of Segment Anything that has a few hundred bytes, and a web server that offers files."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sambaseg.smart.models.catalogue import CatalogueModel, ModelFile

CELLS, SIDE, MASK_SIDE = 4, 64, 16
RADII_PX = (6.0, 5.0, 12.0, 24.0)


def _constant(name, values):
    return numpy_helper.from_array(np.asarray(values), name)


def _network(name, nodes, inputs, outputs, constants):
    def value(key, shape):
        return helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes, name, [value(*row) for row in inputs.items()], [value(*row) for row in outputs.items()], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def tiny_encoder():
    """Return an encoder: the mean colour of the view in each of 4 by 4 cells."""
    nodes = [
        helper.make_node("ReduceMean", ["input_image"], ["mean"], axes=[0, 1], keepdims=1),
        helper.make_node("Reshape", ["mean", "column"], ["colour"]),
        helper.make_node("Expand", ["colour", "cells"], ["image_embeddings"]),
    ]
    constants = [
        _constant("column", np.array([1, 3, 1, 1], np.int64)),
        _constant("cells", np.array([1, 3, CELLS, CELLS], np.int64)),
    ]
    return _network(
        "encoder", nodes, {"input_image": ["h", "w", 3]}, {"image_embeddings": [1, 3, CELLS, CELLS]}, constants
    )


def tiny_decoder():
    """Return a decoder: discs of three sizes around the first point, a little larger in brighter views."""
    places = (4.0 * np.arange(MASK_SIDE, dtype=np.float32) + 1.5).reshape(1, 1, 1, -1)
    nodes = [
        helper.make_node("Slice", ["point_coords", "zero", "one", "axis"], ["first"]),
        helper.make_node("Reshape", ["first", "pair"], ["place"]),
        helper.make_node("Split", ["place"], ["x", "y"], axis=1),
        helper.make_node("Sub", ["columns", "x"], ["dx"]),
        helper.make_node("Sub", ["rows", "y"], ["dy"]),
        helper.make_node("Mul", ["dx", "dx"], ["dx2"]),
        helper.make_node("Mul", ["dy", "dy"], ["dy2"]),
        helper.make_node("Add", ["dx2", "dy2"], ["distance2"]),
        helper.make_node("Sub", ["radii2", "distance2"], ["discs"]),
        helper.make_node("ReduceMean", ["image_embeddings"], ["brightness"], keepdims=1),
        helper.make_node("Add", ["discs", "brightness"], ["low_res_masks"]),
        helper.make_node("ReduceMean", ["point_labels"], ["meaning"], keepdims=1),
        helper.make_node("Mul", ["meaning", "nothing"], ["none"]),
        helper.make_node("Add", ["estimates", "none"], ["iou_predictions"]),
    ]
    constants = [
        _constant("zero", np.array([0], np.int64)),
        _constant("one", np.array([1], np.int64)),
        _constant("axis", np.array([1], np.int64)),
        _constant("pair", np.array([1, 2, 1, 1], np.int64)),
        _constant("columns", places),
        _constant("rows", places.reshape(1, 1, -1, 1)),
        _constant("radii2", np.square(RADII_PX, dtype=np.float32).reshape(1, 4, 1, 1)),
        _constant("nothing", np.zeros((1, 1), np.float32)),
        _constant("estimates", np.array([[0.1, 0.9, 0.6, 0.3]], np.float32)),
    ]
    inputs = {
        "image_embeddings": [1, 3, CELLS, CELLS],
        "point_coords": [1, "n", 2],
        "point_labels": [1, "n"],
    }
    outputs = {"low_res_masks": [1, 4, MASK_SIDE, MASK_SIDE], "iou_predictions": [1, 4]}
    return _network("decoder", nodes, inputs, outputs, constants)


def catalogue_of(address, files):
    """Return a catalogue whose one model, `tiny`, has these files (part to bytes) at `address`."""
    rows = tuple(
        ModelFile(part, f"{part}.onnx", f"{address}/{part}.onnx", len(content), hashlib.sha256(content).hexdigest())
        for part, content in files.items()
    )
    model = CatalogueModel(
        name="tiny", title="Tiny", interface="sam1", licence="MIT", files=rows, seconds_per_view=0.1, memory_mb=1
    )
    return (model,)


class FileServer:
    """Offers files by name; `pause_seconds` between pieces of 1 kB makes it slow, names in `missing` are not there."""

    def __init__(self, files):
        self.files = dict(files)
        self.missing = set()
        self.pause_seconds = 0.0
        self.asked = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[1]
                owner.asked.append(name)
                content = owner.files.get(name)
                if content is None or name in owner.missing:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    for start in range(0, len(content), 100):
                        self.wfile.write(content[start : start + 100])
                        time.sleep(owner.pause_seconds)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
