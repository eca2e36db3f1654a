"""Build and compile a Keras model: the only use of SciKeras."""

import numpy as np
from scikeras.wrappers import KerasClassifier


def compile_model(build, input_shape, n_classes, options, *, optimizer, optimizer_options, loss):
    """Build and compile a Keras model with SciKeras.

    SciKeras passes the options to the building function and to the optimizer, and turns names into
    Keras objects. We do not use its ``fit``, which trains batch by batch from Python and spends
    about a second of each fit on tracing (docs/performance.md).

    Parameters
    ----------
    build : callable
        ``build(input_shape, n_classes, **options)`` gives a Keras model.

    input_shape : tuple of int
        Shape of one sample.

    n_classes : int
        Number of outputs.

    options : dict
        Further keyword arguments of `build`.

    optimizer : str or keras.optimizers.Optimizer
        A name, or an object with its settings. Do not share an object between models.

    optimizer_options : dict
        Keyword arguments of an optimizer given by name.

    loss : str or keras.losses.Loss
        A name or an object.

    Returns
    -------
    keras.Model
        The compiled model.
    """

    def build_compiled(compile_kwargs):
        model = build(input_shape, n_classes, **options)
        model.compile(**{**compile_kwargs, "metrics": ["accuracy"]})
        return model

    classifier = KerasClassifier(
        model=build_compiled,
        optimizer=optimizer,
        loss=loss,
        **{f"optimizer__{name}": value for name, value in optimizer_options.items()},
    )
    # SciKeras reads shapes from data; it needs at least two rows.
    classifier.initialize(np.zeros((2, *input_shape), np.float32), np.arange(2))
    return classifier.model_
