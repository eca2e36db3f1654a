"""What MLPClassifier and CNNClassifier have in common: their hidden layers, and their efforts."""

from skdigits import _constraints as c
from skdigits._base import ImageClassifier


class LayeredClassifier(ImageClassifier):
    """Base of the classifiers whose network is described by parameters."""

    # Parameters that differ from the defaults, by effort.
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
        """Return a classifier for less or for more time than the defaults take.

        The settings were chosen on images held out from the training images of MNIST,
        Fashion-MNIST and :func:`~skdigits.datasets.load_digits`, for any small images ("best" of
        a CNN wants 8 x 8 pixels); most of what they were compared with had one seed
        (benchmarks/sweeps). docs/performance.md has what they reach, and in what time.

        Parameters
        ----------
        effort : {"quick", "default", "best"}
            "quick" is for a first look, "default" what the class gives without parameters, "best"
            for the last tenths of a per cent.

        **parameters
            Parameters of the class; they go before the settings of the effort.

        Returns
        -------
        classifier : object
            Not fitted. All its parameters are plain, as if given one by one.

        Raises
        ------
        ValueError
            For an effort of another name.

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

    def _network_to_build(self):
        from skdigits import networks

        options = {name: getattr(self, name) for name in self._build_options}
        return getattr(networks, self._build), options
