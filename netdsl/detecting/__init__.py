"""Detectors in use: pictures to learn from, training, evaluation, proposals.

A detector is a module that is called as torchvision's are: `model(images, targets)` gives a dictionary
of losses in training, `model(images)` a list of {"boxes", "labels", "scores"} in evaluation. Images are
(3, H, W) in 0..1, boxes (n, 4) are x1 y1 x2 y2 in pixels, labels are 1..classes.

This room imports torch and numpy, and nothing of the compiler imports this room: the command line does
when it trains.
"""
