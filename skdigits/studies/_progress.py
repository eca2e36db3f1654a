"""How far a study is: the work that is left, in units of one image seen once by an MLP."""

from itertools import pairwise
from math import prod
from numbers import Integral

from skdigits.studies._declarations import Search, Sweep

UNKNOWN_EPOCHS = 10  # of a model whose epochs a search or the number of images is still to tell
WORK_PER_WEIGHT = 1 / 1000  # of a convolution's kernel, against a whole MLP
AUTO_FILTERS = (16, 48, 96)  # what a CNN has without being told, on images that are not too small


class Meter:
    """Turns the progress of one run into the progress of a study.

    Parameters
    ----------
    name : str
        The study's.
    works : list of float
        The work of each run, in the order in which they are to be finished or skipped.
    progress : callable or None
        Called as ``progress(name, fraction, stage)``.
    """

    def __init__(self, name, works, progress):
        self.name, self.works, self.progress = name, works, progress
        self.left, self.done, self.number = sum(works), 0.0, 0

    def skip(self):
        """Leave out a run that was finished earlier: the bar is for what is left."""
        self.left -= self.works[self.number]
        self.number += 1

    def finish(self):
        """Count the run under way as done."""
        self.done += self.works[self.number]
        self.number += 1

    def end(self):
        """Report that all is done."""
        if self.progress:
            self.progress(self.name, 1.0, "done")

    def report(self, label):
        """Return the callable ``report(fraction, stage)`` of the run under way."""

        def report(fraction, stage):
            if self.progress:
                done = self.done + self.works[self.number] * (fraction or 0.0)
                run = f"run {self.number + 1} of {len(self.works)}"
                self.progress(self.name, done / self.left, f"{run}: {label}, {stage}")

        return report


def work_of_runs(experiment, n_images, n_seeds):
    """Return the work of each run of an experiment on one data set, in the runner's order."""
    if isinstance(experiment, Search):
        values = experiment.space.get("epochs", experiment.model.params.get("epochs"))
        epochs = [_epochs(value) for value in _sequence(values)]  # a distribution is one of these
        n_images = min(n_images, experiment.n_train or n_images) * (experiment.cv - 1)
        return [experiment.n_iter * n_images * sum(epochs) / len(epochs)]
    if isinstance(experiment, Sweep):
        n_points = 1
        for values in experiment.grid.values():
            n_points *= len(values)
        return [_work(experiment.model) * n_images] * (n_points * n_seeds)
    return [_work(model) * n_images for model in experiment.models.values()] * n_seeds


def _work(model):
    weights = _kernel_weights(model.params) if model.estimator == "cnn" else 0
    return _epochs(model.params.get("epochs")) * (1 + weights * WORK_PER_WEIGHT)


def _kernel_weights(params):
    """Return how many weights the convolutions have, of filters and kernels as a CNN takes them."""
    filters, kernel = params.get("filters", "auto"), params.get("kernel_size", 3)
    filters = AUTO_FILTERS if isinstance(filters, str) else filters
    depths = [1, *(n for block in _sequence(filters) for n in _sequence(block))]
    area = prod(_sequence(kernel)) if hasattr(kernel, "__len__") else kernel**2
    return area * sum(before * after for before, after in pairwise(depths))


def _sequence(value):
    return value if hasattr(value, "__len__") else (value,)


def _epochs(epochs):
    return int(epochs) if isinstance(epochs, Integral) else UNKNOWN_EPOCHS
