"""Forests for other programs: scikit-learn, skops files, ONNX; and forests from scikit-learn. Boosted trees: ONNX only.

Features are float32 there as here, and thresholds are the edges of the bins, which are float32: a tree asks the same
questions in all three, and the probabilities are the same but for the rounding of sums.

The packages are optional (`pip install "sambaseg[exchange]"`).
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.durable import replace_durably
from sambaseg.errors import MissingExtraError, NotPossibleError
from sambaseg.forest.bins import MAX_EDGES
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.forest import Forest
from sambaseg.forest.grow import LEAF, WHOLE

ONNX_OPSET = 17
ONNX_ML_OPSET = 3
ONNX_IR_VERSION = 8
"""Versions that ONNX Runtime reads since 1.12 (2022)."""

_UNDEFINED = -2
"""What scikit-learn writes as the feature and the threshold of a leaf."""


def _import(module: str, package: str) -> Any:  # noqa: ANN401  (a module)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"This needs the package {package}, which is not installed.", hint='Run: pip install "sambaseg[exchange]"'
        ) from error


def to_sklearn(forest: Forest) -> Any:  # noqa: ANN401  (scikit-learn is optional)
    """Return a scikit-learn RandomForestClassifier that gives the same probabilities, to 1e-6.

    It holds what prediction needs and no sample counts, so that its `feature_importances_` are not meaningful. With
    class factors its classes are the same, and its probabilities are so when they are divided by their sum. Raises
    MissingExtraError without scikit-learn, NotPossibleError for boosted trees.
    """
    if forest.scores is not None:
        raise NotPossibleError(
            "Boosted trees cannot become a scikit-learn forest: their leaves hold scores that add up, not shares.",
            hint="Export it as ONNX instead, or train a forest.",
        )
    ensemble, tree_module = _import("sklearn.ensemble", "scikit-learn"), _import("sklearn.tree", "scikit-learn")
    core = _import("sklearn.tree._tree", "scikit-learn")
    model = ensemble.RandomForestClassifier(n_estimators=forest.trees)
    model.estimators_ = []
    for number in range(forest.trees):
        estimator = tree_module.DecisionTreeClassifier()
        estimator.tree_ = _sklearn_tree(forest, number, core)
        estimator.classes_ = np.arange(len(forest.class_ids), dtype=np.float64)
        model.estimators_.append(estimator)
    model.classes_ = forest.class_ids.copy()
    for fitted in (model, *model.estimators_):
        fitted.n_classes_, fitted.n_outputs_, fitted.n_features_in_ = len(forest.class_ids), 1, forest.features
    return model


def _sklearn_tree(forest: Forest, number: int, core: Any) -> Any:  # noqa: ANN401
    start, end = forest.tree_starts[number : number + 2]
    feature, count = forest.node_feature[start:end], end - start
    leaf = feature == LEAF
    nodes = np.zeros(count, core.NODE_DTYPE)
    nodes["left_child"] = np.where(leaf, -1, np.arange(count) + 1)
    nodes["right_child"] = np.where(leaf, -1, forest.right_children[start:end] - start)
    nodes["feature"] = np.where(leaf, _UNDEFINED, feature)
    nodes["threshold"] = np.where(leaf, _UNDEFINED, _thresholds(forest)[start:end])
    nodes["n_node_samples"], nodes["weighted_n_node_samples"] = 1, 1.0
    values = np.zeros((count, 1, len(forest.class_ids)))
    values[:, 0] = _node_shares(forest)[start:end]
    tree = core.Tree(forest.features, np.array([len(forest.class_ids)], np.intp), 1)
    depth = int(_levels(leaf).max(initial=0))
    tree.__setstate__({"max_depth": depth, "node_count": int(count), "nodes": nodes, "values": values})
    return tree


def _thresholds(forest: Forest) -> npt.NDArray[np.float32]:
    """Return the threshold of each node; anything for leaves."""
    thresholds: npt.NDArray[np.float32] = forest.edges_fb[np.maximum(forest.node_feature, 0), forest.node_bin]
    return thresholds


def _node_shares(forest: Forest) -> npt.NDArray[np.float64]:
    """Return the probabilities of each node (nodes, k), by the class factors, of which the largest counts 1.

    They are 0 for inner nodes.
    """
    shares = np.zeros((len(forest.node_feature), len(forest.class_ids)))
    shares[forest.node_feature == LEAF] = _leaf_shares(forest)
    return shares


def _leaf_shares(forest: Forest) -> npt.NDArray[np.float64]:
    shares_lk: npt.NDArray[np.float64] = forest.parts_lk / WHOLE
    if forest.class_factors is not None:
        shares_lk *= np.array(forest.class_factors) / max(forest.class_factors)
    return shares_lk


def _levels(leaf: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the level of each node of a tree in depth-first order."""
    levels, waiting = np.zeros(len(leaf), np.int64), [0]
    for node, is_leaf in enumerate(leaf):
        levels[node] = waiting.pop()
        if not is_leaf:
            waiting += [levels[node] + 1] * 2
    return levels


