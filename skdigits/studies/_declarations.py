"""Declarations of studies: plain data, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

__all__ = [
    "Experiment",
    "KerasObject",
    "LayerSizes",
    "Model",
    "Published",
    "Search",
    "Study",
    "Sweep",
]

# Common settings of the published studies: a plain network, trained in a plain way. Neither another
# default of the estimators nor another meaning of "auto" changes them: so the loss has its name.
PLAIN: Mapping[str, Any] = {
    "activation": "relu",
    "output_activation": "softmax",
    "kernel_initializer": "glorot_uniform",
    "dropout": 0.0,
    "batch_norm": False,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "weight_decay": None,
    "learning_rate_schedule": "constant",
    "loss": "sparse_categorical_crossentropy",
    "augmentation": None,
}


class KerasObject:
    """Declaration of a Keras object; Keras is imported when the object is made.

    Parameters
    ----------
    path : str
        Path of the class in ``keras``, such as "initializers.RandomNormal".
    **config
        Arguments of the class.

    Examples
    --------
    >>> from skdigits.studies import KerasObject
    >>> KerasObject("initializers.RandomNormal", stddev=0.05)
    RandomNormal(stddev=0.05)
    """

    def __init__(self, path: str, **config):
        self.path = path
        self.config = config

    def make(self):
        """Make a new Keras object.

        Returns
        -------
        made : object
            An object of the class, with the arguments.
        """
        module, name = self.path.rsplit(".", 1)
        from skdigits._tensorflow import keras

        return getattr(import_module(f"{keras.__name__}.{module}"), name)(**self.config)

    def __repr__(self):
        config = ", ".join(f"{key}={value!r}" for key, value in self.config.items())
        return f"{self.path.rsplit('.', 1)[1]}({config})"


@dataclass(frozen=True)
class LayerSizes:
    """Distribution of ``hidden_layer_sizes`` for a random search.

    The number of layers is drawn first, then the units of each. All values are equally likely.

    Parameters
    ----------
    n_layers : tuple of int
        Numbers of layers to draw from.
    units : tuple of int
        Numbers of units to draw from.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.studies import LayerSizes
    >>> LayerSizes((2,), (64, 128)).rvs(random_state=np.random.RandomState(0))
    (64, 128)
    """

    n_layers: tuple[int, ...]
    units: tuple[int, ...]

    def rvs(self, random_state):
        """Draw the sizes of one network; `RandomizedSearchCV` calls this method.

        Parameters
        ----------
        random_state : numpy.random.RandomState
            The random numbers.

        Returns
        -------
        sizes : tuple of int
            The units of each layer.
        """
        depth = random_state.choice(self.n_layers)
        return tuple(random_state.choice(self.units, size=depth).tolist())


@dataclass(frozen=True)
class Model:
    """Declaration of a model: an estimator and its parameters.

    Parameters
    ----------
    estimator : str
        The short name of a classifier, as on the command line, such as "mlp" for `MLPClassifier`.
    params : dict, default={}
        Parameters that differ from the defaults of the estimator. Declare Keras objects as
        `KerasObject`.
    from_search : str, default=None
        Name of a `Search` of the same study. Its best parameters are used, unless `params` sets
        them.

    Examples
    --------
    >>> from skdigits.studies import Model
    >>> Model("mlp", {"hidden_layer_sizes": (14,)})
    Model(estimator='mlp', params={'hidden_layer_sizes': (14,)}, from_search=None)
    """

    estimator: str
    params: Mapping[str, Any] = field(default_factory=dict)
    from_search: str | None = None


@dataclass(frozen=True)
class Experiment:
    """Several models on the same images, each trained with the same seeds.

    Parameters
    ----------
    name : str
        A short name, for file names and `Published`.
    title : str
        The title on the page.
    data : tuple of {"digits", "mnist", "fashion", "binary"}
        The data sets. The models are compared on each.
    models : dict of str to Model
        The models by name.
    max_seeds : int, default=None
        Maximum number of seeds. Set it if a run takes long.

    Examples
    --------
    >>> from skdigits.studies import Experiment, Model
    >>> experiment = Experiment("models", "Both", ("digits",), {"MLP": Model("mlp")})
    >>> experiment.models["MLP"].estimator
    'mlp'
    """

    name: str
    title: str
    data: tuple[str, ...]
    models: Mapping[str, Model]
    max_seeds: int | None = None


@dataclass(frozen=True)
class Sweep:
    """One model with every combination of some parameters' values.

    Parameters
    ----------
    name : str
        A short name, for file names and `Published`.
    title : str
        The title on the page.
    data : tuple of {"digits", "mnist", "fashion", "binary"}
        The data sets. The model is trained at every point on each.
    model : Model
        The model of all points, without the swept parameters.
    grid : dict of str to tuple
        The values of each parameter.
    max_seeds : int, default=None
        Maximum number of seeds. Set it if a run takes long.

    Examples
    --------
    >>> from skdigits.studies import Model, Sweep
    >>> widths = {"hidden_layer_sizes": ((2,), (8,), (32,))}
    >>> sweep = Sweep("widths", "2 to 32 nodes", ("digits",), Model("mlp"), widths)
    >>> len(sweep.grid["hidden_layer_sizes"])
    3
    """

    name: str
    title: str
    data: tuple[str, ...]
    model: Model
    grid: Mapping[str, tuple]
    max_seeds: int | None = None


@dataclass(frozen=True)
class Search:
    """A `RandomizedSearchCV` on the training images.

    Parameters
    ----------
    name : str
        A short name, for file names and `Published`.
    title : str
        The title on the page.
    data : tuple of {"digits", "mnist", "fashion", "binary"}
        The data sets. The search runs on each.
    model : Model
        The model of all candidates, without the parameters that are drawn.
    space : dict of str to (tuple or distribution)
        The values or distribution of each parameter.
    n_iter : int
        Number of candidates.
    cv : int
        Number of stratified folds.
    n_train : int, default=None
        Number of training images to search on, a stratified part. None uses all.

    Examples
    --------
    >>> from skdigits.studies import LayerSizes, Model, Search
    >>> space = {"hidden_layer_sizes": LayerSizes((1, 2), (64, 128))}
    >>> search = Search("search", "Layers", ("digits",), Model("mlp"), space, n_iter=8, cv=3)
    >>> Model("mlp", from_search=search.name).from_search
    'search'
    """

    name: str
    title: str
    data: tuple[str, ...]
    model: Model
    space: Mapping[str, Any]
    n_iter: int
    cv: int
    n_train: int | None = None


@dataclass(frozen=True)
class Published:
    """A figure or a finding of the published study, and where to find ours.

    Parameters
    ----------
    text : str
        The published statement.
    experiment : str
        Name of the experiment.
    data : str
        Name of the data set.
    value : float, default=None
        The published figure as a fraction, or None if there is no figure.
    model : str, default=None
        The model of an `Experiment`. None for a `Sweep`; the figure is that of its lowest point.
    against : str, default=None
        Another model of the experiment. The figure is the difference from it, paired by seed.
    measure : {"accuracy", "log_loss", "train_accuracy", "unsteadiness"}, default="accuracy"
        The measure. "train_accuracy" is the mean accuracy over the last epoch, as Keras shows it
        in training. "unsteadiness" is the mean absolute change of the loss on the test images
        from one epoch to the next, in the second half of the epochs.
    note : str, default=""
        A note on the comparison with ours.

    Examples
    --------
    >>> from skdigits.studies import Published
    >>> Published("MLP 97 %", experiment="models", data="mnist", value=0.97, model="MLP").measure
    'accuracy'
    """

    text: str
    experiment: str
    data: str
    value: float | None = None
    model: str | None = None
    against: str | None = None
    measure: str = "accuracy"
    note: str = ""


@dataclass(frozen=True)
class Study:
    """Declaration of a published study.

    Parameters
    ----------
    name : str
        Name on the command line.
    title : str
        The title on the page.
    question : str
        The question that the page answers first.
    source : str
        Describes what the published study did.
    minutes : int
        Approximate duration on two cores, with five seeds.
    experiments : tuple of (Experiment, Sweep or Search)
        The experiments, in the order of the page. A search comes before the experiments that use
        its result.
    published : tuple of Published, default=()
        The published figures and findings.
    notes : tuple of str, default=()
        Our own choices, and other differences from the published study.
    n_classes : int, default=None
        The number of classes that the question is about. None is any number.

    Examples
    --------
    A new study is one object:

    >>> from skdigits.studies import Experiment, Model, Study, run_study
    >>> small = {"epochs": 2, "learning_rate_schedule": "constant"}
    >>> study = Study(
    ...     name="width",
    ...     title="Narrow and wide",
    ...     question="Does a wider layer read digits better?",
    ...     source="An example.",
    ...     minutes=1,
    ...     experiments=(
    ...         Experiment(
    ...             name="width",
    ...             title="One hidden layer",
    ...             data=("digits",),
    ...             models={
    ...                 "narrow": Model("mlp", {"hidden_layer_sizes": (4,), **small}),
    ...                 "wide": Model("mlp", {"hidden_layer_sizes": (64,), **small}),
    ...             },
    ...         ),
    ...     ),
    ... )
    >>> result = run_study(study, n_seeds=2)
    >>> result.experiments[0].comparison.best
    'wide'
    """

    name: str
    title: str
    question: str
    source: str
    minutes: int
    experiments: tuple[Experiment | Sweep | Search, ...]
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()
    n_classes: int | None = None


def data_of(study):
    """Return the names of the data sets that the experiments of a study use, in their order."""
    return list(dict.fromkeys(data for each in study.experiments for data in each.data))
