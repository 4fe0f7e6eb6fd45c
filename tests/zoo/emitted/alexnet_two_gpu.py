"""AlexNet: the narrower one for a single GPU that torchvision calls alexnet, and the
first one: merged into one GPU, for two, and as Caffe has it.

Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014.
Krizhevsky et al., "ImageNet classification with deep convolutional neural
networks", 2012. The 224x224 that it states give maps of 55x55 only with `padding=2`;
without it 227x227 do.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class AlexNet_Two_GPU(nn.Module):
    """Input: (N, 3, 227, 227). Output: (N, classes)."""

    def __init__(self, groups: int = 2, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, kernel_size=11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=groups)
        self.conv3 = nn.Conv2d(256, 384, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=groups)
        self.conv5 = nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=groups)
        self.fc6 = nn.Linear(256 * 6 * 6, 4096)
        self.dropout1 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(4096, 4096)
        self.dropout2 = nn.Dropout(0.5)
        self.fc8 = nn.Linear(4096, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.constant_(module.bias, 1)
        if self.conv2.bias is not None:
            nn.init.constant_(self.conv2.bias, 1)
        if self.conv4.bias is not None:
            nn.init.constant_(self.conv4.bias, 1)
        if self.conv5.bias is not None:
            nn.init.constant_(self.conv5.bias, 1)
        nn.init.zeros_(self.fc8.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x), inplace=True)
        x = F.local_response_norm(x, 5, alpha=5e-4, k=2.0)
        x = F.max_pool2d(x, 3, stride=2)
        x = F.relu(self.conv2(x), inplace=True)
        x = F.local_response_norm(x, 5, alpha=5e-4, k=2.0)
        x = F.max_pool2d(x, 3, stride=2)
        x = F.relu(self.conv3(x), inplace=True)
        x = F.relu(self.conv4(x), inplace=True)
        x = F.relu(self.conv5(x), inplace=True)
        x = F.max_pool2d(x, 3, stride=2).flatten(1)
        x = self.dropout1(F.relu(self.fc6(x), inplace=True))
        x = self.dropout2(F.relu(self.fc7(x), inplace=True))
        return self.fc8(x)
