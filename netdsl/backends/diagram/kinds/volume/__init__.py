"""The parts of `kinds.volumes`: a network along one row of solids."""
