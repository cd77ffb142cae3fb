"""Makes data/testdata/augment.json: what Keras's preprocessing layers make of a
small picture for given factors.

    pip install keras==3.15 tensorflow-cpu==2.21
    python augment.py OUT
"""

import json
import sys

import keras
import numpy as np

HEIGHT, WIDTH = 9, 12


def picture():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([20 * x + y, 25 * y + (7 * x) % 11, (x * y * 3 + 40) % 256], axis=2).astype(np.uint8)


def fixed(layer, factor, value_range=(0, 255)):
    """The result of a layer that draws its factor from a range of one value."""
    pixels = picture().astype(np.float32)
    scale = 255 / value_range[1]
    out = layer(pixels / scale, training=True)
    return dict(layer=type(layer).__name__, factor=factor, pixels=np.round(np.asarray(out) * scale, 3).ravel().tolist())


def main(out):
    layers = keras.layers
    cases = []
    for f in -0.3, 0.1, 0.4:
        cases.append(fixed(layers.RandomBrightness((f, f)), f))
        cases.append(fixed(layers.RandomZoom((f, f)), f))
        cases.append(fixed(layers.RandomRotation((f, f)), f))
    for f in 0.5, 0.8:  # Keras draws contrast from 1 − factor to 1 + factor
        layer = layers.RandomContrast(f)
        pixels = picture().astype(np.float32)
        for value in 1 - f, 1 + f:
            result = layer.transform_images(pixels, {"contrast_factor": np.full((1, 1, 1), value, np.float32)})
            cases.append(dict(layer="RandomContrast", factor=round(value - 1, 6), pixels=np.round(np.asarray(result), 3).ravel().tolist()))
    for f in 0.2, 0.5, 0.7:  # 0.5 is none
        cases.append(fixed(layers.RandomSaturation((f, f), value_range=(0, 1)), round(f - 0.5, 6), (0, 1)))
    with open(out, "w") as f:
        json.dump(dict(height=HEIGHT, width=WIDTH, cases=cases), f)


if __name__ == "__main__":
    main(*sys.argv[1:])
