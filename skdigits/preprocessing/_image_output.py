"""The output of transformers of images: arrays of images, and rows as data frames if asked for."""

from sklearn.base import BaseEstimator, TransformerMixin


class ImageOutputMixin:
    """``set_output`` for transformers of images.

    scikit-learn's own ``set_output`` puts every result into a data frame, which fails for images.
    This one puts only rows into data frames. Images stay arrays, so that a pipeline of images works
    with every setting.
    """

    def set_output(self, *, transform=None):
        """Set the container of rows. Images are always arrays.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            "default" is an array; "pandas" and "polars" are data frames of these libraries. None
            keeps the setting as it is.

        Returns
        -------
        self : object
            The transformer.
        """
        if transform is not None:
            # scikit-learn keeps it under this name, and so do its clones.
            self._sklearn_output_config = {"transform": transform}
        return self

    def _in_container(self, values, X):
        """Return the result of `transform(X)` in the container that is set."""
        if values.ndim > 2:
            return values
        names = self.get_feature_names_out  # type: ignore[attr-defined]
        wanted = getattr(self, "_sklearn_output_config", {}).get("transform")
        return _Rows(values, names).set_output(transform=wanted).transform(X)


class _Rows(TransformerMixin, BaseEstimator):
    """A transformer whose result is known: scikit-learn puts it into the output that is set."""

    def __init__(self, values, names):
        self.values = values
        self.names = names

    def transform(self, X):
        return self.values

    def get_feature_names_out(self, input_features=None):
        return self.names()
