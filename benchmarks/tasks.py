"""What is timed, the same for every peer; runs in the peer's own process.

Each function takes the peer's module, the job and the data's folder, and returns measures by name.
"""

import gc
import resource
import sys
from dataclasses import replace
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, cross_val_score

from benchmarks import data

CHECKED = 10_000  # training images whose accuracy is reported


def fit(peer, job, folder):
    """Time one fit, all included, and each of its epochs after the first."""
    network = job.training.network
    images, y = data.load(
        folder, "train", job.n_images, side=job.side, n_classes=job.training.n_classes
    )
    X = peer.prepare(images, network)
    del images  # or the peak memory would hold them twice
    ends = []
    start = perf_counter()
    model = peer.make(job.training, tick=lambda: ends.append(perf_counter()))
    model.fit(X, y)
    measures = {"seconds": perf_counter() - start, "peak_mb": _peak_mb()}
    if len(ends) > 1:
        measures["further_epoch"] = (ends[-1] - ends[0]) / (len(ends) - 1)
    measures["parameters"] = peer.count_parameters(model)
    measures["train_accuracy"] = _accuracy(model, X[:CHECKED], y[:CHECKED])
    if job.side == 28:
        images, y = data.load(folder, "test")
        measures["test_accuracy"] = _accuracy(model, peer.prepare(images, network), y)
    return measures


def cross_validate(peer, job, folder):
    """Time a cross-validation; a peer that is no scikit-learn estimator does it in a loop."""
    X, y = _prepared(peer, job, folder)
    start = perf_counter()
    scores = _scores(peer, job.training, X, y, job.options["folds"])
    return {"seconds": perf_counter() - start, "score": float(np.mean(scores))}


def search(peer, job, folder):
    """Time a randomized search over given candidates, without the last refit."""
    X, y = _prepared(peer, job, folder)
    candidates, folds = job.options["candidates"], job.options["folds"]
    start = perf_counter()
    if peer.PARAMETERS is None:
        score = max(
            np.mean(_scores(peer, _changed(job.training, **candidate), X, y, folds))
            for candidate in candidates
        )
    else:
        found = RandomizedSearchCV(
            peer.make(job.training),
            [{peer.PARAMETERS[name]: [value] for name, value in c.items()} for c in candidates],
            n_iter=len(candidates),
            cv=_splitter(folds),
            refit=False,
            random_state=0,
        ).fit(X, y)
        score = found.cv_results_["mean_test_score"].max()
    return {"seconds": perf_counter() - start, "score": float(score)}


def fit_many(peer, job, folder):
    """Measure how much resident memory fits leave behind, after the first few."""
    import psutil

    process = psutil.Process()
    X, y = _prepared(peer, job, folder)
    fits, widths = job.options["fits"], job.options["widths"]
    start = perf_counter()
    for number in range(fits):
        if number == job.options["first"]:
            before = _resident_mb(process)
        training = _changed(job.training, hidden=(widths[number % len(widths)], 64), seed=number)
        peer.make(training).fit(X, y)
    seconds = perf_counter() - start
    return {"growth_mb": _resident_mb(process) - before, "seconds": seconds}


def predict(peer, job, folder):
    """Time predictions of so many images, after a first one."""
    X, y = _prepared(peer, job, folder)
    model = peer.make(job.training).fit(X, y)
    images, _ = data.load(folder, "test", job.options["images"])
    X = peer.prepare(images, job.training.network)
    seconds = _median_seconds(lambda: model.predict_proba(X), job.options["calls"])
    return {"call_ms": seconds * 1000}


def _prepared(peer, job, folder):
    images, y = data.load(folder, "train", job.n_images)
    return peer.prepare(images, job.training.network), y


def _changed(training, hidden=None, **changes):
    network = replace(training.network, hidden=hidden) if hidden else training.network
    return replace(training, network=network, **changes)


def _splitter(folds):
    return StratifiedKFold(folds, shuffle=True, random_state=0)


def _scores(peer, training, X, y, folds):
    if peer.PARAMETERS is not None:
        return cross_val_score(peer.make(training), X, y, cv=_splitter(folds))
    return [
        _accuracy(peer.make(training).fit(X[train], y[train]), X[test], y[test])
        for train, test in _splitter(folds).split(X, y)
    ]


def _accuracy(model, X, y):
    return float(np.mean(model.predict_proba(X).argmax(axis=1) == y))


def _median_seconds(call, times):
    call()  # traces, allocates
    seconds = []
    for _ in range(times):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return median(seconds)


def _resident_mb(process):
    gc.collect()
    return process.memory_info().rss / 1e6


def _peak_mb():
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, else kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
