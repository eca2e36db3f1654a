"""Runs the jobs: each peer in a process of its own, the peers of a row in turn."""

import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from benchmarks import data, peers
from benchmarks.summary import fastest_steps

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("scikit-learn", "keras", "tensorflow", "scikeras", "torch", "skorch", "numpy")
RESERVED_PARAMETERS = {"skdigits": 2}  # mean and variance of its standardisation, not trained


class WorkerError(RuntimeError):
    """A peer's process ended in an error."""


@dataclass(frozen=True)
class Run:
    """One job of one row; `label` is the peer, or the value on a growth row's axis."""

    row: str
    label: str
    job: object


def plan(rows, size, repeats):
    """Return the runs in order, and why peers are left out.

    Each repeat of a row runs its jobs once, one after the other: A B C A B C. Its number is the
    seed of all. In the first one Keras and SciKeras run several times, with each number of steps
    a call; in the later ones their number is None, until `settled` knows it.

    Returns
    -------
    runs : list of Run
    left_out : dict
        The reason by row and peer.
    """
    runs: list = []
    left_out: dict = {}
    for row in rows:
        jobs = row.jobs(size)
        left_out[row.name] = {}
        for label, job in jobs.items():
            packages = peers.missing(job.peer)
            if job.task == "fit_many" and find_spec("psutil") is None:
                packages.append("psutil")
            if packages:
                left_out[row.name][label] = f"needs {' and '.join(packages)}"
        fixed = getattr(row, "repeats", None)
        for seed in range(fixed(size) if fixed else repeats):
            runs += [
                Run(row.name, label, _with(job, seed=seed, steps_per_execution=steps))
                for label, job in jobs.items()
                if label not in left_out[row.name]
                for steps in _steps(job, size, first=seed == 0)
            ]
    return runs, left_out


def _with(job, **changes):
    return replace(job, training=replace(job.training, **changes))


def _steps(job, size, first):
    if job.peer not in peers.TAKE_STEPS or job.task == "import":
        return (1,)
    return size.steps_per_execution if first else (None,)


def batches(runs, size):
    """Group runs by the process that does them: one each, or a turn of a peer at the tiny size."""
    if not size.one_process:
        return [[run] for run in runs]
    by_peer: dict = {}
    for run in sorted(runs, key=lambda run: run.job.task != "import"):
        by_peer.setdefault((run.job.training.seed, run.job.peer), []).append(run)
    return list(by_peer.values())


def settled(batches, rows, measures):
    """Yield the batches, each with the steps a call that were the fastest so far.

    Parameters
    ----------
    batches : list of list of Run

    rows : dict
        Rows by name.

    measures : dict of dict
        Lists of measures by row and label. It grows in the meantime: each batch is made when it
        is asked for.
    """
    for batch in batches:
        yield [_settle(run, rows[run.row], measures[run.row].get(run.label, [])) for run in batch]


def _settle(run, row, measures):
    if run.job.training.steps_per_execution is not None:
        return run
    steps = fastest_steps(row, measures) if measures else 1  # all have ended in errors
    return replace(run, job=_with(run.job, steps_per_execution=steps))


def execute(size, batches):
    """Run the batches one after the other.

    Yields
    ------
    batch : list of Run
    measures : list of dict, or WorkerError
    """
    with tempfile.TemporaryDirectory() as folder:
        data.write(size, Path(folder))
        for batch in batches:
            try:
                yield batch, _run_process(batch, Path(folder))
            except WorkerError as error:
                yield batch, error


def _run_process(batch, folder):
    peer, result = batch[0].job.peer, folder / "result.json"
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", peer, str(folder), str(result)],
        input=pickle.dumps([run.job for run in batch]),
        capture_output=True,
        cwd=ROOT,
        env=os.environ | quiet,
    )
    if done.returncode:
        raise WorkerError(done.stderr.decode(errors="replace").strip()[-2000:])
    return json.loads(result.read_text())


def check_parity(row, runs):
    """Raise if the peers of a row did not train the same network.

    Parameters
    ----------
    row : Row

    runs : dict
        Measures of each run by peer.

    Raises
    ------
    ValueError
        With the number of parameters of each.
    """
    counts = {
        peer: measures[0]["parameters"] - RESERVED_PARAMETERS.get(peer, 0)
        for peer, measures in runs.items()
        if "parameters" in measures[0]
    }
    if row.same_network and len(set(counts.values())) > 1:
        raise ValueError(f"the peers of {row.name!r} have different numbers of weights: {counts}")


def machine():
    """Describe what the runs ran on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "bfloat16": any("avx512_bf16" in line or "amx_bf16" in line for line in lines),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None
