"""Searches and averages on a cluster of Dask: the same bits as in this process."""

import os
import signal
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from support import digits, mlp

from skdigits.ensemble import AveragingClassifier

distributed = pytest.importorskip("distributed")

X, Y = digits()
X, Y = X[:80], Y[:80]


class CountedImages(np.ndarray):
    """Images that count how often they are sent to another process."""

    n_sent = 0

    def __reduce_ex__(self, protocol):
        CountedImages.n_sent += 1
        return np.asarray(self).__reduce_ex__(protocol)


# As in docs/cluster.md: each worker has its share of the cores.
SHARE = """
import os

def dask_setup(worker):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[int(worker.name) % len(cores) :: 2])
"""


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=pytest.mark.slow)])
def client(request):
    """Return a client of a cluster of so many processes. Each has to import TensorFlow."""
    options = {"n_workers": request.param, "threads_per_worker": 1, "dashboard_address": None}
    if hasattr(os, "sched_setaffinity"):
        options["preload"] = [SHARE]
    with (
        distributed.LocalCluster(processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def cores_of_a_fit():
    """Fit; return the cores of each thread that began meanwhile, and the number of all cores."""
    before = set(os.listdir("/proc/self/task"))
    mlp().fit(X, Y)
    new = set(os.listdir("/proc/self/task")) - before
    return [os.sched_getaffinity(int(thread)) for thread in new], os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux limits processes to cores")
def test_the_threads_of_a_worker_stay_in_its_share(client):
    for shares, n_cores in client.run(cores_of_a_fit).values():
        assert shares
        assert all(len(share) <= max(1, (n_cores + 1) // 2) for share in shares)


def search():
    return GridSearchCV(mlp(), {"learning_rate": [0.003, 0.01, 0.03]}, cv=2)


def test_a_search_has_the_same_scores_and_sends_the_images_once(client):
    here = search().fit(X, Y)
    images = X.view(CountedImages)
    with joblib.parallel_config("dask", scatter=[images]):
        there = search().fit(images, Y)
    assert CountedImages.n_sent <= len(client.scheduler_info()["workers"])
    assert there.best_params_ == here.best_params_
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(there.cv_results_[name], here.cv_results_[name])


def test_an_average_is_the_same(client):
    average = AveragingClassifier(mlp(), n_estimators=2, random_state=0)
    here = average.fit(X, Y).predict_proba(X)
    with joblib.parallel_config("dask"):
        there = average.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(there, here)


@pytest.mark.slow
@pytest.mark.parametrize("client", [2], indirect=True)
def test_a_worker_that_is_killed_does_not_end_a_search(client):
    here = search().fit(X, Y)

    def kill_one():
        time.sleep(0.5)  # so that fits have begun; the result does not depend on it
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    with joblib.parallel_config("dask", scatter=[X]):  # else one worker alone may have the images
        killer.start()
        there = search().set_params(estimator__epochs=10, estimator__batch_size=8).fit(X, Y)
        killer.join()
        again = search().fit(X, Y)
    assert np.isfinite(there.cv_results_["mean_test_score"]).all()
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"]
    )
