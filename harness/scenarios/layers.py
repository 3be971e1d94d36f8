"""Layers: the weights they start with, and what those draw that are random when called.

One scenario per layer, each after seeding everything, so that a difference names its layer.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import scenario
from .seeding import seed_everything
from .sources import ALWAYS_THE_SAME, PROGRAM_SEEDED

if TYPE_CHECKING:
    from ..probe.context import Run

KERNELS = """Versions differ in the generator behind `glorot_uniform`, in whose seed they use where
    the layer has none, and in the shape and the fans that the layer states."""
RECURRENT = """Two initializers take part, `glorot_uniform` and `orthogonal`, and the order in which
    they draw is the layer's; the second decomposes a matrix."""
CONSTANT = "Nothing is drawn; it may not differ anywhere."
MASKS = """A mask or noise comes from the layer's own seed where the version takes one, otherwise
    from the global ones: stateful, stateless, or in a generator that the layer carries."""
IMAGES = """Versions draw the parameters of the transformation from other generators, per batch or
    per image, and compute the transformed image with other operations."""
SIZES = """Versions draw the size from other generators. It is the draw, so that it is recorded and
    not the picture, whose shape would differ."""

SEQUENCE, LINE, PICTURE, VOLUME = (None, 5, 3), (None, 8, 2), (None, 8, 8, 2), (None, 8, 8, 8, 2)
QUERY_AND_VALUE = ((2, 4, 6), (2, 5, 6))

# These take several inputs as several arguments, others as a list.
_SEVERAL_ARGUMENTS = ("MultiHeadAttention", "GroupQueryAttention")


# The weights that layers start with.


def _initial(
    name: str,
    layer: str,
    shapes: tuple[tuple[int | None, ...], ...],
    *arguments: Any,
    why: str = KERNELS,
    around: str = "",
    weights: tuple[str, ...] = (),
    **options: Any,
) -> None:
    """Register `layers/<name>`: the weights of keras.layers.<layer> built for inputs of `shapes`.

    Several shapes are those of several inputs, which only a call makes every version build for.
    around: the layer inside, of four units. weights: what to call them, where versions differ.
    """
    path = f"keras.layers.{layer}"

    def initial(run: Run) -> None:
        seed_everything(run, run.seed)
        inner = [run.api(f"keras.layers.{around}")(4)] if around else []
        made = run.api(path)(*inner, *arguments, **options)
        # Of tf_keras 2.16 beside Keras 3, whose InputSpec it takes for its own.
        refusals = (TypeError,) if layer == "SpectralNormalization" else ()
        if len(shapes) == 1:
            with run.requires(f"{layer} that can be built", *refusals):
                made.build(shapes[0])
        else:
            _called(run, made, layer, [_numbers(run, shape) for shape in shapes])
        if not weights:
            run.layer("layer", made)
        for weight, variable in zip(weights, made.weights):
            run.array(f"layer/{weight}", variable)

    initial.__doc__ = f"""The initial weights of `{layer}`.

    {why}"""
    promise = ALWAYS_THE_SAME if why is CONSTANT else PROGRAM_SEEDED
    scenario(f"layers/{name}", needs=(path,), promise=promise)(initial)


_initial("dense", "Dense", ((None, 3),), 4)
_initial("conv_1d", "Conv1D", (LINE,), 4, 3)
_initial("conv_2d", "Conv2D", (PICTURE,), 4, 3)
_initial("conv_3d", "Conv3D", (VOLUME,), 4, 3)
_initial("conv_1d_transpose", "Conv1DTranspose", (LINE,), 4, 3)
_initial("conv_2d_transpose", "Conv2DTranspose", (PICTURE,), 4, 3)
_initial("conv_3d_transpose", "Conv3DTranspose", (VOLUME,), 4, 3)
for _name, _layer, _shape in (
    ("depthwise_conv_1d", "DepthwiseConv1D", LINE),
    ("depthwise_conv_2d", "DepthwiseConv2D", PICTURE),
):
    _initial(_name, _layer, (_shape,), 3, depth_multiplier=2, weights=("kernel", "bias"))
