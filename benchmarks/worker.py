"""A peer's process: reads pickled jobs from its input, writes their measures to a file.

``python -m benchmarks.worker PEER DATA_FOLDER RESULT_FILE``
"""

import json
import pickle
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.peers import IMPORTS, TAKE_STEPS


def main(peer_name, folder, result_file):
    jobs = pickle.load(sys.stdin.buffer)
    measures = [_measure(peer_name, job, Path(folder)) for job in jobs]
    Path(result_file).write_text(json.dumps(measures))


def _measure(peer_name, job, folder):
    if job.task == "import":  # before anything else is loaded
        module, name = IMPORTS[peer_name]
        start = perf_counter()
        imported = import_module(module)
        seconds = perf_counter() - start
        getattr(imported, name)  # which may import more
        return {"import_alone": seconds, "import_name": perf_counter() - start}
    peer = import_module(f"benchmarks.peers.{peer_name}")
    task = getattr(import_module("benchmarks.tasks"), job.task)
    measures = task(peer, job, folder)
    if peer_name in TAKE_STEPS:
        measures["steps_per_execution"] = job.training.steps_per_execution
    return measures


if __name__ == "__main__":
    main(*sys.argv[1:])
