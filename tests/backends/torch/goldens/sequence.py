"""One-dimensional convolution."""

from torch import Tensor, nn
from torch.nn import functional as F


class Causal(nn.Module):
    """Input: (N, in_channels, 16). Output: (N, width, 16)."""

    def __init__(self, in_channels: int, width: int, rate: int = 1) -> None:
        super().__init__()
        self.pad = nn.ZeroPad1d((2 * rate, 0))
        self.conv = nn.Conv1d(in_channels, width, kernel_size=3, dilation=rate)
        self.layernorm = nn.LayerNorm([width, 16])
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv(self.pad(x))
        out = F.gelu(self.layernorm(out))
        out = self.dropout(out)
        return x + out


class Sequence1d(nn.Module):
    """Input: (N, 2, 64). Output: (N, classes)."""

    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 16, kernel_size=5, stride=2, padding=2)
        self.bn = nn.BatchNorm1d(16)
        self.causal1 = Causal(16, 16)
        self.causal2 = Causal(16, 16, rate=2)
        self.causal3 = Causal(16, 16, rate=4)
        self.conv_transpose = nn.ConvTranspose1d(
            16, 8, kernel_size=4, stride=2, padding=1
        )
        self.fc = nn.Linear(8, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.conv(x)), inplace=True)
        x = F.max_pool1d(x, 2)
        x = self.causal1(x)
        x = self.causal2(x)
        x = self.causal3(x)
        x = self.conv_transpose(x)
        return self.fc(F.adaptive_avg_pool1d(x, 1).flatten(1))
