"""Compiled networks in Python: `netdsl.load("zoo:resnet50", classes=10).module()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netdsl import totals
from netdsl.asked import InputSize, input_sizes
from netdsl.depth import with_room
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.limits import LAYERS, Limits
from netdsl.loading import Asked, from_file, from_text
from netdsl.shapes import Shape

if TYPE_CHECKING:
    from torch import nn

    from netdsl.comparing.breaking import Breaking
    from netdsl.comparing.differences import Differences
    from netdsl.counting import Difference
    from netdsl.ensembles import Paths
    from netdsl.formulas import Count
    from netdsl.memory import Peak
    from netdsl.receptive import Field
    from netdsl.roofline import Estimate


class Network:
    """A compiled network. Everything but `module` works without torch."""

    def __init__(self, design: Design) -> None:
        self.design = design

    def __repr__(self) -> str:
        return f"Network({self.name}, {self.parameters:,} parameters)"

    @property
    def name(self) -> str:
        return self.design.name

    @property
    def doc(self) -> str | None:
        """The text that documents the network."""
        return self.design.doc

    @property
    def meta(self) -> dict[str, Any]:
        """The facts of `meta { ... }`."""
        return dict(self.design.meta)

    @property
    def published(self) -> dict[str, str]:
        """The lines of `keys { ... }`: beginnings of our names in the `state_dict`, and what published
        checkpoints have instead; the longest first, which counts."""
        return dict(self.design.keys)

    # ---------------------------------------------------------------------------------------- facts
    @cached_property
    def parameters(self) -> int:
        """All learned numbers, side outputs included: what `sum(p.numel() for p in m.parameters())` says."""
        return totals.scope_cost(self.design.net).parameters

    @cached_property
    def parameters_used(self) -> int:
        """Learned numbers without the side outputs, which exist in training only."""
        return totals.cost_used(self.design).parameters

    @cached_property
    def macs(self) -> Count | None:
        """Multiply-adds of convolutions and linear layers for one sample in evaluation: a formula
        (`netdsl.formulas`) while a size is open."""
        return totals.cost_used(self.design).macs

    @cached_property
    def connections(self) -> Count | None:
        """What convolutions, linear layers and subsampling read for all their outputs, biases included, as
        LeCun et al. (1998) count, in evaluation; a formula while a size is open."""
        return totals.cost_used(self.design).connections

    @cached_property
    def layers(self) -> int:
        """Convolutions and linear layers on the longest path."""
        return totals.depth(self.design)

    def receptive_fields(self) -> dict[str, Field]:
        """Which places of the input the output of each step sees, by the step's name: size, jump and
        start of the first, one entry a side. Steps of which that cannot be told are left out."""
        from netdsl.receptive import receptive_fields

        return receptive_fields(self.design)

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """Shapes of the inputs by name, without the batch."""
        return {name: value.shape for name, value in self.design.inputs.items()}

    @property
    def output_shapes(self) -> dict[str, Shape]:
        """Shapes of the outputs by name, without the batch."""
        return {name: value.shape for name, value in self.design.outputs.items()}

    @property
    def output_shape(self) -> Shape:
        """The shape of the (first) output, without the batch."""
        return next(iter(self.output_shapes.values()))

    def state_dict_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the emitted module's `state_dict`, in its order."""
        return {name: shape for name, shape, _ in totals.scope_tensors(self.design.net)}

    # -------------------------------------------------------------------------------------- weights
    @property
    def started_from(self) -> dict[str, str]:
        """What `start_from` found: parts of this net in the `state_dict` -> those of the other."""
        start = self.design.start
        return dict(start.parts) if start is not None else {}

    @property
    def frozen(self) -> tuple[str, ...]:
        """The parts of the `state_dict` that `freeze` found."""
        return self.design.frozen

    def start_from(
        self,
        other: Network | str | PathLike[str],
        net: str | None = None,
        *,
        first: int = 0,
        last: int = 0,
        names: Mapping[str, str] | None = None,
    ) -> Network:
        """This network, whose class can start from a checkpoint of another: a `Network`, or the file
        (or `zoo:name`) and `net` of one. What a step that was replaced has is never taken.

        Weights are taken where names and shapes agree; `names` are beginnings of our names -> what the
        other has instead (`""` for all of them). With `first` or `last` the order counts: so many
        convolutions and linear layers of the other, from its beginning and its end, go to the foremost
        and hindmost of ours that have their shapes. Raises `NetError` if they do not fit (E144).
        """
        from netdsl import weights

        if min(first, last) < 0 or (names and (first or last)):
            raise ValueError("by names, or by order: so many layers of the beginning and the end")
        if isinstance(other, Network):
            design = other.design
        else:
            design = from_file(fspath(other), Asked(net))
        if first or last:
            start = weights.in_order(self.design, design, first, last)
        else:
            start = weights.fitting(self.design, design, names or {})
        return self._with(start=start)

    def freeze(self, upto: str) -> Network:
        """This network with all weights frozen on which the value of a step depends: a label, or a path
        of labels or of names in the `state_dict`. Raises `NetError` if there is no such step (E142)."""
        from netdsl.weights import needed_for

        return self._with(frozen=needed_for(self.design, upto))

    # --------------------------------------------------------------------------------------- passes
    @property
    def notes(self) -> tuple[str, ...]:
        """What passes left alone, or did beside what they were asked for."""
        return self.design.passed.notes if self.design.passed is not None else ()

    @with_room
    def drop(self, *steps: str) -> Network:
        """This network without some steps: paths of labels, or of names in the `state_dict`. Of a residual
        unit that changes the shape the shortcut stays. Raises `NetError` where shapes forbid it (E475)."""
        from netdsl.passes.drop import drop

        return Network(drop(self.design, steps))

    @with_room
    def convolutional(self, input: InputSize | dict[str, InputSize] | None = None) -> Network:
        """This network with convolutions in the place of linear layers, for images of another size too
        ("3x?x?"). The emitted class has `load_original` for checkpoints of this one. Raises `NetError`
        (E478, E479)."""
        from netdsl.passes.convolutional import convolutional

        return Network(convolutional(self.design, input_sizes(input) or None))

    @with_room
    def fold_bn(self) -> Network:
        """This network, for evaluation, with batch normalisation folded into the layers before it. The
        emitted class has `load_original` for checkpoints of this one. Raises `NetError` (E477)."""
        from netdsl.passes.folding import fold_bn

        return Network(fold_bn(self.design))

    @with_room
    def dilate(self, *steps: str, output_stride: int | None = None) -> Network:
        """This network with dilation in the place of the strides in these steps, or of those beyond an
        output stride. Checkpoints stay the same. Raises `NetError` (E480, E481)."""
        from netdsl.passes.dilation import dilate

        return Network(dilate(self.design, steps, output_stride))

    def paths(self) -> Paths:
        """The paths through this network's residual units: how many, and how long. Raises `NetError` where
        it has none, or not one behind the other (E482)."""
        from netdsl.ensembles import paths

        return paths(self.design)

    def _with(self, **changes: Any) -> Network:
        design = copy(self.design)
        for name, value in changes.items():
            setattr(design, name, value)
        return Network(design)

    # ------------------------------------------------------------------------------------ comparing
    @with_room
    def counted(self, rule: str = "macs") -> Any:
        """The work of one sample in evaluation by a rule of `netdsl.counting.RULES`: ours (`macs`,
        `macs+bias`, `flops`, `all`), or what another tool says of the network (`torchinfo`, `fvcore`,
        `ptflops`, `thop`, `torchprofile`). None while a size is open, or with extern layers."""
        from netdsl.counting import total

        return total(self.design, rule)

    @with_room
    def counted_otherwise(self, rule: str) -> list[Difference]:
        """Why a rule counts something else than exact multiply-adds: the differences by kind of layer."""
        from netdsl.counting import explain

        return explain(self.design, rule)

    @with_room
    def diff(self, new: Network) -> Differences:
        """What changes from this network to another; it is true if anything does. `netdsl diff` shows it,
        and so does `netdsl.comparing.diff_output.diff_text`."""
        from netdsl.comparing.differences import differences

        return differences(self.design, new.design)

    @with_room
    def breaking(self, new: Network) -> Breaking:
        """Whether checkpoints of this network load into another, and what keeps them from it; it is true
        if they do not."""
        from netdsl.comparing.breaking import breaking

        return breaking(self.design, new.design)

    # ------------------------------------------------------------------------------------- backends
    @with_room
    def torch_source(self, width: int = 88, inline: bool = False) -> str:
        """The text of a Python file that defines the network as a `torch.nn.Module`. A detector imports
        the files of `torch_files`, unless `inline` has it hold what it uses of them."""
        from netdsl.backends.torch import torch_source

        return torch_source(self.design, width, inline)

    @property
    @with_room
    def torch_files(self) -> dict[str, str]:
        """Files that must stand beside `torch_source()`, by their names: what all detectors share."""
        from netdsl.backends.torch.detection import shared_files

        return dict(shared_files()) if self.design.heads else {}

    @property
    def torch_class(self) -> str:
        """The name of the network's class in `torch_source()`."""
        from netdsl.backends.torch.names import net_class

        return net_class(self.design)

    @with_room
    def table(
        self,
        format: str = "text",
        depth: int | None = None,
        *,
        at: InputSize | dict[str, InputSize] | None = None,
        like: str | None = None,
        beside: Sequence[Network] = (),
        **settings: Any,
    ) -> str:
        """The table of layers: `format` is text, markdown, csv, json, latex or html (which notebooks show);
        `depth` is how many levels of blocks are shown, None for all.

        `settings`: `columns` ("name,output,parameters", "all"), `count` (what is counted as work: "macs",
        "macs+bias", "flops", "all", or as a tool does, "torchinfo"), `kilo` (1000 or 1024: 4.09 G), `bias`
        (False leaves biases out), `fold` (False shows equal rows one by one), `stages` (subtotals by
        resolution), `batch` and `dtype` (of activation bytes), `footers`
        (`netdsl.footers`). `at` evaluates open sizes ("512x512"). Raises `NetError` for what there is not.

        `like` has it as a paper prints it (`netdsl.backends.table.papers.LAYOUTS`), with the networks
        `beside` this one; of the settings only `kilo` (what K means there) and `bias` go with it.
        """
        network = self if at is None else self.at(at)
        if like is not None:
            from netdsl.backends.table.papers import paper_table

            others = [other.design for other in beside]
            return paper_table(network.design, like, format, others, **settings)
        from netdsl.backends.table import table

        return table(network.design, format, depth, **settings)

    # ---------------------------------------------------------------------------------------- costs
    @with_room
    def at(self, sizes: InputSize | dict[str, InputSize]) -> Network:
        """This network, whose sizes are open, at one size: "512x512", or {"left": "512x512", ...} for
        several inputs. Raises `NetError` for other sizes than its inputs have (E455), and where a step
        does not take them (E456)."""
        from netdsl.evaluation import at_sizes

        return Network(at_sizes(self.design, input_sizes(sizes)))

    @with_room
    def short(self) -> Network:
        """This network with the shorter formulas that hold where open sizes are multiples of what
        `design.multiple` says: H/32 in the place of ceil(H/32). Tables say so below."""
        from netdsl.evaluation import shorter

        return Network(shorter(self.design))

    @with_room
    def memory(self, batch: int = 1, dtype: str = "float32", training: bool = False) -> Peak:
        """An estimate of the memory that the network takes: weights, and what lives at the worst moment
        of a run for a batch. Raises `NetError` while a size is open (E457)."""
        from netdsl.memory import peak

        return peak(self.design, batch, dtype, training)

    @with_room
    def roofline(self, device: str, batch: int = 1, dtype: str = "float32") -> Estimate:
        """An estimate of the time that a run takes on a device: its name, or "flops=312e12,bandwidth=2e12".
        Raises `NetError` while a size is open (E457), and for other devices (E459)."""
        from netdsl.roofline import estimate

        return estimate(self.design, device, batch, dtype)

    @with_room
    def diagram(
        self,
        format: str = "svg",
        *,
        beside: Sequence[Network] = (),
        theme: str = "light",
        dpi: float = 192,
        engine: str = "",
        embed_font: bool = False,
        **settings: Any,
    ) -> str | bytes:
        """The figure: `format` is svg, tex, dot, mermaid or text (texts), pdf or png (bytes).

        `settings` are those of `netdsl.backends.diagram.settings.Settings` (`kind="volumes"`, `level="block"`,
        `only=("inception3a",)`), and `fit` the size of the page ("3.25in", "6.9x9.4in"); `beside` are networks
        that the figure shows too, `theme` is light, dark, print, stage, or a file. Raises `NetError` for
        settings that do not suit.
        """
        from netdsl.backends.diagram import diagram
        from netdsl.backends.diagram.settings import Settings, page

        if "fit" in settings:
            settings["width"], settings["height"] = page(settings.pop("fit"))
        others = [network.design for network in beside]
        looks = {"theme": theme, "dpi": dpi, "engine": engine, "embed_font": embed_font}
        return diagram(self.design, format, Settings(**settings), beside=others, **looks)

    def _repr_svg_(self) -> str | None:
        """The figure, for notebooks; None where nothing can draw it."""
        try:
            figure = self.diagram("svg")
        except NetError:
            return None
        return figure if isinstance(figure, str) else None

    @with_room
    def module(self) -> nn.Module:
        """A live module with fresh weights. Needs torch (`pip install netdsl[torch]`)."""
        from netdsl.live import make_module

        return make_module(self)


