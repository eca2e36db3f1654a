"""What transformers of images give: arrays, or data frames where the result is rows."""

from sklearn.utils._set_output import _get_container_adapter


class ImageOutputMixin:
    """``set_output`` for transformers of images.

    scikit-learn's own wraps whatever a transformer gives, and an image is no row of a table. Here
    images stay arrays, so that a pipeline of images works whatever it is told.
    """

    def set_output(self, *, transform=None):
        """Set what rows are given as; images are arrays always.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            "default" is an array, the others are data frames of these libraries. None changes
            nothing.

        Returns
        -------
        self : object
            The transformer.
        """
        if transform is not None:
            # Where scikit-learn keeps it, so that clones have it too.
            self._sklearn_output_config = {"transform": transform}
        return self

    def _in_container(self, values, X):
        """Return the result of `transform(X)` as the output that is set."""
        adapter = _get_container_adapter("transform", self)
        if adapter is None or values.ndim > 2:
            return values
        names = self.get_feature_names_out  # type: ignore[attr-defined]
        return adapter.create_container(values, X, columns=names)
