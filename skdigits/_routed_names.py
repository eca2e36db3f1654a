"""Advice on names of parameters and arguments that are misspelt, or that other libraries have.

SciKeras has names such as ``optimizer__learning_rate``.
"""

import difflib

# By prefix, how to pass an object with such a setting.
OBJECTS = {
    "optimizer": "optimizer=keras.optimizers.SGD({}=...), or another of Keras's optimizers",
    "loss": "loss=keras.losses.CategoricalCrossentropy({}=...), or another of Keras's losses",
    "build_options": "build_options={{'{}': ...}}, a dict of all options of the function 'build'",
    "callbacks": "callbacks=[keras.callbacks.EarlyStopping({}=...)], or others of Keras's",
}
# Names of Keras and of scikit-learn's MLPClassifier.
CALLED_HERE = {
    "lr": "learning_rate",
    "learning_rate_init": "learning_rate",
    "max_iter": "epochs",
    "solver": "optimizer",
    "validation_split": "validation_fraction",
}


def advice_on(name, parameters):
    """Return what to use instead of a name, as the end of an error message.

    Parameters
    ----------
    name : str
        A name that is no parameter.
    parameters : iterable of str
        The names of all parameters of the estimator.
    """
    prefix, routed_to, setting = name.partition("__")
    setting = setting if routed_to else name
    setting = CALLED_HERE.get(setting, setting)
    if setting in parameters:
        return f"use {setting!r}."
    for routed, form in OBJECTS.items():
        if routed_to and prefix.startswith(routed):
            return f"give an object with its settings: {form.format(setting)}."
    if like := difflib.get_close_matches(setting, parameters, n=1, cutoff=0.7):
        return f"did you mean {like[0]!r}?"
    return f"the parameters are {', '.join(sorted(parameters))}."


def advice_on_argument(name, arguments, owner, parameters):
    """Return what to use instead of an argument of a method, as the end of an error message.

    Parameters
    ----------
    name : str
        A name that is no argument.
    arguments : list of str
        The names of all arguments.
    owner : str
        The class of the estimator.
    parameters : iterable of str
        The names of all parameters of the estimator.
    """
    parameter = CALLED_HERE.get(name, name)
    if parameter in parameters:
        return f"it is a parameter of the estimator: {owner}({parameter}=...)."
    if like := difflib.get_close_matches(name, arguments, n=1, cutoff=0.7):
        return f"did you mean {like[0]!r}?"
    return f"the arguments are {', '.join(arguments)}."