def load(
    path: str | PathLike[str],
    net: str | None = None,
    *,
    input: InputSize | dict[str, InputSize] | None = None,
    root: str | PathLike[str] | None = None,
    replace: Mapping[str, str] | None = None,
    max_layers: int = LAYERS,
    extern: bool = True,
    **parameters: Any,
) -> Network:
    """Compile a network of a file, or `zoo:name`.

    `net` chooses among the nets of the file, `input` gives another input size ("3x256x256" or
    (3, 256, 256); with several inputs by their names), `root` is the folder below which imports are read (else that of the file),
    `replace` has steps of the net by their paths and what stands there instead ({"fc": "linear(20)"}), other
    arguments set the net's parameters. Texts from strangers: the net may take `max_layers` steps, and
    `extern=False` refuses layers of other packages (E497). Raises `NetError` if the file has mistakes or
    cannot be read.
    """
    asked = Asked(net, input, replace, Limits(max_layers, extern), parameters)
    return Network(from_file(fspath(path), asked, Path(root) if root is not None else None))


def loads(
    text: str,
    net: str | None = None,
    *,
    input: InputSize | dict[str, InputSize] | None = None,
    name: str = "<text>",
    replace: Mapping[str, str] | None = None,
    max_layers: int = LAYERS,
    extern: bool = True,
    **parameters: Any,
) -> Network:
    """Compile a network from a text; `name` is what messages call it. Raises `NetError`."""
    asked = Asked(net, input, replace, Limits(max_layers, extern), parameters)
    return Network(from_text(text, asked, name))


@with_room
def compare(*networks: Network | str | PathLike[str], format: str = "text") -> str:
    """Networks side by side, each a `Network`, a file or `zoo:name`: `format` is text, markdown, json, csv
    or latex. Raises `NetError` for another format (E404)."""
    from netdsl.comparing.compare_output import FORMATS, compare_text
    from netdsl.comparing.sheets import sheet

    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise NetError([Diagnostic("E404", f"comparisons have no format `{format}`", hint=hint)])
    if not networks:
        raise ValueError("there is nothing to compare")
    found = [one if isinstance(one, Network) else load(one) for one in networks]
    return compare_text([sheet(network.design) for network in found], format)