def from_sklearn(model: Any) -> Forest:  # noqa: ANN401
    """Return the forest of a trained scikit-learn RandomForestClassifier that takes the same features.

    Raises NotPossibleError for anything else, for classes that are no whole numbers above 0, and where a feature has
    more than 255 thresholds; then train here instead. Probabilities are the same to 1e-6.
    """
    ensemble = _import("sklearn.ensemble", "scikit-learn")
    if not isinstance(model, ensemble.RandomForestClassifier) or not hasattr(model, "estimators_"):
        raise NotPossibleError(f"This needs a trained RandomForestClassifier, not {type(model).__name__}.")
    if model.n_outputs_ != 1 or np.asarray(model.classes_).dtype.kind not in "iu" or min(model.classes_) < 1:
        raise NotPossibleError("The classes of the forest must be whole numbers above 0, and one of them for a sample.")
    trees = [_depth_first(estimator.tree_) for estimator in model.estimators_]
    feature = np.concatenate([tree.feature[order] for tree, order in trees]).astype(np.int32)
    threshold = np.concatenate([tree.threshold[order] for tree, order in trees])
    values = np.concatenate([tree.value[order, 0] for tree, order in trees])
    feature[feature < 0] = LEAF
    edges_fb, node_bin = _bin_thresholds(feature, _rounded_down(threshold), model.n_features_in_)
    return Forest(
        class_ids=np.asarray(model.classes_, np.int64),
        edges_fb=edges_fb,
        node_feature=feature,
        node_bin=node_bin,
        tree_starts=np.cumsum([0, *(len(order) for _, order in trees)], dtype=np.int64),
        parts_lk=_parts_of(values[feature == LEAF]),
        importances_f=_importances(model),
    )


