"""A process of ours finds no settings of a developer: no cloud, no proxy, no cache in the home directory."""

import os
import sys
import warnings


def clean():
    # Those of both services about their libraries; what goes wrong stays visible.
    warnings.simplefilter("ignore")
    os.environ["PYTHONWARNINGS"] = "ignore"
    for name in list(os.environ):
        if name.startswith("OS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    # stevedore keeps what it found of entry points there.
    os.environ["XDG_CACHE_HOME"] = os.path.join(sys.prefix, "cache")
