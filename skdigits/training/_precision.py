"""Choose the arithmetic of a training."""

from skdigits import _processor


def dtype_policy(precision, is_cnn_on_images):
    """Return Keras's dtype policy for a `precision` parameter.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16"}
        "auto" is bfloat16 for convolutions on a processor that has bfloat16 arithmetic, and float32
        otherwise (docs/performance.md has the measurements).

    is_cnn_on_images : bool
        Whether the network spends most of its time on convolutions.

    Returns
    -------
    str
        "float32" or "mixed_bfloat16" (weights stay float32).

    Raises
    ------
    ValueError
        If bfloat16 is asked for by name, and would end the process.
    """
    if precision == "auto":
        helps = is_cnn_on_images and _processor.has_bfloat16()
        precision = "bfloat16" if helps else "float32"
    if precision == "bfloat16" and _processor.bfloat16_ends_the_process():
        variable, limit = _processor.onednn_limit()
        raise ValueError(
            f"precision='bfloat16' cannot be used: the environment variable {variable} limits "
            f"oneDNN to {limit}, which has no bfloat16. Unset it before Python starts, or set "
            "precision='auto'."
        )
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"
