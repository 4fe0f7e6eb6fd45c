"""The words that become names: common ones, and ones that the emitted code uses for something else."""

from __future__ import annotations

# Many a row: a word a line would be pages.
# fmt: off

# Words that no name may be. Said here anew, as all that is known of the language in these tests.
RESERVED = [
    "net", "import", "extern", "let", "for", "in", "if", "else", "repeat", "and", "or", "not",
    "init", "meta", "keys", "expect", "inline", "true", "false", "none",
]
# Parameters, `let`s and what loops count.
VARIABLES = [
    "width", "depth", "n", "k", "c", "m", "channels", "groups", "x", "out", "y", "z", "inputs",
    "in_channels", "out_channels", "last_channels", "layers", "features", "branches", "F", "nn",
    "torch", "self", "math", "min", "max", "range", "len", "sum", "int", "zip", "enumerate",
    "reversed", "type", "l", "I", "O", "i", "j", "from", "class", "lambda", "def", "is", "async",
    "inner", "outer", "growth", "step", "steps", "number", "channels_", "module", "head", "name",
    "Tensor", "Sequence", "OrderedDict", "NamedTuple", "tensor", "list", "dict", "tuple",
    "getattr", "super", "print", "id", "bool", "input", "output", "param", "block", "in_height",
    "in_width", "skip_channels", "scale", "residual", "shortcut", "dropout", "conv", "relu",
    "width_", "training", "layer", "round", "abs", "ceil", "floor", "sqrt", "rounds", "factor",
    "items", "values", "keys", "forward", "channels2", "_", "_x", "x2",
]
LABELS = [
    "conv1", "conv2", "a", "b", "c", "left", "right", "body", "stage", "down", "up", "mid", "x",
    "out", "y", "z", "layers", "features", "F", "nn", "torch", "self", "min", "range", "len", "l",
    "I", "O", "i", "residual", "shortcut", "dropout", "scale", "branches", "branch", "branch_1",
    "in_channels", "output", "input", "block", "head", "layer", "module", "param", "aux", "conv",
    "bn", "relu", "conv3", "in_", "skip", "relu1", "flatten", "drop", "Tensor", "layer1",
    "values", "items", "gate", "norm", "shape_", "x2", "out2", "linear", "fc", "classifier",
    "factor", "weight", "bias", "running_mean", "width_", "depth", "maxpool", "group", "print",
]
LABELS_OF_TENSORS = [
    "scale", "gamma", "beta", "weight", "bias", "x", "out", "alpha", "F", "temperature",
    "channels_", "mask",
]
LABELS_OF_MODULES = [
    "tower", "shared", "x", "out", "head", "unit2", "F", "conv",
]
LABELS_OF_DENSE = [
    "denselayer", "layer", "conv", "x",
]
LABELS_OF_AUX = [
    "aux1", "aux2", "side", "x", "out",
]
INPUTS = [
    "image", "x", "left", "F", "input", "in_", "out",
]
BLOCKS = [
    "unit", "conv_bn", "block2", "stage", "tensor", "sequence", "net_", "tiny", "module",
    "l2_norm", "reshape", "channel_slice", "ordered_dict", "named_tuple", "helper", "a", "b", "x",
    "sequential", "crop", "drop_path", "output", "nn", "callable", "scaled_tanh", "down", "up",
    "body", "left", "c", "f", "class_var", "conv2d", "torch", "layer1", "pad_channels", "group",
]
NETS = [
    "Net", "Tiny", "Net", "Net", "Tensor", "F", "Unit", "Stage", "nn", "Module", "Body", "torch",
    "Sequential", "Net_2", "Down", "Group",
]
