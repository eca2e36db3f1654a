"""What MLPClassifier and CNNClassifier share: hidden layers and efforts."""

from skdigits import _constraints as c
from skdigits._base import ImageClassifier


class LayeredClassifier(ImageClassifier):
    """Base of the classifiers whose parameters describe the network."""

    # By effort, the parameters that differ from the defaults.
    _efforts: dict

    # The function of skdigits.networks that builds the network, and the parameters it takes.
    _build: str
    _build_options: tuple = (
        "hidden_layer_sizes",
        "activation",
        "output_activation",
        "kernel_initializer",
        "dropout",
        "batch_norm",
    )

    _constraints: dict = {
        **ImageClassifier._constraints,
        "hidden_layer_sizes": [c.ARRAY_LIKE, c.whole_number(1)],
        "activation": [c.TEXT, c.CALLABLE],
        "output_activation": [c.TEXT, c.CALLABLE],
        "kernel_initializer": [c.TEXT, c.CALLABLE],
        "dropout": [c.ARRAY_LIKE, c.real_number("[0, 1)")],
        "batch_norm": [c.BOOLEAN],
    }

    @classmethod
    def with_effort(cls, effort, **parameters):
        """Return a classifier that takes less or more time than the defaults.

        The settings are meant for any small images; "best" of a CNN needs at least 8 x 8 pixels. We
        chose them on images held out from the training images of MNIST, Fashion-MNIST and
        :func:`~skdigits.datasets.load_digits`, mostly with one seed (benchmarks/sweeps).
        docs/performance.md lists their accuracy and time.

        Parameters
        ----------
        effort : {"quick", "default", "best"}
            "quick" is for a first look. "default" has the defaults of the class. "best" gains the
            last tenths of a per cent.

        **parameters
            Parameters of the class. They override the settings of the effort.

        Returns
        -------
        classifier : object
            It is not fitted. `get_params` shows all settings.

        Raises
        ------
        ValueError
            If there is no such effort.

        Examples
        --------
        >>> from skdigits import CNNClassifier, MLPClassifier
        >>> classifier = CNNClassifier.with_effort("best", random_state=0)
        >>> MLPClassifier.with_effort("quick")
        MLPClassifier(epochs=(5, 250), hidden_layer_sizes=(256, 128))
        """
        if not isinstance(effort, str) or effort not in cls._efforts:
            choices = ", ".join(map(repr, cls._efforts))
            raise ValueError(f"{cls.__name__} has no effort {effort!r}; the efforts are {choices}.")
        return cls(**{**cls._efforts[effort], **parameters})

    @property
    def _body_parameters(self):
        from skdigits import training

        return [name for name in self._build_options if name not in training.TRANSFER_OPTIONS]

    def _network_to_build(self):
        from skdigits import networks

        options = {name: getattr(self, name) for name in self._build_options}
        return getattr(networks, self._build), options
