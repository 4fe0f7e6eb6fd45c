"""Tests in the folders below find the modules of this one, for pytest puts the folder of a conftest on the path."""
