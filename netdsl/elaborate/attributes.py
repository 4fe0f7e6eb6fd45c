"""Words that no label can be: they are attributes of the emitted module, or sizes of a value."""

from __future__ import annotations

import keyword

from netdsl.design import Scope
from netdsl.diagnostics import Mistake
from netdsl.syntax import ast

# Public names of torch.nn.Module, and those that the class of a net may have beside them: an attribute
# of such a name would break the emitted class. tests/backends/torch compare with torch's own.
MODULE_NAMES = frozenset(
    [
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "aux_weights",
        "published",
        "load_published",
        "load_original",
        "folded",
        "started_from",
        "start_from",
        "frozen",
    ]
)
SEQUENTIAL_NAMES = frozenset({"append", "extend", "insert", "pop"})
DICT_NAMES = frozenset({"keys", "values", "items", "update", "clear", "pop"})
# Attributes and methods of an emitted detector beside those.
DETECTOR_NAMES = frozenset(
    [
        *("size", "mean", "std", "variances", "priors", "strides", "default_boxes", "predict"),
        *("anchors", "detect", "classify", "region_loss"),
    ]
)
WITHOUT_LISTS = ("yolo", "fcn")  # heads that predict with the steps of the text
FACT_NAMES = frozenset({"channels", "height", "width", "length", "shape"})


def check_label(name: str, node: ast.Computed, scope: Scope) -> None:
    """A label must not be a word that the language or a PyTorch module needs."""
    if name in FACT_NAMES:
        why = f"`@x.{name}` is a size of the value `@x`"
    else:
        why = why_no_attribute(name, scope)
    if why is None:
        return
    raise Mistake(
        "E106", f"`{name}` cannot be a label", node.span, hint=f"{why}; call it `{name}_`"
    )


def why_no_attribute(name: str, scope: Scope) -> str | None:
    """Why a module in this scope cannot be called `name`; None if it can."""
    if keyword.iskeyword(name):
        return f"`{name}` is a keyword of Python"
    if name in MODULE_NAMES or name.startswith("__"):
        return f"every PyTorch module has its own `{name}`"
    if name in DETECTOR_NAMES and scope.kind == "net" and scope.naming and scope.naming.heads:
        return f"every emitted detector has its own `{name}`"
    if name in ("scores", "offsets") and scope.kind == "head" and scope.name not in WITHOUT_LISTS:
        return f"`head {scope.name}` has its own `{name}`"
    if name in SEQUENTIAL_NAMES and scope.kind in ("group", "bar"):
        return f"`nn.Sequential` has its own `{name}`"
    if name in DICT_NAMES and scope.kind == "dense":
        return f"`nn.ModuleDict` has its own `{name}`"
    return None
