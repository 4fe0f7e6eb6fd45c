"""What PyTorch has no module or function for. The compiler copies what a network uses.

Every definition stands alone: it needs the imports below and at most other definitions of this
file. N is the batch, C the channels, H and W the height and width; `...` are any sides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


# ------------------------------------------------------------------------------------- convolution
class TableConv2d(nn.Module):
    """Convolution in which output channel i reads the input channels of row i of a table.

    Only their kernels are stored, row after row (C3 of LeNet-5; LeCun et al., 1998).
    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        connections: Sequence[Sequence[int]],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        size = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        self.shape = (out_channels, in_channels, *size)
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.outputs = [i for i, row in enumerate(connections) for _ in row]
        self.inputs = [j for row in connections for j in row]
        # As nn.Conv2d starts, by how many numbers the output channel reads.
        reads = [len(row) * size[0] * size[1] for row in connections]
        bounds = torch.tensor(reads).rsqrt()
        kernels = torch.empty(len(self.inputs), *size).uniform_(-1, 1)
        self.weight = nn.Parameter(kernels * bounds[self.outputs].view(-1, 1, 1))
        start = bounds * torch.empty(out_channels).uniform_(-1, 1)
        self.bias = nn.Parameter(start) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.weight.new_zeros(self.shape)
        kernels[self.outputs, self.inputs] = self.weight
        return F.conv2d(x, kernels, self.bias, self.stride, self.padding, self.dilation)


class FixedConv2d(nn.Module):
    """Convolution with kernels that are given: one for all, one an output channel, or one a pair.

    With `flip` they are turned by 180 degrees.
    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    weight: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        weights: Sequence[Any],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        flip: bool = False,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        kernels = torch.tensor(weights, dtype=torch.get_default_dtype())
        if kernels.dim() == 3:
            kernels = kernels.unsqueeze(1)
        if flip:
            kernels = kernels.flip(-2, -1)
        size = (out_channels, in_channels // groups, *kernels.shape[-2:])
        self.register_buffer("weight", kernels.expand(size).clone())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(
            x,
            self.weight,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )


class FlippedConv2d(nn.Conv2d):
    """The convolution of textbooks: its kernels are turned by 180 degrees.

    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight.flip(-2, -1), self.bias)


class Subsample2d(nn.Module):
    """The sum of a window times a learned coefficient plus a bias, one of each a channel.

    Windows lie side by side; it starts as their mean (S2 of LeNet-5; LeCun et al., 1998).
    Input: (N, channels, H, W). Output: (N, channels, H', W').
    """

    def __init__(self, channels: int, kernel_size: int | tuple[int, int]) -> None:
        super().__init__()
        self.size = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        start = 1 / (self.size[0] * self.size[1])
        self.weight = nn.Parameter(torch.full((channels,), start))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        sums = F.avg_pool2d(x, self.size, divisor_override=1)
        return self.weight.view(-1, 1, 1) * sums + self.bias.view(-1, 1, 1)


# --------------------------------------------------------------------------- radial basis functions
def squared_distances(x: Tensor, codes: Tensor) -> Tensor:
    """How far vectors are from codes. Input: (N, C) and (M, C). Output: (N, M)."""
    return (x.unsqueeze(1) - codes).square().sum(dim=2)


