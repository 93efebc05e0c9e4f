"""Declarations of ops: the files of this folder are loaded with it, those of a folder in it when one of them is used.

A new file needs no other edit. Nor does a new folder, of ops that many programs never use: its __init__ is that of
convolution/, and the registry loads it for whoever asks for an op that is not there, or for all. The rules of an op
stand in its own folder, so that it has all of them whenever it is there.

Read next: logic.py
"""

from __future__ import annotations

from functools import partial

from ..lazy_loading import import_files, import_packages
from ..op import registry

import_files(__name__)
registry.complete_by(partial(import_packages, __name__))
