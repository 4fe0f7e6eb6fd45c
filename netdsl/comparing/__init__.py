"""Networks beside each other: numbers (`sheets`), differences (`differences`), and whether checkpoints of
one load into the other (`breaking`)."""
