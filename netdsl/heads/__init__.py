"""Detection heads: their kinds, the steps that predict in them, and the boxes that they predict for.

What holds weights or maps is a network; all else is numbers, which stand here: how boxes are matched,
which are kept, how large anchors are. Nothing here imports torch.
"""
