"""Check that a file predicts what the model predicts."""

import numpy as np

from skdigits._warnings import warn, without_warnings

TOLERANCE = 1e-5  # probabilities in float32 mostly differ less
WRONG = 1e-3  # rounding does not explain so much
HALF_A_POINT = 0.005  # of the labels of a quantised file
MOST_IMAGES = 1000
_MENDS = {
    "int8": "Give more images that are like those of the training, or use quantize='float16'.",
    "float16": "Scale the values to about 0 to 1 before fit, or do not quantise.",
}


def check_origin(network, suffix):
    """Raise ValueError if a network needs `offset_` or `unit_`, which its file would lack."""
    if np.any(network.offset_) or np.any(network.unit_ != 1):
        raise ValueError(
            f"A {suffix} file takes columns as float32, without the subtraction of offset_ and the "
            "division by unit_ that these columns need. Write .onnx, or scale the columns to about "
            "0 to 1 before fit."
        )


def expected(model, images):
    """Return the probabilities and labels of a model, without its warnings about the images."""
    with without_warnings():
        return model.predict_proba(images), model.predict(images)


def check_probabilities(found, wanted, path):
    """Warn if probabilities differ by more than `TOLERANCE`; raise if by more than `WRONG`."""
    found = np.asarray(found)
    difference = np.abs(found - wanted).max() if found.shape == wanted.shape else np.nan
    if not difference <= WRONG:
        raise ValueError(
            f"{path.name} was not written: its probabilities differ from the model's by up to "
            f"{difference:.2g}. A step was not converted exactly; write the steps of the model one "
            "by one to find which."
        )
    if difference > TOLERANCE:
        warn(
            f"The probabilities of {path.name} differ from the model's by up to {difference:.1g}. "
            "float32 rounds large numbers: if this matters, scale the values to about 0 to 1 "
            "before fit."
        )


def check_labels(found, wanted, probabilities, path):
    """Raise ValueError if labels differ where the two highest probabilities are not the same."""
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    is_clear = first - second > 2 * WRONG
    wrong = np.flatnonzero((np.asarray(found) != wanted) & is_clear)
    if len(wrong):
        raise ValueError(
            f"{path.name} was not written: {len(wrong)} of {len(wanted)} labels differ from the "
            f"model's, such as {found[wrong[0]]!r} for {wanted[wrong[0]]!r}."
        )


def warn_of_quantisation(found, wanted, quantize, path):
    """Warn if a quantised file gives more than half of a percent of images another label."""
    differs = np.argmax(found, axis=1) != np.argmax(wanted, axis=1)
    if differs.mean() > HALF_A_POINT:
        warn(
            f"{path.name} gives {differs.sum()} of {len(differs)} images another label than the "
            f"model does: quantisation costs accuracy here. {_MENDS[quantize]}"
        )
