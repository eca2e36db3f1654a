"""The multi-layer perceptron as a scikit-learn classifier."""

from skdigits._base import ImageClassifier


class MLPClassifier(ImageClassifier):
    """Multi-layer perceptron for small images, trained with Keras.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(512, 256)
        Units of each hidden layer.

    activation : str, callable or keras.Layer, default="relu"
        Activation of the hidden layers, as Keras takes it.

    output_activation : str or callable, default="softmax"
        Activation of the output layer. It must not give negative values, unless `loss` takes
        logits. Outputs that do not sum to one are made to, see `predict_proba`.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        How the kernels begin. An initializer without a seed draws from `random_state`.

    dropout : float or sequence of float, default=0.0
        Share of units left out in training, in [0, 1): one rate for every hidden layer, or one
        rate a layer.

    batch_norm : bool, default=True
        Whether each hidden layer is normalised over the batch before its activation.

    image_shape : (int, int), (int, int, int) or (int,), default=None
        Height, width and channels of the images, in pixels; one number says that `X` has so many
        columns which are no image. None reads it from 3-D or 4-D input, and takes 2-D input as
        columns.

    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A name, or an object, which brings its own learning rate.

    learning_rate : float, default=0.005
        Rate of an optimizer given by name; the peak with "one_cycle".

    weight_decay : float, default=0.02
        Share of each kernel's weights, times the learning rate, that a step takes away [2]_. None
        leaves it to the optimizer, which has none by itself ("adamw" 0.004). An optimizer object
        brings its own.

    learning_rate_schedule : {"constant", "one_cycle"} or Keras schedule, default="one_cycle"
        "one_cycle" rises over the first 23 % of the steps and falls to zero over the rest [1]_.
        Steps of fewer than 8 images have a rate lower in proportion.

    loss : str, callable or keras.losses.Loss, default="auto"
        "auto" is the categorical cross-entropy. Keras's sparse losses get labels as numbers, all
        others one-hot rows; which it is, is asked of the type. A loss with ``from_logits=True``
        takes outputs of any sign, as ``output_activation="linear"`` gives them.

    epochs : int or (int, int), default=(12, 500)
        Passes over the training data. Of two numbers the second is the least number of
        batches: few images are passed over as often as that takes. They are counted before early
        stopping sets images aside.

    batch_size : "auto" or int, default="auto"
        Images a step. "auto" is a 32nd of the images, at least 16 and at most 128.

    early_stopping : bool, default=False
        Whether to stop when the score no longer improves, and restore the best weights. The score
        is the accuracy on `validation_fraction` of the data, or on the validation data that `fit`
        is given; with ``validation_fraction=None`` it is the training loss.

    validation_fraction : float or None, default=0.1
        Share of the data that early stopping sets aside, stratified by class; nothing is set aside
        where `fit` is given validation data. None stops on the training loss, in either case.

    n_iter_no_change : int, default=10
        Epochs without improvement after which early stopping ends the training.

    tol : float, default=1e-4
        The least that counts as improvement.

    augmentation : "auto", None, str, keras.Layer or sequence of these, default="auto"
        What changes the images in training. "auto" is "shift", and nothing for columns that are no
        image. "shift" moves the images by up to 4 % of their size (whole pixels),
        "affine" also turns them by up to 10 degrees and zooms by up to 10 %, and "elastic" also
        shears and bends them, as handwriting does. "flip" mirrors half of them left to right: only
        where mirrored images mean the same. "erase" gives half of them a rectangle of up to a
        quarter of their area that is one grey. A sequence does all that it names. Keras layers get
        images of the scale of `X`, and must keep it and the shape: predictions go without them.

    test_time_averaging : bool, default=False
        Whether the probabilities are the mean over several views of each image: as it is, moved
        up, down, left and right by as much as training moves it, and all of these mirrored where
        `augmentation` has "flip". Predictions take five or ten times as long; where training
        moves and mirrors nothing, there is one view. It is no part of `model_` nor of `history_`,
        and may be set after `fit`.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Arithmetic of the hidden layers; weights and output stay float32. "auto" is bfloat16 for
        convolutions on processors that have it, float32 elsewhere, where bfloat16 is slow.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, at least 0. Only their ratios count, as those of
        `sample_weight`.

    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks. Those with batch methods see every batch, which is slower.

    warm_start : bool, default=False
        Whether another `fit` goes on from the weights of the last.

    verbose : int, default=0
        Keras's progress output: 0 silent, 1 a bar, 2 a line an epoch.

    random_state : int, RandomState instance or None, default=None
        Seed of weights, shuffling, dropout, augmentation and validation split. The same int gives
        the same result, bit for bit, for any number of workers and cores. Other types of processor,
        and other numbers of TensorFlow's threads (see the user guide), round differently.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_ : int
        Values an image.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X was a data frame with names.

    image_shape_ : tuple of int
        (height, width, channels), or (n_features_in_,) for columns that are no image.

    model_ : keras.Model
        The trained network; it takes images of `image_shape_` as they were given to `fit`, less
        `offset_` and divided by `unit_` where these are not 0 and 1.

    offset_ : ndarray of shape (image_shape_[-1],)
        Where the values of each column or channel begin: 0, but the smallest value where they lie
        so far from zero that float32 could hardly tell them apart, such as timestamps. It is
        subtracted before they become float32.

    unit_ : ndarray of shape (image_shape_[-1],)
        What the differences from `offset_` are divided by: 1, but the range of a column whose
        values differ by less than 1e-15 or by more than 1e15.

    n_parameters_ : int
        Number of weights of the network.

    history_ : dict of list of float
        "loss" and "accuracy" of each epoch, "val_loss" and "val_accuracy" where validation data
        were given or set aside.

    n_iter_ : int
        Epochs trained.

    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept: the last without early stopping.

    See Also
    --------
    CNNClassifier : Convolutional network: slower, and more accurate on images.

    Notes
    -----
    The network standardises its input with mean and variance of the training data, one for all
    pixels of a channel, or one for each column: raw and scaled pixels give the same quality, and an
    exported model takes raw pixels. A column's standard deviation counts as an eighth of its range
    at least, so that rare values do not drown the others.

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
       using large learning rates", 2018, https://arxiv.org/abs/1708.07120
    .. [2] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019,
       https://arxiv.org/abs/1711.05101

    Examples
    --------
    >>> from skdigits import MLPClassifier
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> X_test, y_test = load_digits(subset="test", return_X_y=True)
    >>> classifier = MLPClassifier(random_state=0).fit(X, y)
    >>> bool(classifier.score(X_test, y_test) > 0.9)
    True
    """

    # Chosen by benchmarks.sweep; docs/performance.md has what they reach.
    _efforts = {
        "quick": {"hidden_layer_sizes": (256, 128), "epochs": (5, 250)},
        "default": {},
        "best": {
            "hidden_layer_sizes": (1024, 512),
            "epochs": (30, 2000),
            "test_time_averaging": True,
        },
    }

    _builder = "build_mlp"

    def __init__(
        self,
        hidden_layer_sizes=(512, 256),
        *,
        activation="relu",
        output_activation="softmax",
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=True,
        image_shape=None,
        optimizer="adam",
        learning_rate=0.005,
        weight_decay=0.02,
        learning_rate_schedule="one_cycle",
        loss="auto",
        epochs=(12, 500),
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        augmentation="auto",
        test_time_averaging=False,
        precision="auto",
        class_weight=None,
        callbacks=None,
        warm_start=False,
        verbose=0,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.output_activation = output_activation
        self.kernel_initializer = kernel_initializer
        self.dropout = dropout
        self.batch_norm = batch_norm
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
        self.precision = precision
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state