class RBF(nn.Module):
    """Squared distances to learned codes.

    Input: (N, in_features). Output: (N, out_features).
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        codes = torch.empty(out_features, in_features).uniform_(-1, 1)
        self.weight = nn.Parameter(codes)

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


class RandomRBF(nn.Module):
    """Squared distances to fixed codes of 1 and -1, the same ones for a seed wherever it runs.

    Input: (N, in_features). Output: (N, out_features).
    """

    weight: Tensor

    def __init__(self, in_features: int, out_features: int, seed: int) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(seed)
        size = (out_features, in_features)
        coins = torch.randint(2, size, generator=chance, device="cpu")
        self.register_buffer("weight", torch.tensor((2.0 * coins - 1).tolist()))

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


def digit_bitmaps() -> Tensor:
    """The digits 0 to 9 as pictures of 7x12 places, 1 or -1 (LeCun et al., 1998, figure 3).

    Output: (10, 84).
    """
    pictures = """
    .#####.  ...##..  .#####.  #######  .#####.
    .......  ..###..  .......  .....##  .......
    ..###..  .####..  .#####.  ....##.  .......
    .##.##.  ...##..  ##...##  ...##..  .##..##
    ##...##  ...##..  #....##  ..####.  .##..##
    ##...##  ...##..  ....##.  .....##  ###..##
    ##...##  ...##..  ..###..  .....##  ##...##
    ##...##  ...##..  .##....  .....##  ##...##
    .##.##.  ...##..  ##.....  ##...##  ##..###
    ..###..  .######  #######  .#####.  .######
    .......  .......  .......  .......  .....##
    .......  .......  .......  .......  .....##

    .#####.  ..####.  #######  .#####.  .#####.
    .......  .##....  .....##  ##...##  ##..###
    #######  ##.....  .....##  ##...##  ##...##
    ##.....  ##.....  ....##.  ##...##  ##...##
    ##.....  ######.  ...##..  .#####.  ##..###
    .####..  ###..##  ...##..  ##...##  .######
    ..####.  ##...##  ..##...  ##...##  .....##
    .....##  ##...##  ..##...  ##...##  .....##
    ##...##  ###..##  ..##...  ##...##  ....##.
    .#####.  .#####.  ..##...  .#####.  .####..
    .......  .......  .......  .......  .......
    .......  .......  .......  .......  .......
    """
    lines = [line.split() for line in pictures.splitlines() if line.strip()]
    digits = [*zip(*lines[:12]), *zip(*lines[12:])]
    codes = [[1.0 if c == "#" else -1.0 for c in "".join(rows)] for rows in digits]
    return torch.tensor(codes)


class BitmapRBF(nn.Module):
    """Squared distances to the bitmaps of ten digits. Input: (N, 84). Output: (N, 10)."""

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", digit_bitmaps())

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


# ------------------------------------------------------------------------------------ normalisation
class FrozenBatchNorm2d(nn.Module):
    """Batch normalisation with fixed statistics, scale and shift.

    Input and output: (N, num_features, H, W).
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale.view(-1, 1, 1) + shift.view(-1, 1, 1)


class L2Norm(nn.Module):
    """Every place's channels at length one, times a learned scale per channel.

    Input and output: (N, channels, ...).
    """

    def __init__(self, channels: int, scale: float, eps: float = 1e-12) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.full((channels,), float(scale)))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.scale.view([-1] + [1] * (x.dim() - 2))
        return scale * F.normalize(x, eps=self.eps)


