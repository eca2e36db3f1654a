"""The digits 0 and 1: how few nodes do, and whether their initial weights matter."""

from skdigits.studies._declarations import (
    PLAIN,
    Experiment,
    KerasObject,
    Model,
    Published,
    Study,
    Sweep,
)

_NETWORK = {
    **PLAIN,
    "output_activation": "sigmoid",
    "loss": "categorical_crossentropy",
    "learning_rate": 0.01,
    "epochs": 100,
    "early_stopping": True,
    "validation_fraction": None,
    "n_iter_no_change": 9,
    "tol": 0.0,
}

_INITIALIZERS = {
    "RandomNormal (std 1)": KerasObject("initializers.RandomNormal", mean=0.0, stddev=1.0),
    "TruncatedNormal (std 0.05)": KerasObject(
        "initializers.TruncatedNormal", mean=0.0, stddev=0.05
    ),
    "RandomUniform (±0.05)": KerasObject("initializers.RandomUniform", minval=-0.05, maxval=0.05),
}

STUDY = Study(
    name="binary",
    title="Zero or one",
    question="How few hidden nodes tell a 0 from a 1, and do their initial weights matter?",
    source=(
        "A published study of MNIST's 0 and 1: one hidden layer of 14 ReLU nodes (2 to 20 swept), "
        "two sigmoid outputs, categorical cross-entropy, Adam with rate 0.01, up to 100 epochs, "
        "stopping early on the training loss with patience 9; three initializers, one seed."
    ),
    minutes=25,
    n_classes=2,
    experiments=(
        Experiment(
            name="14-nodes",
            title="14 hidden nodes: three initializers, batches of 32",
            data=("binary",),
            models={
                name: Model(
                    "mlp",
                    {
                        **_NETWORK,
                        "hidden_layer_sizes": (14,),
                        "kernel_initializer": initializer,
                        "batch_size": 32,
                    },
                )
                for name, initializer in _INITIALIZERS.items()
            },
        ),
        Sweep(
            name="sweep",
            title="2 to 20 hidden nodes, three initializers, two batch sizes",
            data=("binary",),
            model=Model("mlp", _NETWORK),
            grid={
                "hidden_layer_sizes": tuple((width,) for width in range(2, 21)),
                "kernel_initializer": tuple(_INITIALIZERS.values()),
                "batch_size": (32, 25),
            },
            max_seeds=3,
        ),
    ),
    published=(
        Published(
            "Over 99 % for every width and initializer",
            value=0.99,
            experiment="sweep",
            data="binary",
            note="The lowest point of the sweep is to be over it.",
        ),
        *(
            Published(
                "Over 99 % with 14 nodes",
                value=0.99,
                experiment="14-nodes",
                data="binary",
                model=name,
            )
            for name in _INITIALIZERS
        ),
    ),
    notes=(
        "The published study used one seed. The sweep has up to three here, the network of 14 "
        "nodes all.",
        "The training loss alone decides when to stop; the curves of the test images are there to "
        "look at.",
        "Keras's cross-entropy trains the two sigmoids as a softmax of their logits; the "
        "predictions are that softmax.",
        "The pixels, 0 to 1 in the published study, are standardised by the network's first layer.",
    ),
)