_initial("separable_conv_1d", "SeparableConv1D", (LINE,), 4, 3)
_initial("separable_conv_2d", "SeparableConv2D", (PICTURE,), 4, 3)
_initial("embedding", "Embedding", ((None, 5),), 10, 4)
_initial("reversible_embedding", "ReversibleEmbedding", ((None, 5),), 10, 4)
_initial(
    *("einsum_dense", "EinsumDense", (SEQUENCE,), "abc,cd->abd"),
    output_shape=(None, 4),
    bias_axes="d",
)
_initial("simple_rnn", "SimpleRNN", (SEQUENCE,), 4, why=RECURRENT)
_initial("lstm", "LSTM", (SEQUENCE,), 4, why=RECURRENT)
# The default of reset_after, and with it the shape of the bias, changed with TensorFlow 2.
_initial("gru", "GRU", (SEQUENCE,), 4, why=RECURRENT, reset_after=True)
_initial("bidirectional", "Bidirectional", (SEQUENCE,), why=RECURRENT, around="LSTM")
_initial("conv_lstm_1d", "ConvLSTM1D", ((None, 4, *LINE[1:]),), 2, 3, why=RECURRENT)
_initial("conv_lstm_2d", "ConvLSTM2D", ((None, 4, *PICTURE[1:]),), 2, 3, why=RECURRENT)
_initial("conv_lstm_3d", "ConvLSTM3D", ((None, 4, *VOLUME[1:]),), 2, 3, why=RECURRENT)
_initial("multi_head_attention", "MultiHeadAttention", QUERY_AND_VALUE, num_heads=2, key_dim=3)
_initial(
    *("group_query_attention", "GroupQueryAttention", QUERY_AND_VALUE),
    head_dim=3,
    num_query_heads=4,
    num_key_value_heads=2,
)
_initial("additive_attention", "AdditiveAttention", QUERY_AND_VALUE)
_initial("spectral_normalization", "SpectralNormalization", ((None, 3),), around="Dense")
_initial("batch_normalization", "BatchNormalization", ((None, 6),), why=CONSTANT)
_initial("layer_normalization", "LayerNormalization", ((None, 6),), why=CONSTANT)
_initial("group_normalization", "GroupNormalization", ((None, 6),), why=CONSTANT, groups=2)
_initial("rms_normalization", "RMSNormalization", ((None, 6),), why=CONSTANT)
_initial("prelu", "PReLU", ((None, 6),), why=CONSTANT)


@scenario("layers/custom", promise=PROGRAM_SEEDED)
def custom(run: Run) -> None:
    """The initial weights of a layer that a user writes with `add_weight`.

    What is drawn by default where no initializer is given, and from whose seed, is the version's.
    """

    class Custom(run.keras.layers.Layer):  # type: ignore[misc, name-defined]
        """A named initializer, an instance, and the default."""

        def build(self, input_shape: Any) -> None:
            normal = run.keras.initializers.RandomNormal(stddev=0.5)
            for name, initializer in (("named", "he_normal"), ("instance", normal)):
                self.add_weight(name=name, shape=(3, 4), initializer=initializer)
            super().build(input_shape)

    seed_everything(run, run.seed)
    layer = Custom()
    layer.build((None, 3))
    run.layer("layer", layer)


# What is drawn when a layer is called.


def _drawn(
    name: str,
    layer: str,
    shapes: tuple[tuple[int, ...], ...],
    *arguments: Any,
    why: str = MASKS,
    **options: Any,
) -> None:
    """Register `layers/<name>`: what keras.layers.<layer>, called for training, returns."""
    paths = [f"keras.layers.{layer}"]
    if why in (IMAGES, SIZES):  # where TensorFlow 2.3 to 2.5 have them
        paths.append(f"keras.layers.experimental.preprocessing.{layer}")

    def drawn(run: Run) -> None:
        seed_everything(run, run.seed)
        make = run.api(*paths)
        seed = {"seed": run.seed} if "seed" in inspect.signature(make.__init__).parameters else {}
        # Attention in TensorFlow 2.0 and earlier takes no `dropout`.
        with run.requires(f"{layer} with {', '.join(options)}", *([TypeError] if options else [])):
            made = make(*arguments, **seed, **options)
        inputs = [(_numbers if why is MASKS else _picture)(run, shape) for shape in shapes]
        refusals = (IndexError,) if run.backend == "theano" else ()
        with run.requires(f"{layer} over a constant input", *refusals):
            output = _called(run, made, layer, inputs)
        if why is SIZES:
            run.array("size", run.numpy.array(run.evaluate(output).shape[1:3]))
        else:
            run.array("output", output)

    what = "The size of what" if why is SIZES else "What"
    drawn.__doc__ = f"""{what} `{layer}` returns when called for training on fixed numbers.

    {why}"""
    scenario(f"layers/{name}", needs=("|".join(paths),), promise=PROGRAM_SEEDED)(drawn)


def _called(run: Run, layer: Any, name: str, inputs: list[Any]) -> Any:
    """What `layer`, which Keras exports as `name`, returns for one input or several."""
    ops = getattr(run.keras, "ops", None)
    tensor = ops.convert_to_tensor if ops else run.keras.backend.constant
    tensors = [tensor(each) for each in inputs]
    if name in _SEVERAL_ARGUMENTS:
        return layer(*tensors, training=True)
    return layer(tensors if len(tensors) > 1 else tensors[0], training=True)


