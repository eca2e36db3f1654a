"""Report a fit and its epochs to scikit-learn's callbacks."""


class EpochTasks:
    """Calls scikit-learn's callbacks for the fit and for each of its epochs.

    Parameters
    ----------
    context : CallbackContext
        Of the fit.
    estimator : estimator
        Only handed on to the callbacks.
    snapshot : callable
        Returns the attributes that make a copy of the estimator predict as it does at this moment.
    X, y
        What `fit` was given.
    """

    def __init__(self, context, estimator, snapshot, X, y):
        self._estimator, self._snapshot = estimator, snapshot
        self._data = {"X": X, "y": y}
        self._context = context.call_on_fit_task_begin(estimator=estimator, **self._data)
        self._epoch = None

    def begin_epoch(self):
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self):
        """Return whether a callback asks to stop."""
        return self._end(self._epoch)

    def end(self):
        self._end(self._context)

    def _end(self, context):
        return context.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=self._snapshot, **self._data
        )
