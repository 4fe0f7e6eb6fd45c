"""Make `import torchvision` work beside a CPU build of torch.

PyPI's torchvision is a CUDA build: its `_C.so` needs libcudart, libc10_cuda and libtorch_cuda, so beside a
CPU torch its operators do not load and the import ends with "operator torchvision::nms does not exist".
`import_torchvision` mends that while it imports: where the library does not load as it is,

1. three stub libraries that have the missing CUDA symbols are compiled (any C compiler, less than a
   second), after which torchvision's own CPU kernels load. A stub aborts if it is ever called: that would
   mean CUDA code on a machine without CUDA;
2. without a compiler the operators are only declared. Networks for classification need none of them;
   a detector that calls one fails with torch's message about a missing kernel.

Beside an ordinary pair of torch and torchvision it is a plain import. Tried with torch 2.13 and
torchvision 0.28.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import torch

_keep: list[Any] = []  # libraries that must stay loaded


class Unavailable(ImportError):
    """torchvision is not installed, or cannot be imported here; the message says why."""


def import_torchvision() -> ModuleType:
    """The torchvision package. Raises `Unavailable`."""
    if "torchvision" not in sys.modules:
        plain = torch.ops.load_library
        for name in [n for n in sys.modules if n.startswith("torchvision.")]:
            del sys.modules[name]  # what an import without our help left when it failed

        def load_library(path: str | os.PathLike[str]) -> None:
            library = Path(path)
            if (library.parent.name, library.name) != ("torchvision", "_C.so"):
                plain(path)
                return
            try:
                plain(path)
            except OSError:
                try:
                    _load_with_stubs(library, plain)
                except (OSError, subprocess.SubprocessError):
                    _declare_operators()

        with mock.patch.object(torch.ops, "load_library", load_library):
            try:
                import torchvision
            except ModuleNotFoundError as error:
                raise Unavailable(f"torchvision is not installed ({error})") from error
            except (ImportError, RuntimeError) as error:
                raise Unavailable(f"torchvision cannot be imported: {error}") from error
        return torchvision
    return sys.modules["torchvision"]


# ------------------------------------------------------------------------------- its own kernels
def _load_with_stubs(library: Path, load: Any) -> None:
    for stub in _compile_stubs(library):
        _keep.append(ctypes.CDLL(str(stub), mode=ctypes.RTLD_GLOBAL))
    load(str(library))


def _compile_stubs(library: Path) -> list[Path]:
    """Stub libraries for the CUDA symbols that `library` leaves undefined, in the order of loading."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("there is no C compiler")
    blob = library.read_bytes()
    cuda = [s for s in _undefined_symbols(blob) if re.match(r"_*cuda|_ZN?K?(2at|3c10)4cuda", s)]
    runtime = [s for s in cuda if not s.startswith("_Z")]
    found = re.search(rb"libcudart\.so\.\d+", blob)
    if found is None:
        raise OSError(f"{library} does not load, and not for want of CUDA")
    stubs = {
        found.group().decode(): runtime,
        "libc10_cuda.so": [s for s in cuda if s.startswith("_Z")],
        "libtorch_cuda.so": [],
    }
    folder = Path(tempfile.mkdtemp(prefix="torchvision-stubs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, symbols in stubs.items():
        text = folder / f"{name}.c"
        text.write_text("#include <stdlib.h>\n" + "".join(_stub(s) for s in symbols))
        command = [compiler, "-w", "-fno-builtin", "-shared", "-fPIC", f"-Wl,-soname,{name}"]
        if name.startswith("libcudart"):  # its symbols are asked for with a version
            versions = folder / f"{name}.map"
            versions.write_text(f"{name} {{ global: *; }};\n")
            command.append(f"-Wl,--version-script={versions}")
        command += ["-o", str(folder / name), str(text)]
        subprocess.run(command, check=True, capture_output=True)
    return [folder / name for name in stubs]


def _stub(symbol: str) -> str:
    """C for one symbol. Kernels are registered while the library loads, so that returns quietly."""
    if symbol == "__cudaRegisterFatBinary":
        return f"void *{symbol}(void) {{ static void *handle; return &handle; }}\n"
    if symbol.startswith(("__cudaRegister", "__cudaUnregister", "__cudaInitModule")):
        return f"int {symbol}(void) {{ return 0; }}\n"
    if symbol.endswith("9allocatorE"):  # a variable
        return f"char {symbol}[64];\n"
    return f"void {symbol}(void) {{ abort(); }}\n"


def _undefined_symbols(elf: bytes) -> list[str]:
    """Names that a 64-bit little-endian ELF library needs from elsewhere, sorted.

    Offsets are those of the ELF-64 object file format: section headers of 64 bytes, symbols of 24.
    """
    if elf[:6] != b"\x7fELF\x02\x01":
        raise OSError("not a 64-bit little-endian ELF library")
    (start,) = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, start + i * size) for i in range(count)]
    names: set[str] = set()
    for _, kind, _, _, offset, length, link, _, _, _ in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        strings = sections[link][4]
        for at in range(offset, offset + length, 24):
            name, _, _, section = struct.unpack_from("<IBBH", elf, at)
            if section == 0 and name:
                end = elf.index(b"\0", strings + name)
                names.add(elf[strings + name : end].decode())
    return sorted(names)


