"""What `benchmarks.sweep` chooses from: settings by group, and the data each group is tried on."""

import keras

from skdigits import CNNClassifier, MLPClassifier

WHOLE = ("fashion", "mnist", "digits")
FEW = ("fashion-100", "mnist-100", "fashion-1000", "mnist-1000", "digits")

# What the candidates of a group share; each says in what it differs. Those before the group "muon"
# were measured with Adam, and the MLPs when "auto" took at most 128 images in a step. All groups
# but "smoothed" were measured without smoothed labels, so their loss has a name.
_UNSMOOTHED = {"loss": "sparse_categorical_crossentropy"}
_CNN = {
    **_UNSMOOTHED,
    "optimizer": "adam",
    "filters": (24, 48, 96),
    "dropout": 0.0,
    "batch_norm": True,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "epochs": (6, 500),
    "batch_size": "auto",
    "augmentation": "auto",
}
_TWO = {**_CNN, "filters": (32, 64), "learning_rate": 0.005, "epochs": (9, 500)}
_QUICK = {**_CNN, "filters": (16, 32), "augmentation": None, "epochs": (2, 400)}
_MLP = {
    **_UNSMOOTHED,
    "optimizer": "adam",
    "hidden_layer_sizes": (256, 128),
    "dropout": 0.2,
    "batch_norm": True,
    "learning_rate": 0.005,
    "weight_decay": 0.02,
    "epochs": (20, 500),
    "batch_size": "auto",
    "augmentation": "auto",
}
_WIDE = {**_MLP, "hidden_layer_sizes": (1024, 512), "dropout": 0.0, "epochs": (30, 2000)}
_DEEP = {**_CNN, "filters": (32, (64, 64), (128, 128)), "dropout": 0.2, "epochs": (8, 2000)}
_MUON = {"optimizer": "auto"}
_NARROW = {**_CNN, "filters": (16, 48, 96)}
_TWELVE = {**_MLP, "hidden_layer_sizes": (512, 256), "dropout": 0.0, "epochs": (12, 500)}
_QUICKLY = {"filters": (16, 48), "epochs": (2, 250), "augmentation": None}
_DEEPER = {**_DEEP, "filters": ((32, 32), (64, 64), (128, 128))}

