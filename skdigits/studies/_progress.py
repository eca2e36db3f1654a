"""The progress of a study: the share of its fits that are done."""

from math import prod

from skdigits.studies._declarations import Search, Sweep


class StudyProgress:
    """Turns the progress of one run into the progress of a study.

    A run is one fit, or one search of many fits. All fits count the same.

    Parameters
    ----------
    name : str
        Name of the study.
    n_fits : list of int
        Number of fits of each run, in the order in which the runs are finished or skipped.
    progress : callable or None
        Called as ``progress(name, fraction, stage)``.
    """

    def __init__(self, name, n_fits, progress):
        self.name, self.n_fits, self.progress = name, n_fits, progress
        self.n_left, self.n_done, self.run = sum(n_fits), 0, 0
        self.n_taken_over = 0

    def skip(self):
        """Leave out a run that was finished earlier: only the runs that are left count."""
        self.n_left -= self.n_fits[self.run]
        self.run += 1
        self.n_taken_over += 1

    def finish(self):
        """Count the current run as done."""
        self.n_done += self.n_fits[self.run]
        self.run += 1

    def end(self):
        """Report that all runs are done."""
        if self.progress:
            self.progress(self.name, 1.0, "done")

    def of_run(self, label):
        """Return a callable ``report(fraction, stage)`` for the current run."""

        def report(fraction, stage):
            if self.progress:
                done = self.n_done + self.n_fits[self.run] * (fraction or 0.0)
                run = f"run {self.run + 1} of {len(self.n_fits)}"
                self.progress(self.name, done / self.n_left, f"{run}: {label}, {stage}")

        return report


def fits_of_runs(experiment, n_seeds):
    """Return the number of fits of each run of an experiment on one data set."""
    if isinstance(experiment, Search):
        return [experiment.n_iter * experiment.cv]
    if isinstance(experiment, Sweep):
        return [1] * (prod(map(len, experiment.grid.values())) * n_seeds)
    return [1] * (len(experiment.models) * n_seeds)
