"""Keep the state of a training in a file after each epoch, and go on from there."""

import hashlib
import io
import json
from dataclasses import fields
from pathlib import Path

import numpy as np

from skdigits._files import probe_file, write_bytes
from skdigits._memory_mapped import MappedRows
from skdigits.training._comparable import describe
from skdigits.training._compiled_model import architecture
from skdigits.training._state import versions
from skdigits.training._variables import to_array

STOPPING = ("wait", "stopped_epoch", "best", "best_score", "best_epoch")  # of early stopping
HASHED_ROWS = 4096  # that the digest reads at a time
# They change no result, or, like the body, are part of the network.
NOT_COMPARED = ("body", "callbacks", "checkpoint", "owner", "verbose")


class CheckpointError(ValueError):
    """A file is not the state of this training."""


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path : str
    fingerprint : str
        Equal for trainings that end with the same bits, see `fingerprint`.

    Raises
    ------
    CheckpointError
        If the file is not one of this training.
    OSError
        If no file can be written there.
    """

    def __init__(self, path, fingerprint):
        self._path, self._fingerprint = Path(path), fingerprint
        probe_file(self._path)  # before any training, and not after the first epoch
        self._state = self._read() if self._path.exists() else None

    def restore(self, variables, rng, stopping):
        """Set a training to the end of the last epoch in the file.

        Parameters
        ----------
        variables : Variables
        rng : numpy.random.Generator
        stopping : keras.callbacks.EarlyStopping or None

        Returns
        -------
        history : list of dict
            The logs of the epochs that are done, none if there is no file.
        stopped : bool
            Whether the training ended with the last of them.
        """
        if self._state is None:
            return [], False
        facts, arrays = self._state
        variables.set([arrays[f"value {number}"] for number in range(len(variables.shapes))])
        rng.bit_generator.state = facts["rng"]
        if stopping:
            for name, value in facts["stopping"].items():
                setattr(stopping, name, value)
            best = [arrays[f"best {number}"] for number in range(facts["n_best"])]
            stopping.best_weights = best or None
        return facts["history"], facts["stopped"]

    def keep(self, history, variables, rng, stopping, stopped):
        """Write the state after an epoch: the whole file, or nothing."""
        best = (stopping.best_weights or []) if stopping else []
        facts = {
            "fingerprint": self._fingerprint,
            "history": history,
            "stopped": stopped,
            "rng": rng.bit_generator.state,
            "stopping": {name: _number(getattr(stopping, name)) for name in STOPPING}
            if stopping
            else {},
            "n_best": len(best),
        }
        values = list(variables.get().values())
        arrays = {f"value {number}": to_array(value) for number, value in enumerate(values)}
        arrays |= {f"best {number}": to_array(value) for number, value in enumerate(best)}
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]
        write_bytes(self._path, content.getvalue())

    def _read(self):
        try:
            with np.load(self._path, allow_pickle=False) as file:
                arrays = dict(file)
            facts = json.loads(arrays.pop("facts").tobytes())
            is_ours = facts["fingerprint"] == self._fingerprint
        except Exception as error:  # of a file of any other kind
            raise CheckpointError(self._complaint("is not the state of a training")) from error
        if not is_ours:
            what = (
                "belongs to a training with other images, parameters or versions, or to another "
                "fit, as in cross-validation"
            )
            raise CheckpointError(self._complaint(what))
        return facts, arrays

    def _complaint(self, what):
        return (
            f"The file {str(self._path)!r} of the 'checkpoint' parameter {what}. Delete it to "
            "train from the beginning, or name another file."
        )


def fingerprint(network, parameters, training, validation, rng):
    """Return a text that is equal for trainings that end with the same bits.

    Parameters
    ----------
    network : Network
        Ready for the training: its initial weights depend on its layers and on the seed.
    parameters : TrainingParameters
    training, validation : Rows
    rng : numpy.random.Generator

    Returns
    -------
    str
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in network.get_state().values():  # Keras numbers their names
        digest.update(np.ascontiguousarray(to_array(value)).data)
    compared = {
        each.name: describe(getattr(parameters, each.name))
        for each in fields(parameters)
        if each.name not in NOT_COMPARED
    }
    layers = architecture(network.compiled.model)
    facts = [compared, layers, rng.bit_generator.state, versions(), STOPPING]
    digest.update(json.dumps(facts).encode())
    for data, numbers in (training, validation):
        digest.update(np.ascontiguousarray(numbers).data)
        for array in (data.labels, data.weights):
            digest.update(np.asarray(array).data)
        for start in range(0, data.images.shape[0], HASHED_ROWS):
            rows = np.arange(start, min(start + HASHED_ROWS, data.images.shape[0]))
            is_mapped = isinstance(data.images, MappedRows)
            part = data.images[rows] if is_mapped else data.images[start : start + HASHED_ROWS]
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _number(value):
    """Return a number as JSON has it; None stays None."""
    return None if value is None else float(value) if isinstance(value, np.floating) else value
