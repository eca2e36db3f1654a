"""Any Keras network as a scikit-learn classifier."""

import inspect

from skdigits import _constraints as c
from skdigits._base import ImageClassifier

PREFIX = "build_options__"


def _is_builder(value):
    is_model = hasattr(value, "get_weights") and not isinstance(value, type)  # or it is a layer
    return callable(value) and not is_model


BUILDER = c.Constraint("a callable that builds the network, not a model", _is_builder)


class NetworkClassifier(ImageClassifier):
    """Any Keras network for small images, trained like the other classifiers.

    You write a function that builds the network. It may be residual, recurrent over the rows of an
    image, loaded from a file, or any other network that takes one image and returns one number for
    each class. The classifier standardises the input, trains and predicts. It works in searches,
    copies and pickles like :class:`CNNClassifier`.

    Parameters
    ----------
    build : callable
        ``build(input_shape, n_classes, **build_options)`` returns a Keras model that is not
        compiled. `input_shape` is (height, width, channels), or (n_features,) for columns. The
        model takes one input of this shape. For grey images, the input may also be (height, width).
        The output is one row of `n_classes` probabilities, so end the model with
        ``Dense(n_classes, activation="softmax")``, for two classes too. To pickle the classifier
        for another process, define the function in a module.

    build_options : dict, default=None
        Further arguments of `build` by name. A search varies them as ``build_options__NAME``.

    standardize : bool, default=True
        Whether to standardise the input by the mean and variance of the training data. Set it to
        False if the network scales its input itself, or was trained on raw pixels before.

    image_shape : (int, int), (int, int, int) or (int,), default=None
        Height, width and channels of the images, in pixels. One number means that `X` has so many
        columns. None takes the shape from 3-D or 4-D input, and takes 2-D input as columns. Set it
        to train on images that come as rows.

    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A name, or an object, which has its own learning rate. "auto" is Muon for the kernels of
        hidden dense and convolutional layers, and Adam for all other weights, as in
        `CNNClassifier`; try it where a few epochs should do more.

    learning_rate : float, default=0.01
        Learning rate of an optimizer given by name. With "one_cycle" it is the highest rate. Lower
        it where training fails or the loss jumps; raise it where the loss hardly falls.

    weight_decay : float, default=0.01
        Each step multiplies the weights of kernels by 1 minus this number times the learning rate
        [2]_. Raise it where the training accuracy is far above the validation accuracy. None keeps
        the optimizer's default: "adamw" has 0.004, the others have none. An optimizer object has
        its own.

    learning_rate_schedule : {"constant", "one_cycle"} or Keras schedule, default="one_cycle"
        "one_cycle" raises the rate over the first 23 % of the steps and lowers it to zero over the
        rest [1]_. It lowers the rate of steps of fewer than 8 images in proportion. Choose
        "constant" with early stopping, which does not know the last step, and with Keras callbacks
        that set the rate.

    loss : str, callable or keras.losses.Loss, default="auto"
        "auto" is the categorical cross-entropy. A training with "one_cycle", without early stopping
        and of 500 steps or more smooths the labels [3]_ in its first three quarters: all classes
        share a tenth of each. The network has to end in a softmax or in sigmoids for it. Give
        "sparse_categorical_crossentropy" for labels as they are. Keras's sparse losses get labels
        as numbers, all other losses get one-hot rows. The type of the loss decides which. A loss
        with ``from_logits=True`` takes outputs of any sign, such as those of a network that ends
        without an activation.

    epochs : int or (int, int), default=(6, 500)
        Passes over the training data. Two numbers are the passes and the least number of steps: on
        few images the training makes more passes, until it has taken as many steps. The steps are
        counted before early stopping sets images aside. More epochs take time in proportion.

    batch_size : "auto" or int, default="auto"
        Images in a step. "auto" is a 32nd of the images, at least 16 and at most 128. Larger
        batches make an epoch faster, and the network learns less in it.

    early_stopping : bool, default=False
        Whether to stop when the score no longer improves, and restore the best weights. The score
        is the accuracy on the validation data: a `validation_fraction` of the training data, with
        their weights, or the data that `fit` gets. With ``validation_fraction=None`` the score is
        the training loss.

    validation_fraction : float or None, default=0.1
        Share of the training data that early stopping sets aside, stratified by class. If `fit`
        gets validation data, all training data are trained on. None stops on the training loss in
        either case.

    n_iter_no_change : int, default=10
        Early stopping ends the training after so many epochs without improvement.

    tol : float, default=1e-4
        Early stopping waits for an improvement of the score by more than this. The weights that are
        kept are those of the best score, however small the difference.

    augmentation : "auto", None, str, keras.Layer or sequence of these, default="auto"
        How to change the images in training, as in :class:`CNNClassifier`. "auto" is "shift" for
        images and nothing for columns. Set it to None if the network has such layers itself.

    test_time_averaging : bool, default=False
        Whether the probabilities are the mean over several views of each image, as in
        :class:`CNNClassifier`. Predictions are mostly more accurate, and take five or ten times as
        long.

    transfer_from : fitted classifier of skdigits, or keras.Model, default=None
        A network that has learned from images of the same shape and scale, as in
        :class:`CNNClassifier`. It takes the place of what `build` returns.

    fine_tune : bool, default=True
        With `transfer_from`, whether to train the whole network after the output layer. The output
        layer alone is trained in the first third of the epochs of `fit` if True, and in all of them
        if False. If True, `learning_rate` is multiplied by 0.6, since the other layers have learned
        already. False is faster, and safer with very few images.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Arithmetic of the layers from the first convolution on; weights and output stay float32.
        "auto" is bfloat16 on processors that have it, for functional and sequential models of
        Keras's own layers, all made by `build`, and float32 otherwise. Set "float32" to compare
        results between processors.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, at least 0. Only their ratios count, as those of
        `sample_weight`. "balanced" helps where rare classes matter as much as common ones. A dict
        need not have all classes. In a search give each class a weight: a fold may lack one.

    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks. Callbacks with batch methods see every batch, which makes the training
        slower.

    checkpoint : str or path-like, default=None
        A file that keeps the state of the training after each epoch. If the process is killed, the
        same `fit` goes on after the last epoch in the file, and ends with the same bits. It is for
        one fit: searches, cross-validation and averages have several. It needs a number as
        `random_state`, and no `callbacks`. The file stays: save the classifier, and then delete the
        file. It takes three times the memory of the weights, and some milliseconds an epoch.

    warm_start : bool, default=False
        Whether another `fit` goes on from the weights of the last one.

    verbose : int, default=0
        Keras's progress output: 0 for none, 1 for a bar, 2 for a line per epoch.

    random_state : int, RandomState instance or None, default=None
        Seed of weights, shuffling, dropout, augmentation and validation split. The same int gives
        the same result, bit for bit, as far as the layers draw their random numbers by Keras.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_ : int
        Number of values of an image.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if `X` was a data frame with names.

    image_shape_ : tuple of int
        (height, width, channels), or (`n_features_in_`,) for columns.

    model_ : keras.Model
        The trained network, including its standardisation. It takes images of `image_shape_` on
        the scale of `X`, after `offset_` is subtracted and the difference divided by `unit_`, where
        these are not 0 and 1.

    offset_, unit_ : ndarray of shape (image_shape_[-1],)
        As in :class:`CNNClassifier`.

    n_parameters_ : int
        Number of weights of the network.

    history_ : dict of list of float
        "loss" and "accuracy" of each epoch; also "val_loss" and "val_accuracy" with validation
        data.

    n_iter_ : int
        Number of epochs trained.

    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept. Without early stopping it is the last.

    See Also
    --------
    CNNClassifier : A convolutional network that its parameters describe.
    MLPClassifier : A multi-layer perceptron.

    Notes
    -----
    The Keras initializers draw the initial weights from `random_state`. A weight that `build` loads
    or sets begins with this value.

    The model may have any layers. Its `train_step` and its metrics are not used.

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
       using large learning rates", 2018, https://arxiv.org/abs/1708.07120
    .. [2] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019,
       https://arxiv.org/abs/1711.05101
    .. [3] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015,
       https://arxiv.org/abs/1512.00567

    Examples
    --------
    >>> from skdigits import NetworkClassifier
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> X_test, y_test = load_digits(subset="test", return_X_y=True)
    >>> def build(input_shape, n_classes, units=32):
    ...     import keras
    ...     layers = keras.layers
    ...     return keras.Sequential([
    ...         keras.Input(input_shape),
    ...         layers.Reshape(input_shape[:2]),  # a sequence of rows
    ...         layers.GRU(units),
    ...         layers.Dense(n_classes, activation="softmax"),
    ...     ])
    >>> classifier = NetworkClassifier(build, epochs=8, random_state=0)
    >>> classifier = classifier.set_params(build_options__units=24).fit(X, y)
    >>> bool(classifier.score(X_test, y_test) > 0.7)
    True
    """

    _constraints: dict = {
        **ImageClassifier._constraints,
        "build": [BUILDER],
        "build_options": [c.instance_of(dict), c.NONE],
        "standardize": [c.BOOLEAN],
    }

    def __init__(
        self,
        build,
        *,
        build_options=None,
        standardize=True,
        image_shape=None,
        optimizer="adam",
        learning_rate=0.01,
        weight_decay=0.01,
        learning_rate_schedule="one_cycle",
        loss="auto",
        epochs=(6, 500),
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        augmentation="auto",
        test_time_averaging=False,
        transfer_from=None,
        fine_tune=True,
        precision="auto",
        class_weight=None,
        callbacks=None,
        checkpoint=None,
        warm_start=False,
        verbose=0,
        random_state=None,
    ):
        self.build = build
        self.build_options = build_options
        self.standardize = standardize
        self.image_shape = image_shape
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.augmentation = augmentation
        self.test_time_averaging = test_time_averaging
        self.transfer_from = transfer_from
        self.fine_tune = fine_tune
        self.precision = precision
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def get_params(self, deep=True):
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the options of `build` that are set, as ``build_options__NAME``.

        Returns
        -------
        params : dict
            Values by name.
        """
        params = super().get_params(deep=False)
        if deep and isinstance(self.build_options, dict):
            params |= {PREFIX + name: value for name, value in self.build_options.items()}
        return params

    def set_params(self, **params):
        """Set parameters, including ``build_options__NAME``.

        Parameters
        ----------
        **params : dict
            Parameters of the class, and options of `build`, by name. Options go into a copy of
            `build_options`, so that other classifiers do not change.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a name is neither a parameter nor an argument of `build`.
        """
        options = {
            name.removeprefix(PREFIX): value
            for name, value in params.items()
            if name.startswith(PREFIX)
        }
        own = {name: value for name, value in params.items() if not name.startswith(PREFIX)}
        _check_options(own.get("build", self.build), options)
        super().set_params(**own)
        if options:
            self.build_options = {**(self.build_options or {}), **options}
        return self

    @property
    def _body_parameters(self):
        return ["build", "build_options", "standardize"]

    def _network_to_build(self):
        from skdigits import networks

        _check_options(self.build, self.build_options or {})
        return networks.build_around, {
            "build": self.build,
            "build_options": dict(self.build_options or {}),
            "standardize": bool(self.standardize),
            "precision": self.precision,
        }


def _check_options(build, options):
    """Raise if a function does not take these options after the shape and the number of classes.

    A function without a readable signature is not checked.
    """
    try:
        parameters = list(inspect.signature(build).parameters.values())
    except (TypeError, ValueError):
        return
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return
    taken = [each.name for each in parameters[2:]]
    for name in options:
        if name not in taken:
            raise ValueError(
                f"The function 'build' takes no option {name!r} after the shape of an image and "
                f"the number of classes; it takes {', '.join(taken) or 'none'}."
            )