CANDIDATES = {
    "quick": {
        "16, 32": (CNNClassifier, _QUICK),
        "16, 32, shift": (CNNClassifier, {**_QUICK, "augmentation": "shift"}),
        "8, 32": (CNNClassifier, {**_QUICK, "filters": (8, 32)}),
        "8, 16, 32": (CNNClassifier, {**_QUICK, "filters": (8, 16, 32)}),
        "12, 24, 48": (CNNClassifier, {**_QUICK, "filters": (12, 24, 48)}),
        "16, 32, 250 steps": (CNNClassifier, {**_QUICK, "epochs": (2, 250)}),
    },
    "default": {
        "two blocks, 9 epochs": (CNNClassifier, _TWO),
        "two blocks, rate 0.01": (CNNClassifier, {**_TWO, "learning_rate": 0.01}),
        "two blocks, not augmented": (
            CNNClassifier,
            {**_TWO, "augmentation": None, "dropout": 0.3},
        ),
        "24, 48, 96, 6 epochs": (CNNClassifier, _CNN),
        "16, 32, 64, 9 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (16, 32, 64), "epochs": (9, 500)},
        ),
        "16, 48, 96, 7 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (16, 48, 96), "epochs": (7, 500)},
        ),
        "16, 48, 96, 6 epochs": (CNNClassifier, {**_CNN, "filters": (16, 48, 96)}),
        "16, 32, 64, 6 epochs": (CNNClassifier, {**_CNN, "filters": (16, 32, 64)}),
        "8, 32, 64, 9 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (8, 32, 64), "epochs": (9, 500)},
        ),
        "12, 24, 48, 9 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (12, 24, 48), "epochs": (9, 500)},
        ),
        "16, 48, 96, 6 epochs, rate 0.005": (
            CNNClassifier,
            {**_CNN, "filters": (16, 48, 96), "learning_rate": 0.005},
        ),
        "16, 48, 96, 6 epochs, affine": (
            CNNClassifier,
            {**_CNN, "filters": (16, 48, 96), "augmentation": "affine"},
        ),
        "16, 48, 96, 6 epochs, mirrored": (
            CNNClassifier,
            {**_CNN, "filters": (16, 48, 96), "augmentation": ("shift", "flip")},
        ),
        "16, 48, 96, 8 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (16, 48, 96), "epochs": (8, 500)},
        ),
        "16, 32, 2 x 64, 6 epochs": (CNNClassifier, {**_CNN, "filters": (16, 32, (64, 64))}),
        "16, 48, 2 x 64, 6 epochs": (CNNClassifier, {**_CNN, "filters": (16, 48, (64, 64))}),
        "16, 2 x 32, 2 x 64, 6 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (16, (32, 32), (64, 64))},
        ),
        "24, 2 x 48, 96, 4 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (24, (48, 48), 96), "epochs": (4, 500)},
        ),
    },
    "mlp": {
        "not augmented, 512 and 256": (
            MLPClassifier,
            {**_MLP, "hidden_layer_sizes": (512, 256), "augmentation": None},
        ),
        "not augmented, 512 and 256, dropout 0.3": (
            MLPClassifier,
            {**_MLP, "hidden_layer_sizes": (512, 256), "augmentation": None, "dropout": 0.3},
        ),
        "shift, 512 and 256, no dropout": (
            MLPClassifier,
            {**_MLP, "hidden_layer_sizes": (512, 256), "dropout": 0.0},
        ),
        "shift, 512 and 256, no dropout, 10 epochs": (
            MLPClassifier,
            {**_MLP, "hidden_layer_sizes": (512, 256), "dropout": 0.0, "epochs": (10, 500)},
        ),
        "shift, 512 and 256, no dropout, 12 epochs": (
            MLPClassifier,
            {**_MLP, "hidden_layer_sizes": (512, 256), "dropout": 0.0, "epochs": (12, 500)},
        ),
        "not augmented, 512 and 256, dropout 0.3, 10 epochs": (
            MLPClassifier,
            {
                **_MLP,
                "hidden_layer_sizes": (512, 256),
                "augmentation": None,
                "dropout": 0.3,
                "epochs": (10, 500),
            },
        ),
        "shift": (MLPClassifier, _MLP),
        "not augmented": (MLPClassifier, {**_MLP, "augmentation": None}),
        "shift, 512 and 256": (MLPClassifier, {**_MLP, "hidden_layer_sizes": (512, 256)}),
        "shift, no dropout": (MLPClassifier, {**_MLP, "dropout": 0.0}),
        "shift, no dropout, 5 epochs": (
            MLPClassifier,
            {**_MLP, "dropout": 0.0, "epochs": (5, 250)},
        ),
        "shift, 1024 and 512, no dropout, 30 epochs": (MLPClassifier, _WIDE),
        "shift, 1024 and 512, dropout 0.2, 30 epochs": (
            MLPClassifier,
            {**_WIDE, "dropout": 0.2},
        ),
    },
    "best": {
        "32, 64, 128, 20 epochs": (
            CNNClassifier,
            {**_CNN, "filters": (32, 64, 128), "epochs": (20, 2000), "dropout": 0.2},
        ),
        "32, 64, 128, 20 epochs, erase": (
            CNNClassifier,
            {
                **_CNN,
                "filters": (32, 64, 128),
                "epochs": (20, 2000),
                "augmentation": ("shift", "erase"),
            },
        ),
        "2 x 32, 2 x 64, 2 x 128, 6 epochs": (CNNClassifier, {**_DEEPER, "epochs": (6, 500)}),
        "32, 2 x 64, 2 x 128, 8 epochs": (CNNClassifier, _DEEP),
        "32, 2 x 64, 2 x 128, 8 epochs, affine": (
            CNNClassifier,
            {**_DEEP, "augmentation": "affine"},
        ),
        "32, 2 x 64, 2 x 128, 8 epochs, mirrored": (
            CNNClassifier,
            {**_DEEP, "augmentation": ("shift", "flip")},
        ),
    },
    "muon": {
        "default CNN, Adam": (CNNClassifier, _NARROW),
        "default CNN, Muon": (CNNClassifier, {**_NARROW, **_MUON}),
        "quick, 16, 32, Adam": (CNNClassifier, {**_QUICK, "epochs": (2, 250)}),
        "quick, 16, 32, Muon": (CNNClassifier, {**_QUICK, "epochs": (2, 250), **_MUON}),
        "quick, 16, 48, Muon": (
            CNNClassifier,
            {**_QUICK, "epochs": (2, 250), "filters": (16, 48), **_MUON},
        ),
        "default MLP, Adam, batches of 128": (MLPClassifier, {**_TWELVE, "batch_size": 128}),
        "default MLP, Muon, batches of 512": (MLPClassifier, {**_TWELVE, **_MUON}),
    },
    "halves": {
        "16, 48, 96, 6 epochs": (CNNClassifier, {**_NARROW, **_MUON}),
        "16, 48, 96, 7 epochs": (CNNClassifier, {**_NARROW, **_MUON, "epochs": (7, 500)}),
        "16, 48, 96, 8 epochs": (CNNClassifier, {**_NARROW, **_MUON, "epochs": (8, 500)}),
        "24, 48, 96, 6 epochs": (CNNClassifier, {**_CNN, **_MUON}),
        "MLP, 12 epochs": (MLPClassifier, {**_TWELVE, **_MUON}),
        "MLP, 14 epochs": (MLPClassifier, {**_TWELVE, **_MUON, "epochs": (14, 500)}),
        "MLP, 16 epochs": (MLPClassifier, {**_TWELVE, **_MUON, "epochs": (16, 500)}),
    },
    "smoothed": {
        "CNN, labels as they are, decay 0.01": (
            CNNClassifier,
            {**_UNSMOOTHED, "weight_decay": 0.01},
        ),
        "CNN, decay 0.1": (CNNClassifier, {"weight_decay": 0.1}),
        "CNN, decay 0.3": (CNNClassifier, {"weight_decay": 0.3}),
        "quick, labels as they are, decay 0.01": (
            CNNClassifier,
            {**_QUICKLY, **_UNSMOOTHED, "weight_decay": 0.01},
        ),
        "quick, decay 0.01": (CNNClassifier, {**_QUICKLY, "weight_decay": 0.01}),
        "quick, decay 0.1": (CNNClassifier, {**_QUICKLY, "weight_decay": 0.1}),
        "MLP, labels as they are, decay 0.02": (
            MLPClassifier,
            {**_UNSMOOTHED, "weight_decay": 0.02},
        ),
        "MLP, decay 0.02": (MLPClassifier, {"weight_decay": 0.02}),
        "MLP, decay 0.1": (MLPClassifier, {"weight_decay": 0.1}),
    },
    "few": {
        "500 steps": (CNNClassifier, _CNN),
        "250 steps": (CNNClassifier, {**_CNN, "epochs": (6, 250)}),
        "1000 steps": (CNNClassifier, {**_CNN, "epochs": (6, 1000)}),
        "batches of 64": (CNNClassifier, {**_CNN, "batch_size": 64}),
        "16, 48, 96": (CNNClassifier, {**_CNN, "filters": (16, 48, 96)}),
        "labels smoothed": (
            CNNClassifier,
            {**_CNN, "loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)},
        ),
        "affine": (CNNClassifier, {**_CNN, "augmentation": "affine"}),
        "dropout 0.3": (CNNClassifier, {**_CNN, "dropout": 0.3}),
        "not augmented": (CNNClassifier, {**_CNN, "augmentation": None}),
        "2 x 32, 2 x 64, 2 x 128, dropout 0.2, 500 steps": (
            CNNClassifier,
            {**_DEEPER, "epochs": (8, 500)},
        ),
        "2 x 32, 2 x 64, 2 x 128, dropout 0.2, 2000 steps": (CNNClassifier, _DEEPER),
        **{
            f"2 x 32, 2 x 64, 2 x 128, dropout 0.2, {steps} steps, {name}": (
                CNNClassifier,
                {**_DEEPER, "epochs": (8, steps), "augmentation": augmentation},
            )
            for steps in (1000, 2000)
            for name, augmentation in {
                "affine": "affine",
                "elastic": "elastic",
                "mirrored": ("shift", "flip"),
                "mirrored, erase": ("shift", "flip", "erase"),
            }.items()
        },
    },
}

DATA = {
    "quick": (*WHOLE, *FEW[:4]),
    "default": WHOLE,
    "mlp": (*WHOLE, *FEW[:4]),
    "best": WHOLE,
    "muon": WHOLE[:2],
    "halves": WHOLE[:2],
    "smoothed": WHOLE[:2],
    "few": FEW,
}
