"""Random programs of the language, valid by construction.

Sentences are run on shapes while they are written (reading/): a piece that does not fit is thrown away
and another one tried. Every program uses some of the constructs only, so that each of them also meets
few others (swarm testing: Groce et al., 2012).
"""
