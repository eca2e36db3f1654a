"""The optimizer "auto": Muon for the kernels of hidden layers, Adam for all other weights."""

import math
from contextlib import contextmanager

import numpy as np

from skdigits._private_names import adam_moments, decay_weights, layers_in
from skdigits._tensorflow import keras, tf
from skdigits.training._optimizer import take_adams_steps

# A wide kernel is made orthogonal in groups of so many outputs, which takes far less time.
GROUP = 64

# Coefficients of the iteration, from K. Jordan's implementation of Muon. It has five rounds. Three
# reach the same accuracy on held-out images.
A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 3

# Root mean square of the values of an update, relative to the learning rate. It is about that of
# Adam's updates, so that learning rates and weight decays suit both (Liu et al., 2025).
SIZE = 0.2

MOMENTUM = 0.95

LEAST_SQUARE = 1e-14  # of a momentum, so that one of zeros is not divided by zero

DENSE_OR_CONVOLUTIONAL = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
)


def hidden_kernels(model):
    """Return the kernels of a model's dense and convolutional layers, without the last to learn.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    set of int
        The ``id`` of each.
    """
    layers = [layer for layer in layers_in(model) if layer.trainable_variables]
    return {
        id(layer.kernel)
        for layer in layers
        if type(layer) in DENSE_OR_CONVOLUTIONAL
        and layer.trainable_variables[-1] is not model.trainable_variables[-1]
    }


class Muon(keras.optimizers.Adam):
    """Muon for kernels of hidden layers, Adam for all other weights.

    Muon replaces the momentum of a kernel by a nearly orthogonal matrix. So all directions of the
    kernel learn, rather than the few with the largest gradients. Keras's optimizer of this name
    does so for dense layers only. The state and the configuration are Adam's, so a model that
    leaves has Keras's Adam.

    Attributes
    ----------
    kernels : set of int
        The ``id`` of each weight that Muon updates, see `hidden_kernels`. Keras would save the
        weights themselves with the optimizer's state.

    References
    ----------
    K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
    https://kellerjordan.github.io/posts/muon/

    J. Liu et al., "Muon is scalable for LLM training", 2025, https://arxiv.org/abs/2502.16982
    """

    kernels: set = set()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._saves_moments = False

    @contextmanager
    def saving_moments(self):
        """Let files hold its own moments meanwhile, for what loads them into a Muon again."""
        self._saves_moments = True
        try:
            yield
        finally:
            self._saves_moments = False

    def apply(self, grads, trainable_variables=None):
        """Take a step.

        Parameters
        ----------
        grads : list of tensor or None
        trainable_variables : list of keras.Variable
            Some of those that the optimizer was built for.
        """
        moments = adam_moments(self, trainable_variables)
        if moments is None:
            super().apply(grads, trainable_variables)
            return
        if self.weight_decay:
            decay_weights(self, trainable_variables)
        steps = [
            (variable, tf.convert_to_tensor(gradient), own)  # that of an embedding is sparse
            for variable, gradient, own in zip(trainable_variables, grads, moments, strict=True)
            if gradient is not None
        ]
        self._take_muons_steps([step for step in steps if id(step[0]) in self.kernels])
        take_adams_steps(self, [step for step in steps if id(step[0]) not in self.kernels])
        for variable in trainable_variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self.iterations.value.assign_add(1)

    def save_own_variables(self, store):
        """Save the state of a new Adam, in the file of a model that leaves.

        Muon's momentum is a sum of gradients, and it keeps no squares of them. With this state
        Adam's first steps would be hundreds of times too large.
        """
        if self._saves_moments:
            super().save_own_variables(store)
            return
        for place, variable in enumerate(self.variables):
            value = variable.numpy()
            store[str(place)] = value if variable.name == "learning_rate" else np.zeros_like(value)

    def _take_muons_steps(self, steps):
        if not steps:
            return
        sums = []
        for _, gradient, (momentum, _) in steps:
            momentum = momentum.value.assign(MOMENTUM * momentum.value + gradient)
            sums.append(gradient + MOMENTUM * momentum)  # Nesterov's
        for (kernel, *_), update in zip(steps, orthogonal(sums), strict=True):
            rate = tf.cast(SIZE * self.learning_rate, kernel.dtype)
            kernel.value.assign_sub(rate * update)


