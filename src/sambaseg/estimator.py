"""`PixelClassifier`: the pipeline as an estimator in scikit-learn's manner.

Constructor arguments are kept as they are, what was learned ends in an underscore, `get_params` and `set_params` work,
so that `sklearn.base.clone` and scikit-learn's searches do too. scikit-learn itself is not needed. The command line and
the server go through the same functions; results are the same bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import CleaningStep, in_words, parse_steps
from sambaseg.errors import ParameterError, UsageError
from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS, FeatureRecipe
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.classifier_file import load_classifier, save_classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import Segmentation, segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

_COLOUR_SAMPLES = (3, 4)


class PixelClassifier:
    """Segments images after it was fitted to a labelled one.

    `recipe` is a `FeatureRecipe`, the name of a preset ("default", "fast", "samba", "weka", "ilastik", "all",
    "learned"), or None for the default.
    `points` is how many labelled pixels train, at most; None takes all. `balance` "fractions" lets each class count by
    its share of the image, "balanced" the same, "none" by its labels. `classifier` is "extra_trees", "forest" (a random
    forest) or "boosting" (needs LightGBM to train); `reach` "graded" lets some trees look at small scales only, "whole"
    all at the whole recipe. The rest is as in `TrainingSettings`. `cleaning` are steps by which `predict` cleans up,
    as on the command line ("fill_holes:100,remove_small:50:2+3,majority:2") or as a list of `CleaningStep`; they are
    saved with the classifier. None leaves it as predicted. `threads` None takes one a core.

    An image is a `Micrograph`, an array (H, W) of greys, (H, W, 3) or (H, W, 4) of colours, whose fourth channel is
    left out as alpha, or (C, H, W) of channels. A three-axis array counts as colours where its last axis has 3 or 4
    entries and its first more than 4; else its first axis is the channels. Labels are whole numbers (H, W): class ids
    above 0, and 0 where nothing is labelled.

    Attributes after `fit` or `load`: ``classifier_`` (all that was learned), ``classes_`` (class ids, ascending),
    ``n_features_in_`` and ``feature_names_`` (planes computed of each pixel), ``feature_importances_``, ``oob_score_``
    (share of training pixels that trees which did not see them classify right; None where it is not known).
    """

    def __init__(
        self,
        recipe: FeatureRecipe | str | None = None,
        *,
        trees: int = 200,
        depth: int = 10,
        points: int | None = 50_000,
        balance: str = "fractions",
        seed: int = 0,
        classifier: str = "extra_trees",
        features_per_split: int | str = "sqrt",
        min_leaf: int = 5,
        reach: str = "graded",
        cleaning: str | Sequence[CleaningStep] | None = None,
        threads: int | None = None,
    ) -> None:
        self.recipe = recipe
        self.trees = trees
        self.depth = depth
        self.points = points
        self.balance = balance
        self.seed = seed
        self.classifier = classifier
        self.features_per_split = features_per_split
        self.min_leaf = min_leaf
        self.reach = reach
        self.cleaning = cleaning
        self.threads = threads

    def fit(self, image: Micrograph | ArrayLike, labels: ArrayLike) -> Self:
        """Train on the labelled pixels of an image and return self.

        Raises ParameterError, LabelsSizeMismatchError, LabelsFileError, NotEnoughLabelsError.
        """
        training = TrainingSettings(
            points=self.points,
            balance=self.balance,  # type: ignore[arg-type]  # checked there
            trees=self.trees,
            depth=self.depth,
            seed=self.seed,
            classifier=self.classifier,  # type: ignore[arg-type]
            features_per_split=self.features_per_split,  # type: ignore[arg-type]
            min_leaf=self.min_leaf,
            reach=self.reach,  # type: ignore[arg-type]
        )
        steps = _steps_of(self.cleaning)
        classifier = train_classifier(
            as_micrograph(image), np.asarray(labels), _recipe_of(self.recipe), training, threads=self.threads
        )
        self._learn(replace(classifier, cleaning=steps))
        return self

    def predict(self, image: Micrograph | ArrayLike) -> NDArray[Any]:
        """Return the class id of each pixel, (H, W), in the smallest unsigned integers that hold the ids, cleaned up.

        Raises UsageError before `fit`, ClassifierMismatchError for an image of another kind than that of `fit`.
        """
        classes_yx = self._segment(image, with_probabilities=False).classes_yx
        steps = self._fitted().cleaning
        return clean_classes(classes_yx, self.classes_.tolist(), steps) if steps else classes_yx

    def predict_proba(self, image: Micrograph | ArrayLike) -> NDArray[np.float32]:
        """Return the probability of each class at each pixel, (H, W, classes) in the order of ``classes_``.

        They are those from before cleaning up. Raises as `predict` does.
        """
        probabilities_kyx = self._segment(image, with_probabilities=True).probabilities_kyx
        assert probabilities_kyx is not None
        return np.moveaxis(probabilities_kyx, 0, -1)

    def uncertainty(self, image: Micrograph | ArrayLike) -> NDArray[np.float32]:
        """Return 1 minus the largest class probability of each pixel, (H, W), 0 to 1, from before cleaning up.

        Raises as `predict` does.
        """
        return self._segment(image, with_probabilities=False).uncertainty_yx

    def fit_predict(self, image: Micrograph | ArrayLike, labels: ArrayLike) -> NDArray[Any]:
        """Train on an image's labels and return the class ids of all its pixels."""
        return self.fit(image, labels).predict(image)

    def score(self, image: Micrograph | ArrayLike, labels: ArrayLike) -> float:
        """Return the share of the labelled pixels that are classified as labelled. Raises as `predict` does."""
        labels_yx = np.asarray(labels)
        labelled = labels_yx != 0
        if not labelled.any():
            raise ParameterError("A score needs labelled pixels, and there are none.")
        return float(np.mean(self.predict(image)[labelled] == labels_yx[labelled]))

    def save(self, path: str | Path) -> None:
        """Save the classifier as a ``.sambaseg`` file. Raises UsageError before `fit`, StorageError."""
        save_classifier(Path(path), self._fitted())

    @classmethod
    def load(cls, path: str | Path, *, threads: int | None = None) -> Self:
        """Return the estimator of a ``.sambaseg`` file. Raises MissingFileError, ClassifierFileError."""
        classifier = load_classifier(Path(path))
        estimator = cls(
            classifier.recipe,
            **asdict(classifier.training.settings),
            cleaning=in_words(classifier.cleaning) or None,
            threads=threads,
        )
        estimator._learn(classifier)
        return estimator

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments; `deep` is scikit-learn's and changes nothing here."""
        del deep
        return {name: getattr(self, name) for name in _parameter_names()}

    def set_params(self, **parameters: object) -> Self:
        """Set constructor arguments and return self. Raises ParameterError for an unknown name."""
        for name, value in parameters.items():
            if name not in _parameter_names():
                raise ParameterError(
                    f"PixelClassifier has no parameter {name!r}.", hint=f"It has {', '.join(_parameter_names())}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = {name: entry.default for name, entry in inspect.signature(type(self)).parameters.items()}
        changed = {name: value for name, value in self.get_params().items() if value != defaults[name]}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classifier_")

    def _learn(self, classifier: Classifier) -> None:
        self.classifier_ = classifier
        self.classes_ = np.array([entry.id for entry in classifier.classes])
        self.feature_names_ = [name.text for name in classifier.plane_names]
        self.n_features_in_ = len(self.feature_names_)
        self.feature_importances_ = classifier.forest.importances_f
        self.oob_score_ = classifier.forest.oob_score

    def _fitted(self) -> Classifier:
        if not self.__sklearn_is_fitted__():
            raise UsageError("This PixelClassifier has not been trained yet.", hint="Call fit(image, labels) first.")
        return self.classifier_

    def _segment(self, image: Micrograph | ArrayLike, *, with_probabilities: bool) -> Segmentation:
        return segment(
            self._fitted(), as_micrograph(image), with_probabilities=with_probabilities, threads=self.threads
        )


def as_micrograph(image: Micrograph | ArrayLike) -> Micrograph:
    """Return an image as a micrograph, by the rule that `PixelClassifier` states.

    Raises ParameterError for arrays of another number of axes or of other than real numbers, and for empty ones.
    """
    if isinstance(image, Micrograph):
        return image
    array = np.asarray(image)
    if array.ndim not in (2, 3) or array.size == 0 or array.dtype.kind not in "buif" or array.dtype.itemsize > 8:
        raise ParameterError(
            f"An image must be an array of real numbers (H, W), (H, W, 3) or (C, H, W), "
            f"not of {array.dtype} with the shape {array.shape}."
        )
    if array.ndim == 3 and array.shape[-1] in _COLOUR_SAMPLES and array.shape[0] > max(_COLOUR_SAMPLES):
        return Micrograph.from_array(np.moveaxis(array[:, :, :3], -1, 0), is_rgb=True)
    return Micrograph.from_array(array)


def _recipe_of(recipe: FeatureRecipe | str | None) -> FeatureRecipe:
    if recipe is None:
        return DEFAULT_RECIPE
    if isinstance(recipe, str):
        if recipe not in PRESETS:
            raise ParameterError(f"There is no recipe named {recipe[:80]!r}.", hint=f"There are {', '.join(PRESETS)}.")
        return PRESETS[recipe]
    if not isinstance(recipe, FeatureRecipe):
        raise ParameterError(f"A recipe must be a FeatureRecipe or a preset's name, not {type(recipe).__name__}.")
    return recipe


def _steps_of(cleaning: str | Sequence[CleaningStep] | None) -> tuple[CleaningStep, ...]:
    if cleaning is None:
        return ()
    if isinstance(cleaning, str):
        return parse_steps(cleaning)
    if not all(isinstance(step, CleaningStep) for step in cleaning):
        raise ParameterError("Steps of cleaning must be a text as on the command line, or a list of CleaningStep.")
    return tuple(cleaning)


def _parameter_names() -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(PixelClassifier.__init__).parameters if name != "self")
