"""Advice on names of parameters in the style of SciKeras, such as ``optimizer__learning_rate``."""

# By prefix, how to pass an object with such a setting.
OBJECTS = {
    "optimizer": "optimizer=keras.optimizers.SGD({}=...), or another of Keras's optimizers",
    "loss": "loss=keras.losses.CategoricalCrossentropy({}=...), or another of Keras's losses",
    "build_options": "build_options={{'{}': ...}}, a dict of all options of the function 'build'",
    "callbacks": "callbacks=[keras.callbacks.EarlyStopping({}=...)], or others of Keras's",
}
CALLED_HERE = {"lr": "learning_rate", "validation_split": "validation_fraction"}


def advice_on(name, parameters):
    """Return what to use instead of such a name, as the end of an error message.

    Parameters
    ----------
    name : str
        A name with "__" in it.
    parameters : iterable of str
        The names of all parameters of the estimator.
    """
    prefix, _, setting = name.partition("__")
    setting = CALLED_HERE.get(setting, setting)
    if setting in parameters:
        return f"use {setting!r}."
    for routed, form in OBJECTS.items():
        if prefix.startswith(routed):
            return f"give an object with its settings: {form.format(setting)}."
    return f"the parameters are {', '.join(sorted(parameters))}."