def orthogonal(kernels):
    """Return nearly orthogonal matrices of kernels, scaled to a root mean square of about one.

    Parameters
    ----------
    kernels : list of tensors of shape (..., n_outputs)

    Returns
    -------
    list of tensors of the same shapes
        The outputs of a group are nearly orthogonal, and about equally long.
    """
    groups = [_Groups(kernel) for kernel in kernels]
    # The gradients of the last layers come first. Their half need not wait for the other one.
    middle = len(groups) // 2
    return [*_iterated(groups[:middle]), *_iterated(groups[middle:])]


def _iterated(groups):
    """Return the nearly orthogonal matrices of several kernels, from one iteration for all.

    Small operations cost mostly their start.
    """
    if not groups:
        return []
    factors = _inverse_roots(tf.concat([each.products for each in groups], axis=0))
    parts = tf.split(factors, [each.n_groups for each in groups])
    return [each.times(part) for each, part in zip(groups, parts, strict=True)]


class _Groups:
    """A kernel as a matrix for each group, whose columns are its outputs, or its fewer inputs.

    Parameters
    ----------
    kernel : tensor of shape (..., n_outputs)

    Attributes
    ----------
    n_groups : int
    products : tensor of shape (n_groups, GROUP, GROUP), of float32
        The products of all pairs of columns of each matrix, with zeros around them.
    """

    def __init__(self, kernel):
        self._kernel = kernel
        n_inputs, n_outputs = math.prod(kernel.shape[:-1]), kernel.shape[-1]
        self.n_groups = math.ceil(n_outputs / GROUP)
        size = math.ceil(n_outputs / self.n_groups)
        rows = tf.cast(tf.reshape(kernel, (n_inputs, n_outputs)), tf.float32)
        rows = tf.pad(rows, ((0, 0), (0, self.n_groups * size - n_outputs)))
        rows = tf.reshape(rows, (n_inputs, self.n_groups, size))
        wide = n_inputs < size
        self._matrices = tf.transpose(rows, (1, 2, 0) if wide else (1, 0, 2))
        self._order_back = (2, 0, 1) if wide else (1, 0, 2)
        self._scale = math.sqrt(max(n_inputs, size))
        self._side = min(n_inputs, size)
        products = tf.matmul(self._matrices, self._matrices, transpose_a=True)
        around = 0, GROUP - self._side
        self.products = tf.pad(products, ((0, 0), around, around))

    def times(self, factors):
        """Return the kernel with each matrix multiplied by one of `factors`."""
        own = factors[:, : self._side, : self._side] * self._scale
        rows = tf.transpose(tf.matmul(self._matrices, own), self._order_back)
        rows = tf.reshape(rows, (rows.shape[0], -1))[:, : self._kernel.shape[-1]]
        return tf.cast(tf.reshape(rows, self._kernel.shape), self._kernel.dtype)


def _inverse_roots(products):
    """Return matrices that make the columns of others nearly orthonormal, from their products.

    They are about the inverse square roots of `products`. Muon's Newton-Schulz iteration multiplies
    the momentum by a polynomial of its products, again and again. The polynomials alone are smaller
    than the momentum.
    """
    squares = tf.linalg.trace(products)[:, tf.newaxis, tf.newaxis]
    scale = tf.math.rsqrt(squares + LEAST_SQUARE)
    products *= tf.square(scale)
    unit = tf.constant(np.eye(GROUP), tf.float32)
    factors = scale * unit
    for _ in range(ROUNDS):
        polynomial = A * unit + tf.matmul(products, B * unit + C * products)
        factors = tf.matmul(factors, polynomial)
        products = tf.matmul(tf.matmul(products, polynomial), polynomial)
    return factors
