"""``--set KEY=VALUE``: parameters of a network, given as text."""

import ast

from skdigits._constraints import check_parameters
from skdigits.cli._arguments import unknown

# Parameters that the command decides, or whose values are no text.
NOT_SET = {
    *("callbacks", "checkpoint", "image_shape", "random_state", "transfer_from", "verbose"),
    "warm_start",
}
WORDS = {"true": True, "false": False, "none": None}


def check_settings(settings: list[str]):
    """Return settings, after a check that each has the form KEY=VALUE."""
    for setting in settings:
        key, sign, _ = setting.partition("=")
        if not key.strip() or not sign:
            raise ValueError(f"--set {setting}: write KEY=VALUE, such as epochs=5 or filters=8,16")
    return settings


def apply_settings(model, settings):
    """Set parameters of a model.

    Parameters
    ----------
    model : MLPClassifier or CNNClassifier
        Not fitted.
    settings : list of str
        Such as "epochs=5" and "filters=8,16", checked; of several with one key the last counts.

    Raises
    ------
    ValueError
        If there is no such parameter, or if it cannot have the value.
    """
    name = type(model).__name__
    defaults = model.get_params()
    names = [key for key in defaults if key not in NOT_SET]
    for setting in settings:
        key, _, text = (part.strip() for part in setting.partition("="))
        if key == "random_state":
            raise ValueError(f"--set {setting}: write --seed {text}")
        if key not in names:
            raise ValueError(f"--set {setting}: {unknown(f'parameter of {name}', key, names)}")
        value = parse(text, defaults[key])
        try:
            check_parameters(name, {key: value}, model._constraints)
        except ValueError as error:
            raise ValueError(f"--set {setting}: {error}") from None
        model.set_params(**{key: value})


def parse(text, default):
    """Return the value that a text stands for: a number, True, None, a sequence, or the text."""
    word = text.lower()
    if word in WORDS:
        # True is a number to Python, but "epochs=true" is a mistake.
        return WORDS[word] if word == "none" or isinstance(default, bool) else text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        parts = text.split(",")
        return tuple(parse(part.strip(), None) for part in parts) if len(parts) > 1 else text