def _importances(model: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    with np.errstate(invalid="ignore"):  # 0 / 0 in a forest that holds no sample counts
        shares_f: npt.NDArray[np.float64] = np.nan_to_num(model.feature_importances_).astype(np.float64)
    return shares_f


def _depth_first(tree: Any) -> tuple[Any, npt.NDArray[np.intp]]:  # noqa: ANN401
    """Return a scikit-learn tree and its nodes in depth-first order, left before right."""
    order, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if tree.children_left[node] >= 0:
            waiting += [int(tree.children_right[node]), int(tree.children_left[node])]
    return tree, np.array(order, np.intp)


def _rounded_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest float32 that is not above each threshold: no float32 value lies between the two."""
    near = thresholds.astype(np.float32)
    return np.where(near.astype(np.float64) > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _bin_thresholds(
    feature: npt.NDArray[np.int32], threshold: npt.NDArray[np.float32], features: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Return edges that hold all thresholds, and the bin of each node. Raises NotPossibleError for too many."""
    edges_fb = np.full((features, MAX_EDGES), np.inf, np.float32)
    node_bin = np.zeros(len(feature), np.uint8)
    for number in range(features):
        here = feature == number
        edges, bins = np.unique(threshold[here], return_inverse=True)
        if len(edges) > MAX_EDGES:
            raise NotPossibleError(
                f"Feature {number} has {len(edges)} different thresholds in this forest, and at most {MAX_EDGES} "
                "can be kept.",
                hint="Train the forest here, or with fewer trees or less depth.",
            )
        edges_fb[number, : len(edges)] = edges
        node_bin[here] = bins
    return edges_fb, node_bin


def _parts_of(values_lk: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    """Return leaf probabilities as whole numbers that add up to WHOLE."""
    shares_lk = values_lk / values_lk.sum(axis=1, keepdims=True)
    parts_lk = np.rint(shares_lk * WHOLE).astype(np.int64)
    parts_lk[np.arange(len(parts_lk)), parts_lk.argmax(axis=1)] += WHOLE - parts_lk.sum(axis=1)
    held_lk: npt.NDArray[np.uint32] = parts_lk.astype(np.uint32)
    return held_lk


def export_skops(classifier: Classifier, path: Path) -> None:
    """Save the forest as a ``.skops`` file, which holds a scikit-learn RandomForestClassifier.

    It takes the features in the order of `Classifier.plane_names`. Raises MissingExtraError, StorageError, and
    NotPossibleError for boosted trees.
    """
    skops_io = _import("skops.io", "skops")
    content = skops_io.dumps(to_sklearn(classifier.forest))
    with replace_durably(Path(path)) as temporary:
        temporary.write_bytes(content)


def export_onnx(classifier: Classifier, path: Path) -> None:
    """Save the forest as an ONNX model: input ``features`` (n, features), outputs ``class_id`` and ``probabilities``.

    Names of features and classes are in the model's metadata. Raises MissingExtraError and StorageError.
    """
    onnx = _import("onnx", "onnx")
    model = _onnx_model(classifier, onnx)
    onnx.checker.check_model(model)
    with replace_durably(Path(path)) as temporary:
        temporary.write_bytes(model.SerializeToString())


def _onnx_model(classifier: Classifier, onnx: Any) -> Any:  # noqa: ANN401
    forest, helper, number = classifier.forest, onnx.helper, onnx.TensorProto
    if forest.scores is not None:
        nodes, constants = _onnx_scoring(forest, onnx)
    elif forest.class_factors is not None:
        nodes, constants = _onnx_weighing(forest, onnx)
    else:
        nodes, constants = _onnx_voting(forest, helper)
    graph = helper.make_graph(
        nodes,
        "sambaseg forest",
        [helper.make_tensor_value_info("features", number.FLOAT, ["n", forest.features])],
        [
            helper.make_tensor_value_info("class_id", number.INT64, ["n"]),
            helper.make_tensor_value_info("probabilities", number.FLOAT, ["n", len(forest.class_ids)]),
        ],
        constants,
    )
    opsets = [helper.make_opsetid("", ONNX_OPSET), helper.make_opsetid("ai.onnx.ml", ONNX_ML_OPSET)]
    model = helper.make_model(graph, producer_name="sambaseg", opset_imports=opsets, ir_version=ONNX_IR_VERSION)
    names = {f"feature_{index}": name.text for index, name in enumerate(classifier.plane_names)}
    names |= {f"class_{entry.id}": entry.name for entry in classifier.classes}
    helper.set_model_props(model, names)
    return model


def _onnx_voting(forest: Forest, helper: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    """Return the nodes of a forest whose leaves hold probabilities, and no constants."""
    node = helper.make_node(
        "TreeEnsembleClassifier",
        ["features"],
        ["class_id", "probabilities"],
        domain="ai.onnx.ml",
        post_transform="NONE",
        classlabels_int64s=forest.class_ids.tolist(),
        **_onnx_nodes(forest),
        **_onnx_leaves(forest, forest.parts_lk / (WHOLE * forest.trees), "class"),
    )
    return [node], []


def _onnx_weighing(forest: Forest, onnx: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    """Return the nodes of a forest with class factors, and their constants: sums by factor, divided by their sum."""
    make_node, constant = onnx.helper.make_node, onnx.numpy_helper.from_array
    trees = make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["weighed"],
        domain="ai.onnx.ml",
        n_targets=len(forest.class_ids),
        **_onnx_nodes(forest),
        **_onnx_leaves(forest, _leaf_shares(forest) / forest.trees, "target"),
    )
    nodes = [
        trees,
        make_node("ReduceSum", ["weighed", "axes"], ["total"], keepdims=1),
        make_node("Div", ["weighed", "total"], ["probabilities"]),
        make_node("ArgMax", ["weighed"], ["place"], axis=1, keepdims=0),
        make_node("Gather", ["class_ids", "place"], ["class_id"]),
    ]
    return nodes, [constant(forest.class_ids, "class_ids"), constant(np.array([1]), "axes")]


def _onnx_scoring(forest: Forest, onnx: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    """Return the nodes of boosted trees, and their constants: sums of scores, their softmax, the largest one's class.

    ONNX's own classifier of trees decides between two classes by other rules than by the larger score.
    """
    assert forest.scores is not None
    make_node, constant = onnx.helper.make_node, onnx.numpy_helper.from_array
    # Offsets are large and cancel parts, so that each tree brings its share: sums in float32 stay small and exact.
    weights_lk = forest.parts_lk * forest.scores.unit + np.array(forest.scores.offsets) / forest.trees
    trees = make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["scores"],
        domain="ai.onnx.ml",
        n_targets=len(forest.class_ids),
        **_onnx_nodes(forest),
        **_onnx_leaves(forest, weights_lk, "target"),
    )
    nodes = [
        trees,
        make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        make_node("ArgMax", ["scores"], ["place"], axis=1, keepdims=0),
        make_node("Gather", ["class_ids", "place"], ["class_id"]),
    ]
    return nodes, [constant(forest.class_ids, "class_ids")]


def _onnx_nodes(forest: Forest) -> dict[str, Any]:
    counts = np.diff(forest.tree_starts)
    tree_of_node = np.repeat(np.arange(forest.trees), counts)
    first_of_node = np.repeat(forest.tree_starts[:-1], counts)
    leaf, node = forest.node_feature == LEAF, np.arange(len(forest.node_feature))
    return {
        "nodes_treeids": tree_of_node.tolist(),
        "nodes_nodeids": (node - first_of_node).tolist(),
        "nodes_featureids": np.where(leaf, 0, forest.node_feature).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": np.where(leaf, np.float32(0), _thresholds(forest)).tolist(),
        "nodes_truenodeids": np.where(leaf, 0, node + 1 - first_of_node).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, forest.right_children - first_of_node).tolist(),
    }


def _onnx_leaves(forest: Forest, weights_lk: npt.NDArray[np.float64], what: str) -> dict[str, Any]:
    """Return what the leaves add, (leaves, k), to the sum of all trees, as attributes of a "class" or "target"."""
    classes = len(forest.class_ids)
    leaves = np.flatnonzero(forest.node_feature == LEAF)
    tree_of_leaf = np.searchsorted(forest.tree_starts, leaves, side="right") - 1
    return {
        f"{what}_treeids": np.repeat(tree_of_leaf, classes).tolist(),
        f"{what}_nodeids": np.repeat(leaves - forest.tree_starts[tree_of_leaf], classes).tolist(),
        f"{what}_ids": np.tile(np.arange(classes), len(leaves)).tolist(),
        f"{what}_weights": weights_lk.astype(np.float32).ravel().tolist(),
    }
