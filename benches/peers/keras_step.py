"""A training step of the same network in TensorFlow and Keras, which the original was written in.

    python keras_step.py [f32|bf16] [--kind instance|fusion] [--threads 2] [--size 256] [--batch 8]

Takes a step for every line on its input; `run.py` sends them. The step is one graph (`tf.function`), in Keras's own layout.
`bf16` is Keras's policy `mixed_bfloat16`. Feature vectors are given; they are repeated over the map and concatenated, as the
original does.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Without a GPU there is nothing to look for, and the search is slow.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import tensorflow as tf
from keras import layers

from worker import serve

FEATURES = 2048
SCALE, BLOCKS = 16, 5


class Reflect(layers.Layer):
    def call(self, x):
        edge = [8 * BLOCKS, 8 * BLOCKS]
        return tf.pad(x, [[0, 0], edge, edge, [0, 0]], mode="REFLECT")


class Repeat(layers.Layer):
    """A vector at every place of a map."""

    def call(self, features, x):
        shape = tf.shape(x)
        return tf.tile(features[:, None, None, :], [1, shape[1], shape[2], 1])


def network(size, kind):
    def normed(x, layer):
        # A group of its own for every channel is instance norm.
        norm = layers.GroupNormalization(groups=-1) if kind == "instance" else layers.BatchNormalization()
        return norm(layer(x))

    channels, answers = (3, 3) if kind == "instance" else (1, 2)
    luma = keras.Input((size, size, channels))
    inputs = [luma]
    x = Reflect()(luma)
    x = layers.ReLU()(normed(x, layers.Conv2D(SCALE, 9, padding="same")))
    x = layers.ReLU()(normed(x, layers.Conv2D(2 * SCALE, 3, strides=2, padding="same")))
    x = layers.ReLU()(normed(x, layers.Conv2D(4 * SCALE, 3, strides=2, padding="same")))
    for _ in range(BLOCKS):
        y = layers.ReLU()(normed(x, layers.Conv2D(4 * SCALE, 3)))
        y = normed(y, layers.Conv2D(4 * SCALE, 3))
        x = layers.Add()([y, layers.Cropping2D(2)(x)])
    if kind == "fusion":
        features = keras.Input((FEATURES,))
        inputs.append(features)
        x = layers.Concatenate()([x, Repeat()(features, x)])
        x = layers.Conv2D(4 * SCALE, 1)(x)
    x = layers.ReLU()(normed(x, layers.Conv2DTranspose(2 * SCALE, 3, strides=2, padding="same")))
    x = layers.ReLU()(normed(x, layers.Conv2DTranspose(SCALE, 3, strides=2, padding="same")))
    x = normed(x, layers.Conv2DTranspose(answers, 9, padding="same"))
    x = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, layers.Rescaling(0.5, dtype="float32")(x))


class Step:
    def __init__(self, a):
        tf.config.threading.set_intra_op_parallelism_threads(a.threads)
        tf.config.threading.set_inter_op_parallelism_threads(a.threads)
        keras.utils.set_random_seed(0)
        if a.precision == "bf16":
            keras.config.set_dtype_policy("mixed_bfloat16")
        self.a = a
        self.network = network(a.size, a.kind)
        self.adam = keras.optimizers.Adam(1e-3)
        self.adam.build(self.network.trainable_variables)
        self.graph = tf.function(self.step)

    def batch(self):
        a = self.a
        inputs, answers = (3, 3) if a.kind == "instance" else (1, 2)
        chroma = tf.random.uniform((a.batch, a.size, a.size, answers)) - 0.5
        luma = tf.random.uniform((a.batch, a.size, a.size, inputs))
        return chroma, [luma, tf.random.uniform((a.batch, FEATURES))] if a.kind == "fusion" else luma

    def step(self, chroma, inputs):
        with tf.GradientTape() as tape:
            predicted = self.network(inputs, training=True)
            loss = tf.reduce_mean(tf.square(predicted - chroma))
        variables = self.network.trainable_variables
        self.adam.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    def __call__(self, chroma, inputs):
        return float(self.graph(chroma, inputs))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("precision", nargs="?", default="f32", choices=["f32", "bf16"])
    p.add_argument("--kind", default="yuv", choices=["instance", "yuv", "fusion"])
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--batch", type=int, default=8)
    step = Step(p.parse_args())
    serve(sum(int(tf.size(v)) for v in step.network.trainable_variables), step)
