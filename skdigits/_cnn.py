"""The convolutional network as a scikit-learn classifier."""

from skdigits import _constraints as c
from skdigits._layered import LayeredClassifier


class CNNClassifier(LayeredClassifier):
    """Convolutional network for small images, trained with Keras.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128,)
        Number of units of each dense layer between the last pooling and the output.

    filters : "auto", int, or sequence of int or of sequences of int, default="auto"
        Number of filters of each convolution. Every entry is one block and ends with a pooling: a
        number is a block of one convolution, a sequence a block of several. So ``((32, 32), 64)``
        is two convolutions, a pooling, one convolution, a pooling. "auto" is (16, 48, 96), or as
        many of these as leave something of a small image. More filters reach a higher accuracy and
        cost time in proportion; the effort "best" has two convolutions of 32, 64 and 128 filters.

    kernel_size : int or (int, int), default=3
        Height and width of the kernels, in pixels. Raise it for large images with few details.

    pool_size : int or (int, int), default=2
        Height and width of the max pooling, in pixels. 1 means no pooling, which takes far more
        time.

    activation : str, callable or keras.Layer, default="relu"
        Activation of the hidden layers, as Keras takes it.

    output_activation : str or callable, default="softmax"
        Activation of the output layer. Its values must be 0 or more, unless `loss` takes logits.
        Outputs that do not sum to one are divided by their sum, see `predict_proba`.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Initial values of the kernels. An initializer without a seed draws them from `random_state`.

    dropout : float or sequence of float, default=0.0
        Share of units that a training step leaves out, in [0, 1): one rate for all dense hidden
        layers, or a sequence with one rate for each. Without dense hidden layers, one rate applies
        to the output of the last pooling. Raise it where the training accuracy is far above the
        validation accuracy; the network then needs more epochs.

    batch_norm : bool, default=True
        Whether to normalise each hidden layer over the batch before its activation. It makes a
        short training more accurate, and each step slower.

    image_shape : (int, int), (int, int, int) or (int,), default=None
        Height, width and channels of the images, in pixels. One number means that `X` has so many
        columns. None takes the shape from 3-D or 4-D input. It takes 2-D input as square images if
        the number of columns is a square of at least 16, and as columns otherwise.

    optimizer : str or keras.optimizers.Optimizer, default="auto"
        "auto" is Muon [3]_ for the kernels of hidden layers, and Adam for all other weights. It
        reaches a higher accuracy than Adam in as many epochs, and a step takes somewhat longer.
        Other names and objects are Keras's; an object has its own learning rate. Change it to
        reproduce other work.

    learning_rate : float, default=0.01
        Learning rate of an optimizer given by name. With "one_cycle" it is the highest rate. Lower
        it where training fails or the loss jumps; raise it where the loss hardly falls.

    weight_decay : float, default=0.1
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
        and of 500 steps or more smooths the labels [4]_ in its first three quarters: all classes
        share a tenth of each. Give "sparse_categorical_crossentropy" for labels as they are.
        Keras's sparse losses get labels as numbers, all other losses get one-hot rows. The type of
        the loss decides which. A loss with ``from_logits=True`` takes outputs of any sign, such as
        those of ``output_activation="linear"``.

    epochs : int or (int, int), default=(8, 500)
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
        How to change the images in training, so that the network learns what does not matter.
        "auto" is "shift" for images and nothing for columns. "shift" moves images by up to 4 % of
        their size, in whole pixels. "affine" also turns them by up to 10 degrees and zooms by up to
        10 %: choose it for handwriting. "elastic" also shears and bends them. "flip" mirrors half
        of them left to right: choose it where mirrored images mean the same. "erase" sets a
        rectangle of up to a quarter of the area to one grey, in half of them. A sequence does all
        that it names. A Keras layer gets images of the scale of `X` and must keep scale and shape.
        Predictions go without augmentation.

    test_time_averaging : bool, default=False
        Whether the probabilities are the mean over several views of each image: as it is; moved up,
        down, left and right by as much as training moves it; and all of these mirrored if
        `augmentation` has "flip". Predictions are mostly more accurate, and take five or ten times
        as long. Without moves and mirrors in training there is one view. You can set it after
        `fit`; `model_` and `history_` ignore it.

    transfer_from : fitted classifier of skdigits, or keras.Model, default=None
        A network that has learned from images of the same shape and scale. The new network begins
        with its layers and weights, and with a new output layer. Use it where you have few images
        of your own. The parameters of the hidden layers are ignored, so that a `CNNClassifier` that
        begins with an MLP is an MLP. A Keras model must be functional or sequential. The given
        network stays as it is, and its own parameters cannot be set from here. To search over
        several, put each into scikit-learn's :class:`~sklearn.frozen.FrozenEstimator`.

    fine_tune : bool, default=True
        With `transfer_from`, whether to train the whole network after the output layer. The output
        layer alone is trained in the first third of the epochs of `fit` if True, and in all of them
        if False. If True, `learning_rate` is multiplied by 0.6, since the other layers have learned
        already. False is faster, and safer with very few images.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Arithmetic of the hidden layers. Weights and outputs are always float32. "auto" is bfloat16
        on processors that have it, where it is faster, and float32 on others. Set "float32" to
        compare results between processors.

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
        the same result, bit for bit, for any number of workers and cores. Other types of processor,
        and other numbers of TensorFlow's threads (see the user guide), round differently.

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
        The trained network. It takes images of `image_shape_` on the scale of `X`, after `offset_`
        is subtracted and the difference divided by `unit_`, where these are not 0 and 1.

    offset_ : ndarray of shape (image_shape_[-1],)
        What to subtract from each column or channel before `model_`. It is 0, except for values
        that lie so far from zero that float32 could hardly tell them apart, such as timestamps. For
        these it is the smallest value.

    unit_ : ndarray of shape (image_shape_[-1],)
        What to divide the differences from `offset_` by before `model_`. It is 1, except for
        columns whose values differ by less than 1e-15 or by more than 1e15. For these it is the
        range.

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
    MLPClassifier : Multi-layer perceptron: faster, also for columns.
    NetworkClassifier : Any Keras network.

    Notes
    -----
    The network standardises its input by mean and variance of the training data: one for all
    pixels of a channel, or one for each column. So raw and scaled pixels give the same quality, and
    an exported model takes raw pixels. The standard deviation of a column counts as an eighth of
    its range or more, so that rare values do not outweigh the others.

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
       using large learning rates", 2018, https://arxiv.org/abs/1708.07120
    .. [2] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019,
       https://arxiv.org/abs/1711.05101
    .. [3] K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
       https://kellerjordan.github.io/posts/muon/
    .. [4] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015,
       https://arxiv.org/abs/1512.00567

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> X_test, y_test = load_digits(subset="test", return_X_y=True)
    >>> classifier = CNNClassifier(filters=(8, 16), epochs=3, random_state=0).fit(X, y)
    >>> bool(classifier.score(X_test, y_test) > 0.9)
    True
    """

    # Chosen by benchmarks.sweep; docs/performance.md has what they reach.
    _efforts = {
        "quick": {"filters": (16, 48), "epochs": (2, 250), "augmentation": None},
        "default": {},
        "best": {
            "filters": ((32, 32), (64, 64), (128, 128)),
            "dropout": 0.2,
            "epochs": (24, 2000),
            "test_time_averaging": True,
        },
    }

    _square_rows = True
    _build = "build_cnn"
    _build_options = (*LayeredClassifier._build_options, "filters", "kernel_size", "pool_size")
    _constraints: dict = {
        **LayeredClassifier._constraints,
        "filters": [c.one_of("auto"), c.ARRAY_LIKE, c.whole_number(1)],
        "kernel_size": [c.ARRAY_LIKE, c.whole_number(1)],
        "pool_size": [c.ARRAY_LIKE, c.whole_number(1)],
    }

    def __init__(
        self,
        hidden_layer_sizes=(128,),
        *,
        filters="auto",
        kernel_size=3,
        pool_size=2,
        activation="relu",
        output_activation="softmax",
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=True,
        image_shape=None,
        optimizer="auto",
        learning_rate=0.01,
        weight_decay=0.1,
        learning_rate_schedule="one_cycle",
        loss="auto",
        epochs=(8, 500),
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
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
        self.transfer_from = transfer_from
        self.fine_tune = fine_tune
        self.precision = precision
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state
