"""ReLU against tanh in one hidden layer, on MNIST."""

from skdigits.studies._declarations import PLAIN, Experiment, Model, Published, Study


def _models(epochs, batch_size):
    shared = {
        **PLAIN,
        "hidden_layer_sizes": (256,),
        "loss": "categorical_crossentropy",
        "epochs": epochs,
        "batch_size": batch_size,
    }
    return {name: Model("mlp", {**shared, "activation": name}) for name in ("relu", "tanh")}


def _published(number):
    claims = {
        "accuracy": ("ReLU ahead of tanh in accuracy, by little", "Above zero: ReLU is ahead."),
        "log_loss": ("ReLU ahead of tanh in loss, by little", "Below zero: ReLU is ahead."),
        "unsteadiness": ("ReLU more stable than tanh, by little", "Below zero: ReLU is steadier."),
    }
    return tuple(
        Published(
            f"Scenario {number}: {text}",
            experiment=f"scenario-{number}",
            data="mnist",
            model="relu",
            against="tanh",
            measure=measure,
            note=note,
        )
        for measure, (text, note) in claims.items()
    )


STUDY = Study(
    name="activation",
    title="ReLU or tanh",
    question="Does ReLU beat tanh in a network of one hidden layer?",
    source=(
        "A published study of MNIST: one hidden layer of 256 units with ReLU or tanh, softmax, "
        "Adam with rate 0.001 and categorical cross-entropy, in two scenarios."
    ),
    minutes=12,
    experiments=(
        Experiment(
            name="scenario-1",
            title="Scenario 1: 25 epochs, batches of 32",
            data=("mnist",),
            models=_models(epochs=25, batch_size=32),
        ),
        Experiment(
            name="scenario-2",
            title="Scenario 2: 10 epochs, batches of 10",
            data=("mnist",),
            models=_models(epochs=10, batch_size=10),
        ),
    ),
    published=_published(1) + _published(2),
    notes=(
        "The published study gives no number for the lead and none for stability. We take as "
        "unsteadiness the mean change, up or down, of the loss on the test images from one epoch "
        "to the next, in the second half of the epochs.",
    ),
)
