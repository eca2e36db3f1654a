"""What a study is made of: plain declarations, which load nothing and run nothing."""

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

# A plain network and training, which the published studies begin from: what they found must not
# change with the defaults of the estimators.
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
    "loss": "auto",
    "augmentation": None,
}


class KerasObject:
    """A Keras object as a declaration: it imports Keras only when it is made.

    Parameters
    ----------
    path : str
        Where it is in ``keras``, such as "initializers.RandomNormal".
    **config
        What its class is called with.

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
        """Return a new Keras object."""
        room, name = self.path.rsplit(".", 1)
        from skdigits._tensorflow import keras

        return getattr(import_module(f"{keras.__name__}.{room}"), name)(**self.config)

    def __repr__(self):
        config = ", ".join(f"{key}={value!r}" for key, value in self.config.items())
        return f"{self.path.rsplit('.', 1)[1]}({config})"


@dataclass(frozen=True)
class LayerSizes:
    """Distribution of ``hidden_layer_sizes`` for a random search.

    First the number of layers is drawn, then the units of each, all values being equally likely.

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
        """Draw the sizes of one network, as `RandomizedSearchCV` asks for them."""
        depth = random_state.choice(self.n_layers)
        return tuple(random_state.choice(self.units, size=depth).tolist())


@dataclass(frozen=True)
class Model:
    """A model by its parameters.

    Parameters
    ----------
    estimator : str
        The short name of a classifier, as on the command line, such as "mlp" for `MLPClassifier`.
    params : dict, default={}
        Parameters that differ from the estimator's defaults; `KerasObject` where Keras has an
        object.
    from_search : str, default=None
        Name of a `Search` of the same study whose best parameters come first; `params` go over
        them.
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
        Short, for file names and `Published`.
    title : str
        For people.
    data : tuple of {"digits", "mnist", "fashion", "binary"}
        The data sets. Each gives a comparison.
    models : dict of str to Model
        The models by name.
    max_seeds : int, default=None
        The most seeds that it is run with, where a run is long.
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
    name, title, data, max_seeds
        As in `Experiment`.
    model : Model
        What all points share.
    grid : dict of str to tuple
        The values of each parameter.
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
    name, title, data
        As in `Experiment`.
    model : Model
        What all candidates share.
    space : dict of str to (tuple or distribution)
        What is drawn.
    n_iter : int
        Number of candidates.
    cv : int
        Number of stratified folds.
    n_train : int, default=None
        Size of the stratified part of the training images that the search runs on; None takes all.
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
    """A figure or a finding of the published study, and where ours is to be found.

    Parameters
    ----------
    text : str
        What was published.
    experiment, data : str
        Name of the experiment, and of the data set.
    value : float, default=None
        The published figure as a fraction, or None where the finding has none.
    model : str, default=None
        The model of an `Experiment`; None for a `Sweep`, whose lowest point counts.
    against : str, default=None
        Another model of the experiment: the figure is then the difference to it, paired by seed.
    measure : {"accuracy", "log_loss", "train_accuracy", "unsteadiness"}, default="accuracy"
        Which figure. "train_accuracy" is the mean accuracy over the last epoch, as Keras shows it
        in training. "unsteadiness" is the mean change, up or down, of the validation loss from
        one epoch to the next in the second half of the epochs.
    note : str, default=""
        What to know when comparing the two.
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
    """A published study, declared.

    Parameters
    ----------
    name : str
        Name on the command line.
    title, question : str
        For people; the question is what its page answers first.
    source : str
        The published study in a sentence: what it did.
    minutes : int
        About how long it takes in full on two cores, with five seeds.
    experiments : tuple of (Experiment, Sweep or Search)
        In the order of the page. A search comes before those that use what it found.
    published : tuple of Published, default=()
        What was published.
    notes : tuple of str, default=()
        What is our own choice, and what else differs from the published study.

    Examples
    --------
    A sixth study is one object:

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
