"""The language read a second time: what is accepted and which shape results, said without netdsl."""