def local_response_norm_within(
    x: Tensor,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> Tensor:
    """x / (k + alpha * s)^beta, s the sum of x^2 over size x size places of the channel.

    Input and output: (N, C, H, W).
    """
    means = F.avg_pool2d(x.square(), size, stride=1, padding=size // 2)
    return x / (k + alpha * size**2 * means) ** beta


class LocalResponseNormWithin(nn.Module):
    """Local response normalisation within every channel. Input and output: (N, C, H, W)."""

    def __init__(
        self,
        size: int,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
    ) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        return local_response_norm_within(x, self.size, self.alpha, self.beta, self.k)


class LocalResponseNorm3d(nn.LocalResponseNorm):
    """Local response normalisation of volumes; PyTorch's own cannot view permuted ones.

    Input and output: (N, C, D, H, W).
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.contiguous())


class Normalize(nn.Module):
    """Take off a mean and divide by a deviation, of every channel or one for all.

    Input and output: (N, C, ...).
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        mean: float | Sequence[float],
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__()
        dtype = torch.get_default_dtype()
        self.register_buffer("mean", torch.tensor(mean, dtype=dtype), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=dtype), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        shape = [-1] + [1] * (x.dim() - 2)
        return (x - self.mean.view(shape)) / self.std.view(shape)


class SubtractImage(nn.Module):
    """Take off a mean image: zeros until one is loaded. Input and output: (N, *shape)."""

    mean: Tensor

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x - self.mean


# --------------------------------------------------------------------------- activation and dropout
def scaled_tanh(x: Tensor, amplitude: float = 1.7159, slope: float = 2 / 3) -> Tensor:
    """The squashing of LeNet-5: f(1) = 1 and f(-1) = -1 (LeCun et al., 1998)."""
    return amplitude * torch.tanh(slope * x)


class ScaledTanh(nn.Module):
    """The squashing of LeNet-5 (LeCun et al., 1998). Input and output: any shape."""

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return scaled_tanh(x, self.amplitude, self.slope)


class DropPath(nn.Module):
    """In training, zeros for a sample with probability p, else it is divided by 1 - p.

    Input and output: (N, ...). Stochastic depth (Huang et al., 2016).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = x.new_ones([x.shape[0]] + [1] * (x.dim() - 1))
        return x * F.dropout(kept, self.p)


# -------------------------------------------------------------------------- channels and dimensions
class Reshape(nn.Module):
    """The numbers of a sample in another shape. Input: (N, ...). Output: (N, *shape)."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).unflatten(1, self.shape)


class Permute(nn.Module):
    """The dimensions in another order, the batch included."""

    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)


def pad_channels(x: Tensor, channels: int) -> Tensor:
    """Zeros behind the channels. Input: (N, C, ...). Output: (N, channels, ...)."""
    sides = [0, 0] * (x.dim() - 2)
    return F.pad(x, sides + [0, channels - x.shape[1]])


class PadChannels(nn.Module):
    """Zeros behind the channels. Input: (N, C, ...). Output: (N, channels, ...)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return pad_channels(x, self.channels)


class ChannelSlice(nn.Module):
    """The channels from start up to stop. Input: (N, C, ...).

    Output: (N, stop - start, ...).
    """

    def __init__(self, start: int, stop: int | None = None) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]


# --------------------------------------------------------------------------------- parts of the map
class Crop(nn.Module):
    """A part of the map. Input: (N, C, H, W). Output: (N, C, height, width)."""

    def __init__(self, height: int, width: int, top: int = 0, left: int = 0) -> None:
        super().__init__()
        self.top, self.bottom = top, top + height
        self.left, self.right = left, left + width

    def forward(self, x: Tensor) -> Tensor:
        return x[..., self.top : self.bottom, self.left : self.right]


class CenterCrop(nn.Module):
    """The middle of the map. Input: (N, C, H, W). Output: (N, C, height, width)."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height = height
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        top, left = (x.shape[-2] - self.height) // 2, (x.shape[-1] - self.width) // 2
        return x[..., top : top + self.height, left : left + self.width]


def crop(x: Tensor, like: Tensor, top: int = 0, left: int = 0) -> Tensor:
    """The part of `x` as high and wide as `like`, `top` places from above and `left` from the left."""
    height, width = like.shape[-2:]
    return x[..., top : top + height, left : left + width]


def center_crop(x: Tensor, like: Tensor) -> Tensor:
    """The middle of `x`, as high and wide as `like`."""
    height, width = like.shape[-2:]
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


# ------------------------------------------------------------------------------ numbers and weights
def make_divisible(value: float, divisor: int) -> int:
    """The multiple of `divisor` nearest to `value`, never less than 90 % of it."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


def stochastic_depth(x: Tensor, survival: float, training: bool) -> Tensor:
    """In training all of `x` or zeros, by chance; else `x` times the chance of surviving."""
    if not training:
        return x * survival
    return x * torch.bernoulli(torch.full((), survival, dtype=x.dtype, device=x.device))


def bilinear_(weight: Tensor) -> Tensor:
    """Fill a transposed convolution so that it interpolates: channel i comes from channel i.

    Weight: (in_channels, out_channels / groups, height, width).
    """
    sides = []
    for size in weight.shape[-2:]:
        factor = (size + 1) // 2
        center = factor - 1 if size % 2 else factor - 0.5
        places = torch.arange(size, dtype=weight.dtype, device=weight.device)
        sides.append(1 - (places - center).abs() / factor)
    with torch.no_grad():
        weight.zero_()
        for i in range(weight.shape[0]):
            weight[i, i % weight.shape[1]] = torch.outer(*sides)
    return weight


# -------------------------------------------------------------------------------------- checkpoints
def rename_published(
    state_dict: Mapping[str, Tensor], names: Iterable[str], published: dict[str, str]
) -> dict[str, Tensor]:
    """A published `state_dict` under our names: `published` maps beginnings of them to what
    they are called there, the longest first. A tensor without a name of ours is a KeyError.
    """
    ours: dict[str, str] = {}
    for name in names:
        prefix = next((p for p in published if f"{name}.".startswith(f"{p}.")), "")
        theirs = published.get(prefix, "") + name[len(prefix) :]
        ours[theirs.removeprefix(".")] = name
    return {ours[name]: value for name, value in state_dict.items()}


def fold_batch_norm(
    state_dict: Mapping[str, Tensor], folded: dict[str, tuple[str, float]]
) -> dict[str, Tensor]:
    """A `state_dict` with batch normalisation folded into the layers before it.

    `folded` maps names of layers to the normalisation behind each and its eps. A name that
    begins with a dot is the end of names: ".conv1" of every "conv1" with such a neighbour.
    """
    weights = dict(state_dict)
    layers = [n.removesuffix(".weight") for n in state_dict if n.endswith(".weight")]
    for layer in layers:
        for end, (norm, eps) in folded.items():
            behind = norm if layer == end else ""
            if end.startswith(".") and f".{layer}".endswith(end):
                behind = (f".{layer}".removesuffix(end) + norm).removeprefix(".")
            if f"{behind}.running_var" in state_dict:
                _fold(weights, layer, behind, eps)
    return weights


def _fold(weights: dict[str, Tensor], layer: str, norm: str, eps: float) -> None:
    """Put one batch normalisation into the layer before it."""
    mean = weights.pop(f"{norm}.running_mean")
    scale = (weights.pop(f"{norm}.running_var") + eps).rsqrt()
    scale = scale * weights.pop(f"{norm}.weight", torch.ones_like(mean))
    shift = weights.pop(f"{norm}.bias", torch.zeros_like(mean))
    weights.pop(f"{norm}.num_batches_tracked", None)
    weight = weights[f"{layer}.weight"]
    bias = weights.get(f"{layer}.bias", torch.zeros_like(mean))
    weights[f"{layer}.weight"] = weight * scale.view([-1] + [1] * (weight.dim() - 1))
    weights[f"{layer}.bias"] = (bias - mean) * scale + shift


def shaped_like(state_dict: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A `state_dict` whose weights of linear layers have the shapes of our kernels."""
    return {
        name: tensor.reshape(own[name].shape) if name in own else tensor
        for name, tensor in state_dict.items()
    }


def without_others(
    state_dict: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """A `state_dict` without the tensors that we have no names for."""
    return {name: tensor for name, tensor in state_dict.items() if name in own}


def take_parts(
    state_dict: Mapping[str, Tensor], own: Mapping[str, Tensor], parts: dict[str, str]
) -> dict[str, Tensor]:
    """Our own `state_dict` with what another has of it: `parts` maps beginnings of our names to
    what they are called there. A tensor that it lacks is a KeyError.
    """
    taken = dict(own)
    for ours, theirs in parts.items():
        for name in own:
            if f"{name}.".startswith(f"{ours}."):
                taken[name] = state_dict[theirs + name[len(ours) :]]
    return taken
