"""A fit as scikit-learn's callbacks see it: a task of epochs."""


class EpochTasks:
    """Tells scikit-learn's callbacks of the fit and of each of its epochs."""

    def __init__(self, estimator, context, X, y):
        self._estimator = estimator
        self._data = {"X": X, "y": y}
        self._context = context.call_on_fit_task_begin(estimator=estimator, **self._data)
        self._epoch = None

    def begin_epoch(self):
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self):
        """Return whether a callback wants to stop."""
        return self._end(self._epoch)

    def end(self):
        self._end(self._context)

    def _end(self, context):
        return context.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=self._snapshot, **self._data
        )

    def _snapshot(self):
        """Return what makes a copy of the estimator predict as it does at this moment."""
        return {"_network": self._estimator._network.copy()}
