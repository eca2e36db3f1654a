"""Let layers of a model compute in another way while a graph is traced."""

from contextlib import contextmanager


@contextmanager
def replaced_calls(calls):
    """Let layers compute by these functions: pairs of a layer and what its call is to be."""
    for layer, call in calls:
        layer.call = call
    try:
        yield
    finally:
        for layer, _ in calls:
            del layer.call  # the method of the class is left
