"""Compiles the catalogues of messages when a distribution is built; everything else is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tools.compile_messages import compile_all


class Build(build_py):
    def run(self) -> None:
        compile_all()
        super().run()


setup(cmdclass={"build_py": Build})
