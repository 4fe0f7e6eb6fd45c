"""Figure -> scene: our own layout, which follows the tree of the source.

Sources are chains, merges, residuals, repetitions and groups inside of each other, so their figures can be laid
out piece by piece: every piece knows how far it reaches to both sides of its axis and how long it is, and a
chain puts pieces on one axis. The trunk is straight because nothing ever moves it. What a label connects over
a distance runs in lanes beside the chain that holds both ends.

| step    | what it does                                                                     |
|---------|----------------------------------------------------------------------------------|
| build   | tree of the figure -> pieces; which edges run along them, which over a distance   |
| widths  | boxes that stand above each other are equally wide                                |
| pieces, chain, splits, frames | what pieces measure, and how they are painted              |
| fit     | how deep, in how many columns and with which labels a figure fits onto its page   |

Lengths run along the flow, widths across it; which of them is `x` the `brush` knows.
"""