# ------------------------------------------------------------------------------ declared only
# What torchvision's Python registers shape functions and gradients for while it is imported.
_SCALE = "float spatial_scale, SymInt pooled_height, SymInt pooled_width"
_BOXES = f"Tensor input, Tensor rois, {_SCALE}"
_GRAD = f"Tensor grad, Tensor rois, {_SCALE}"
_SIZES = "SymInt batch_size, SymInt channels, SymInt height, SymInt width"
_STRIDES = "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w"
_GROUPS = "SymInt dilation_h, SymInt dilation_w, SymInt groups, SymInt offset_groups, bool use_mask"
_DEFORM = "Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias"
_POINTS = "float input_scale, int input_zero_point, float rois_scale, int rois_zero_point"
_OPERATORS = {
    "nms": "Tensor dets, Tensor scores, float iou_threshold -> Tensor",
    "qnms": "Tensor dets, Tensor scores, float iou_threshold -> Tensor",
    "roi_align": f"{_BOXES}, int sampling_ratio, bool aligned -> Tensor",
    "_roi_align_backward": f"{_GRAD}, {_SIZES}, int sampling_ratio, bool aligned -> Tensor",
    "qroi_align": f"Tensor input, Tensor rois, {_POINTS}, {_SCALE}, int sampling_ratio, bool aligned -> Tensor",
    "roi_pool": f"{_BOXES} -> (Tensor, Tensor)",
    "_roi_pool_backward": f"Tensor grad, Tensor rois, Tensor argmax, {_SCALE}, {_SIZES} -> Tensor",
    "ps_roi_align": f"{_BOXES}, int sampling_ratio -> (Tensor, Tensor)",
    "_ps_roi_align_backward": f"Tensor grad, Tensor rois, Tensor map, {_SCALE}, int sampling_ratio, {_SIZES} -> Tensor",
    "ps_roi_pool": f"{_BOXES} -> (Tensor, Tensor)",
    "_ps_roi_pool_backward": f"Tensor grad, Tensor rois, Tensor map, {_SCALE}, {_SIZES} -> Tensor",
    "deform_conv2d": f"{_DEFORM}, {_STRIDES}, {_GROUPS} -> Tensor",
    "_deform_conv2d_backward": f"Tensor grad, {_DEFORM}, {_STRIDES}, {_GROUPS} -> ({', '.join(['Tensor'] * 5)})",
    "_cuda_version": "-> int",
}


def _declare_operators() -> None:
    library = torch.library.Library("torchvision", "DEF")
    for name, signature in _OPERATORS.items():
        arguments, result = signature.split("->")
        library.define(f"{name}({arguments.strip()}) -> {result.strip()}")
    library.impl("_cuda_version", lambda: -1, "CompositeExplicitAutograd")
    _keep.append(library)
