"""A detector, from a text of thirty lines, learns to find digits on photographs in ten minutes."""

from __future__ import annotations

import time

import pytest
import torch

import netdsl
from netdsl.detecting.digits import make_digits
from netdsl.detecting.evaluation import evaluate
from netdsl.detecting.training import train


@pytest.mark.slow
def test_ten_minutes_of_one_processor() -> None:
    """mAP@0.5 of 0.80 on pictures whose digits and places were never seen, nor chosen by."""
    torch.manual_seed(0)
    model = netdsl.load("zoo:digits", net="DigitsSSD").module()
    result = train(model, make_digits(8000), minutes=10, clock=time.process_time, device="cpu")
    precision = evaluate(model, make_digits(1000, "test"))
    print(f"{result.epochs:.1f} epochs, mAP {precision.mean:.3f}, @0.5 {precision.at(0.5):.3f}")
    assert result.seconds < 620
    assert precision.at(0.5) >= 0.80
    assert precision.mean >= 0.50
    assert min(precision.per_class(0.5).values()) >= 0.60
