"""Nets: inputs, a body, and what stands at the end."""

from __future__ import annotations

import re
from typing import Any

from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import Step
from reading.sentences import Body, Chain, Link
from reading.statements import Aux, Plain
from reading.values import Val

from drawing.arguments import KINDS
from drawing.blocks import Blocks
from drawing.dressing import Dressing
from drawing.words import INPUTS, LABELS_OF_AUX, NETS
from drawing.writer import sides_text


class Nets(Blocks, Dressing):
    def net(self) -> tuple[str, str]:
        name = self.definition(self.file, NETS)
        frame = Frame(self.file, "block")
        params: list[tuple[str, str]] = []
        for _ in range(self.rng.randrange(0, 4)):
            kind = self.pick([k for k in KINDS if k not in ("value", "values", "module")])
            made = self.attempt(frame, lambda: self.net_parameter(frame, kind))  # noqa: B023
            if made is not None:
                params.append(made)
        self.budget = self.rng.randrange(6, 30)
        lines: list[str] = []
        inputs = 1 if self.chance(0.85) else self.rng.randrange(2, 4)
        shape = self.shape()
        x: Val | None = None
        for k in range(inputs):
            given = self.pick(INPUTS) + ("" if inputs == 1 else str(k + 1))
            value = Val(
                shape if k == 0 or self.chance(0.6) else (self.rng.randrange(1, 5), *shape[1:])
            )
            frame.labels[given] = value
            lines.append(f"input {given}: {sides_text(value.shape)}")
            if inputs == 1:
                x = frame.entry = value
                value.said = str(shape[0])
            frame.taken.add(given)
        body, x = self.net_body(frame, x)
        body.sentences += self.tail(frame, x, [s.text() for s in body.sentences])
        lines += [s.text() for s in body.sentences]
        shown = ", ".join(f"{n}={d}" for n, d in params)
        text = f"net {name}{f'({shown})' if shown else ''} {{\n" + "\n".join(lines) + "\n}"
        if params and self.chance(0.15):
            variant = self.attempt(frame, lambda: self.variant(name, params))
            if variant is not None:
                line = f"net {variant[0]} = {name}({variant[1]})"
                said = [self.facts()] * self.chance(0.2) + [self.expectation()] * (
                    self.chance(0.2) and "externs" not in self.on
                )
                body = " {\n" + "\n".join(said) + "\n}" if said else ""
                return variant[0], f"{text}\n{line}{body}"
        return name, text

    def variant(self, name: str, params: list[tuple[str, str]]) -> tuple[str, str]:
        """Another net with one argument as it is by default."""
        parameter, default = self.pick(params)
        if any(c.isalpha() for c in default):
            raise Invalid
        return f"{name}B", f"{parameter}={default}"

    def net_parameter(self, frame: Frame, kind: str) -> tuple[str, str]:
        name = self.variable(frame, "" if "bites" in self.on else kind)
        default = (
            self.pick(self.blocks).name
            if kind == "block" and self.blocks
            else self.literal_of(kind, frame)
        )
        frame.names[name] = frame.evaluate(default)
        return name, default

    def net_body(self, frame: Frame, x: Any) -> tuple[Body, Any]:
        body = Body()
        if x is not None and any("module" in b.kinds.values() for b in self.blocks):
            # Some block takes a module: here is one to be passed.
            made = self.attempt(frame, lambda: self._module_in_use(frame, x), 3)
            if made is not None:
                body.sentences += made[0]
                x = made[1]
        for _ in range(self.rng.randrange(2, 8)):
            made = self.attempt(frame, lambda: self.body(frame, x, 2, 1), 2)  # noqa: B023
            if made is not None:
                body.sentences += made[0].sentences
                x = made[1]
                last = body.sentences[-1]
                if isinstance(last, Chain) and len(x.shape) > 1 and self.chance(0.1):
                    last.belief = sides_text(x.shape)
            if x is not None and frame.entry is not None and self.chance(0.06):
                aux = self.attempt(frame, lambda: self.aux(frame, x))  # noqa: B023
                if aux is not None:
                    body.sentences.append(aux)
        if x is None or not body.sentences:
            raise Invalid
        return body, x

    def aux(self, frame: Frame, x: Val) -> Aux:
        inside = Frame(frame, "scope")
        what: Body | Chain
        restore = frame.snapshot()
        if self.chance(0.5):
            what, _ = self.body(inside, x, 1, 2)
        else:
            step, _ = self.step(inside, x)
            what = Chain(step)
            what.run(inside, x)
        restore()
        aux = Aux(self.pick(LABELS_OF_AUX), self.pick([None, "0.3", "1"]), what)
        aux.run(frame, x)
        return aux

    def tail(self, frame: Frame, x: Val, texts: list[str]) -> list[Any]:
        """The end of a net: a classifier, several outputs, how weights start."""
        found: list[Any] = []
        if self.chance(0.3) and len(x.shape) > 1:
            links: list[Link] = [
                Step(self.pick(["global_avgpool", "global_maxpool"])),
                Step("flatten"),
            ]
            if self.chance(0.3):
                links = links[1:]
            if self.chance(0.3):
                links.append(Step("dropout", [(None, self.real(frame))]))
            last, flat = self.pick(["linear", "linear", "linear", "linear", "rbf"]), x
            for link in links:
                flat = link.give(frame, flat)
            if last == "rbf" and self.chance(0.3):
                links.append(Step("linear", [(None, "84")]))
                flat = Val((84,))
            linear, _ = self.worded(last, frame, flat)
            linear.label = self.pick([None, "fc", "classes_"])
            if linear.label in frame.taken:
                linear.label = None
            chain = Chain(*links, linear)
            chain.run(frame, x)
            found.append(chain)
        if self.chance(0.12):
            reachable = [(t, v) for t, v in self.values(frame) if t != "@in" and not v.tensor]
            names = list(
                dict.fromkeys(
                    t[1:]
                    for t, _ in reachable
                    if "[" not in t and t[1:] in frame.labels or "." in t
                )
            )
            self.rng.shuffle(names)
            keys: dict[str, str] = {}
            for name in names[: self.rng.randrange(1, 4)]:
                keys.setdefault(name.replace(".", "_"), name)
            if keys:
                found.append(Plain(f"output {', '.join(keys.values())}"))
        if self.chance(0.08):
            found.append(Plain(self.facts()))
        if self.chance(0.08) and "externs" not in self.on:
            found.append(Plain(self.expectation()))
        if self.chance(0.08):
            keys_line = self.names_of_checkpoints(list(frame.labels))
            if keys_line is not None:
                found.append(Plain(keys_line))
        if self.chance(0.15):
            lines = self.starts("\n".join([*(b.text() for b in self.blocks), *texts]))
            if lines:
                found.append(Plain("init { " + "  ".join(lines) + " }"))
        return found

    def starts(self, text: str) -> list[str]:
        """Lines of `init` that fit what stands in a text."""
        if re.search(r"\b(conv|linear|bn)\b(?!\()(?! ->|\n| \})", text):
            return []  # labels or parameters of these names
        forms: list[str] = []
        given = "connections" in text or "trainable" in text
        if "conv(" in text and not given:
            forms += ["kaiming", 'kaiming(mode="fan_out")', "xavier", "truncated_normal(0.02)"]
            forms = [f"conv: {form}" for form in (*forms, "orthogonal")]
        if "conv(" in text and "bias" not in text:
            forms.append("conv.bias: zeros")
        if "linear(" in text:
            forms.append("linear: normal(std=0.01)")
        if re.search(r"\bbn\b", text) and not re.search(r"\bbn\([^)]*affine", text):
            forms.append("bn: ones")
        return list(dict.fromkeys(self.pick(forms) for _ in range(2))) if forms else []
