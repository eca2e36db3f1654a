"""What is measured, as data: networks, rows with their bars, and the two sizes.

This module imports nothing heavy: the row of import times runs it before its clock starts.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product


@dataclass(frozen=True)
class Network:
    """Blocks of convolution and 2 x 2 pooling, then dense layers, all ReLU; a softmax output."""

    filters: tuple = ()
    kernel_size: int = 3
    hidden: tuple = (128,)
    dropout: tuple = (0.0,)  # one rate for each dense hidden layer


@dataclass(frozen=True)
class Training:
    """Adam at a constant rate on a network, from Glorot-uniform kernels and biases of zero."""

    network: Network
    epochs: int
    batch_size: int = 64
    learning_rate: float = 0.001
    n_classes: int = 10
    seed: int = 0
    precision: str = "float32"  # of skdigits; the peers train in float32
    setting: dict = field(default_factory=dict)  # of skdigits: a CNNClassifier of its own instead
    steps_per_execution: int | None = 1  # of Keras and SciKeras; None is the fastest so far


@dataclass(frozen=True)
class Job:
    """One measurement in a process: a function of `tasks` on so many images."""

    task: str
    training: Training
    n_images: int
    side: int = 28
    options: dict = field(default_factory=dict)
    peer: str = "skdigits"


@dataclass(frozen=True)
class Size:
    """How much of each workload to run."""

    name: str
    data: str
    images: int
    few_images: int
    folds: int
    candidates: int
    search_folds: int
    fits: int
    first_fits: int  # after which memory must not grow
    calls: int
    many_images: int
    growth: dict
    steps_per_execution: tuple  # what Keras and SciKeras try in the first turn
    repeats: int
    seeds: int
    one_process: bool  # one for all jobs of a peer, instead of one a job


@dataclass(frozen=True)
class Bar:
    """What a row must show: a ratio to a peer, or a limit on skdigits itself."""

    measure: str
    peer: str = ""
    ratio: float = 0.0
    at_most: float = 0.0
    at_least: float = 0.0


@dataclass(frozen=True)
class Row:
    """One workload, run by every peer that can."""

    name: str
    title: str
    job: Callable  # size -> Job
    peers: tuple
    measures: tuple  # the first decides which steps_per_execution is the fastest
    bars: tuple
    repeats: Callable | None = None  # size -> int, where the number is the row's own
    same_network: bool = True
    own: dict = field(default_factory=dict)  # fields of the Training that are skdigits's alone

    def jobs(self, size):
        """Return {peer: job}."""
        job = self.job(size)
        jobs = {peer: replace(job, peer=peer) for peer in self.peers}
        jobs["skdigits"] = replace(jobs["skdigits"], training=replace(job.training, **self.own))
        return jobs


@dataclass(frozen=True)
class Growth:
    """How skdigits's cost grows along one axis; the network is the study's CNN."""

    name: str
    title: str
    axis: str
    measures: tuple = ("seconds", "further_epoch")

    def jobs(self, size):
        """Return {value: job}."""
        jobs = {}
        for value in size.growth[self.axis]:
            at = {"images": size.growth["base"], "classes": 10, "pixels": 28, self.axis: value}
            training = Training(CNN, epochs=4, n_classes=at["classes"])
            jobs[str(value)] = Job("fit", training, at["images"], side=at["pixels"])
        return jobs


FULL = Size(
    name="full",
    data="mnist",
    images=60_000,
    few_images=2_000,
    folds=5,
    candidates=12,
    search_folds=3,
    fits=200,
    first_fits=10,
    calls=100,
    many_images=10_000,
    growth={
        "base": 5_000,
        "images": (1_000, 3_000, 10_000, 30_000, 60_000),
        "classes": (10, 30, 100, 300, 1_000),
        "pixels": (8, 14, 28, 56, 128),
    },
    steps_per_execution=(1, 32, 128),
    repeats=5,
    seeds=5,
    one_process=False,
)
TINY = Size(
    name="tiny",
    data="digits",
    images=256,
    few_images=128,
    folds=2,
    candidates=1,
    search_folds=2,
    fits=2,
    first_fits=1,
    calls=3,
    many_images=64,
    growth={"base": 128, "images": (64,), "classes": (20,), "pixels": (8,)},
    steps_per_execution=(2,),
    repeats=1,
    seeds=1,
    one_process=True,
)
SIZES = {"tiny": TINY, "full": FULL}

# The networks of the cnn-vs-mlp study.
MLP = Network(hidden=(128, 64), dropout=(0.5, 0.0))
CNN = Network(filters=(32, 32), hidden=(128,), dropout=(0.0,))

# The setting of the row "best", chosen on held-out training images.
BEST_SETTING = {
    "filters": (8, 32),
    "hidden_layer_sizes": (128,),
    "dropout": 0.0,
    "batch_norm": False,
    "weight_decay": None,
    "augmentation": None,
    "epochs": 2,
    "batch_size": 128,
    "learning_rate": 0.015,
}

WIDTHS = (64, 128, 256)


def candidates(n):
    """Draw the candidates of the search: the same for every peer."""
    grid = product((0.0003, 0.001, 0.003), WIDTHS, (32, 64, 128))
    drawn = random.Random(0).sample(list(grid), n)
    return [
        {"learning_rate": rate, "hidden": (width, MLP.hidden[1]), "batch_size": batch_size}
        for rate, width, batch_size in drawn
    ]


FIT_MEASURES = ("seconds", "further_epoch", "train_accuracy")

ROWS = [
    Row(
        "mlp-fit",
        "MLP, 3 epochs of 60,000 images, batch 64",
        lambda size: Job("fit", Training(MLP, epochs=3), size.images),
        ("skdigits", "keras", "scikeras", "skorch", "torch", "sklearn"),
        FIT_MEASURES,
        (Bar("seconds", "scikeras", ratio=2.5), Bar("further_epoch", "torch", ratio=1)),
    ),
    Row(
        "cnn-fit",
        "CNN, 3 epochs of 60,000 images, batch 64",
        lambda size: Job("fit", Training(CNN, epochs=3), size.images),
        ("skdigits", "keras", "scikeras", "skorch", "torch"),
        FIT_MEASURES,
        (Bar("seconds", "scikeras", ratio=1.6), Bar("further_epoch", "torch", ratio=1)),
    ),
    Row(
        "cnn-auto",
        'CNN, precision="auto", batch 256 (bfloat16 where the processor has it)',
        lambda size: Job("fit", Training(CNN, epochs=3, batch_size=256), size.images),
        ("skdigits", "scikeras"),
        FIT_MEASURES,
        (Bar("further_epoch", "scikeras", ratio=2),),
        own={"precision": "auto"},
    ),
    Row(
        "cross-val",
        "5-fold cross-validation of the MLP, 2,000 images, 5 epochs",
        lambda size: Job(
            "cross_validate",
            Training(MLP, epochs=5),
            size.few_images,
            options={"folds": size.folds},
        ),
        ("skdigits", "keras", "scikeras", "skorch", "sklearn"),
        ("seconds", "score"),
        (Bar("seconds", "scikeras", ratio=5), Bar("seconds", "skorch", ratio=1)),
    ),
    Row(
        "search",
        "RandomizedSearchCV of the MLP, 12 candidates x 3 folds, 2,000 images, 4 epochs",
        lambda size: Job(
            "search",
            Training(MLP, epochs=4),
            size.few_images,
            options={"candidates": candidates(size.candidates), "folds": size.search_folds},
        ),
        ("skdigits", "keras", "scikeras", "skorch", "sklearn"),
        ("seconds", "score"),
        (Bar("seconds", "scikeras", ratio=6), Bar("seconds", "skorch", ratio=1)),
    ),
    Row(
        "many-fits",
        "200 fits in one process, MLPs of three widths, 200 images",
        lambda size: Job(
            "fit_many",
            Training(MLP, epochs=1),
            200,
            options={"fits": size.fits, "first": size.first_fits, "widths": WIDTHS},
        ),
        ("skdigits", "keras", "scikeras"),
        ("seconds", "growth_mb"),
        (Bar("growth_mb", at_most=100),),
        repeats=lambda size: 1,
    ),
    Row(
        "predict-one",
        "predict_proba of a fitted CNN, one image",
        lambda size: Job(
            "predict",
            Training(CNN, epochs=1),
            size.few_images,
            options={"images": 1, "calls": size.calls},
        ),
        ("skdigits", "keras", "scikeras", "skorch", "torch"),
        ("call_ms",),
        (Bar("call_ms", at_most=0.3), Bar("call_ms", "scikeras", ratio=100)),
    ),
    Row(
        "predict-many",
        "predict_proba of a fitted CNN, 10,000 images",
        lambda size: Job(
            "predict",
            Training(CNN, epochs=1),
            size.few_images,
            options={"images": size.many_images, "calls": 5},
        ),
        ("skdigits", "keras", "scikeras", "skorch", "torch"),
        ("call_ms",),
        (Bar("call_ms", "keras", ratio=1),),
    ),
    Row(
        "memory",
        "Peak memory of a fit of the CNN, 60,000 images, 1 epoch",
        lambda size: Job("fit", Training(CNN, epochs=1), size.images),
        ("skdigits", "keras", "scikeras", "skorch", "torch"),
        ("peak_mb",),
        (Bar("peak_mb", at_most=1100),),
        repeats=lambda size: 1,
    ),
    Row(
        "import",
        "Import: `import skdigits`, and then `skdigits.CNNClassifier`",
        lambda size: Job("import", Training(MLP, epochs=1), 0),
        ("skdigits", "keras", "scikeras", "skorch", "torch", "sklearn"),
        ("import_alone", "import_name"),
        (Bar("import_alone", at_most=0.3),),
    ),
    Row(
        "best",
        "99.0 % on MNIST's test set; SciKeras: the study's CNN, 10 epochs",
        lambda size: Job("fit", Training(CNN, epochs=10), size.images),
        ("skdigits", "scikeras"),
        ("seconds", "test_accuracy"),
        (Bar("test_accuracy", at_least=0.99), Bar("seconds", "scikeras", ratio=15)),
        repeats=lambda size: size.seeds,
        same_network=False,
        own={"setting": BEST_SETTING},
    ),
]

GROWTH = [
    Growth("growth-images", "Images", "images"),
    Growth("growth-classes", "Classes", "classes"),
    Growth("growth-pixels", "Pixels a side", "pixels"),
]
