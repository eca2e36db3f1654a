"""Augmentation by name: Keras layers that change the training images."""

from skdigits._tensorflow import keras

AUGMENTATIONS = ("shift", "affine")


def make_layers(augmentation):
    """Return new Keras layers for an `augmentation` parameter.

    Parameters
    ----------
    augmentation : None, {"shift", "affine"}, keras.Layer or sequence of keras.Layer
        "shift" moves by up to 7 % of the size each way; "affine" also turns by up to 10 degrees
        and zooms by up to 10 %. Pixels beyond the border repeat the border.

    Returns
    -------
    tuple of keras.Layer
        New objects: a layer's random state belongs to one network.

    Raises
    ------
    ValueError
        For another name.
    TypeError
        For an object that is not a Keras layer.
    """
    if augmentation is None:
        return ()
    layers = keras.layers
    if isinstance(augmentation, str):
        if augmentation not in AUGMENTATIONS:
            raise ValueError(
                f"The 'augmentation' parameter must be None, one of {AUGMENTATIONS} or Keras "
                f"layers; got {augmentation!r}."
            )
        shift = layers.RandomTranslation(0.07, 0.07, fill_mode="nearest")
        if augmentation == "shift":
            return (shift,)
        turn = layers.RandomRotation(10 / 360, fill_mode="nearest")
        return turn, layers.RandomZoom(0.1, 0.1, fill_mode="nearest"), shift
    given = augmentation if isinstance(augmentation, list | tuple) else (augmentation,)
    for layer in given:
        if not isinstance(layer, keras.Layer):
            raise TypeError(f"The 'augmentation' parameter must hold Keras layers; got {layer!r}.")
    return tuple(_new(layer) for layer in given)


def _new(layer):
    try:
        return type(layer).from_config({**layer.get_config(), "name": None})
    except Exception as error:
        raise TypeError(
            f"The 'augmentation' parameter holds a layer that cannot be made anew from its "
            f"get_config(): {layer!r} ({error})"
        ) from error