def _numbers(run: Run, shape: tuple[int | None, ...]) -> Any:
    """Odd multiples of 1/64 in (-1, 1)."""
    return (_sequence(run, shape) % 64 * 2 - 63) / run.numpy.float32(64)


def _picture(run: Run, shape: tuple[int | None, ...]) -> Any:
    """Whole numbers in [0, 255]."""
    return _sequence(run, shape) % 256


def _sequence(run: Run, shape: tuple[int | None, ...]) -> Any:
    size = int(run.numpy.prod(shape))
    return (run.numpy.arange(size) * 37 + 11).astype("float32").reshape(shape)


_drawn("dropout", "Dropout", ((8, 16),), 0.5)
_drawn("spatial_dropout_1d", "SpatialDropout1D", ((4, 3, 8),), 0.5)
_drawn("spatial_dropout_2d", "SpatialDropout2D", ((4, 2, 2, 8),), 0.5)
_drawn("spatial_dropout_3d", "SpatialDropout3D", ((4, 2, 2, 2, 8),), 0.5)
_drawn("gaussian_noise", "GaussianNoise", ((8, 16),), 0.5)
_drawn("gaussian_dropout", "GaussianDropout", ((8, 16),), 0.5)
_drawn("alpha_dropout", "AlphaDropout", ((8, 16),), 0.5)
_drawn("attention_dropout", "Attention", QUERY_AND_VALUE, dropout=0.5)
_drawn(
    *("recurrent_dropout", "SimpleRNN", ((4, 5, 8),), 4),
    kernel_initializer="ones",
    recurrent_initializer="ones",
    dropout=0.5,
    recurrent_dropout=0.5,
)

PICTURES = ((4, 8, 8, 3),)
_drawn("random_flip", "RandomFlip", PICTURES, why=IMAGES)
_drawn("random_rotation", "RandomRotation", PICTURES, 0.2, why=IMAGES)
_drawn("random_zoom", "RandomZoom", PICTURES, 0.3, why=IMAGES)
_drawn("random_translation", "RandomTranslation", PICTURES, 0.3, 0.3, why=IMAGES)
_drawn("random_contrast", "RandomContrast", PICTURES, 0.5, why=IMAGES)
_drawn("random_crop", "RandomCrop", PICTURES, 4, 4, why=IMAGES)
_drawn("random_height", "RandomHeight", PICTURES, 0.5, why=SIZES)
_drawn("random_width", "RandomWidth", PICTURES, 0.5, why=SIZES)
_drawn("random_brightness", "RandomBrightness", PICTURES, 0.3, why=IMAGES)
_drawn("random_color_degeneration", "RandomColorDegeneration", PICTURES, 0.5, why=IMAGES)
_drawn(
    *("random_color_jitter", "RandomColorJitter", PICTURES),
    why=IMAGES,
    brightness_factor=0.3,
    contrast_factor=0.3,
    saturation_factor=0.3,
    hue_factor=0.3,
)
_drawn("random_elastic_transform", "RandomElasticTransform", PICTURES, why=IMAGES)
_drawn("random_erasing", "RandomErasing", PICTURES, why=IMAGES)
_drawn("random_gaussian_blur", "RandomGaussianBlur", PICTURES, why=IMAGES)
_drawn("random_grayscale", "RandomGrayscale", PICTURES, why=IMAGES)
_drawn("random_hue", "RandomHue", PICTURES, 0.5, why=IMAGES)
_drawn("random_invert", "RandomInvert", PICTURES, why=IMAGES)
_drawn("random_perspective", "RandomPerspective", PICTURES, why=IMAGES)
_drawn("random_posterization", "RandomPosterization", PICTURES, 3, why=IMAGES)
_drawn("random_saturation", "RandomSaturation", PICTURES, 0.5, why=IMAGES)
_drawn("random_sharpness", "RandomSharpness", PICTURES, 0.5, why=IMAGES)
_drawn("random_shear", "RandomShear", PICTURES, 0.3, 0.3, why=IMAGES)
_drawn("solarization", "Solarization", PICTURES, 0.5, 0.5, why=IMAGES)
_drawn("rand_augment", "RandAugment", PICTURES, why=IMAGES)
_drawn("aug_mix", "AugMix", PICTURES, why=IMAGES)
_drawn("cut_mix", "CutMix", PICTURES, why=IMAGES)
_drawn("mix_up", "MixUp", PICTURES, why=IMAGES)
