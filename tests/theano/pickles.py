"""Writes pickles of shared variables, run by the Python and the Theano that are to have written them.

    THEANO_FLAGS=cxx= python tests/theano/pickles.py >> pickles.txt

pickles.json holds what it wrote under Theano 0.7.0 and 0.9.0 with Python 2.7.18, and 1.0.5 with Python 3.8. It runs
under Python 2 too.
"""

import base64
import pickle
import sys
import zlib

PYTHON = sys.version_info[0]


def main():
    """Print a line for each pickle: what wrote it, and its bytes."""
    import numpy as np
    import theano

    # Else a trace of lines is stored with every variable.
    theano.config.traceback.limit = 0
    W = theano.shared(np.arange(3.0).astype("float32"), "W")
    b = theano.shared(2.5, "b")
    what = "Theano %s, Python %d" % (theano.__version__, PYTHON)  # noqa: UP031
    for protocol in (0, 2) if PYTHON == 2 else (0, 4):
        written = pickle.dumps({"params": [W, b], "text": "caf\xe9", "n": np.int64(7)}, protocol)
        show("%s, protocol %d" % (what, protocol), written)  # noqa: UP031
    if PYTHON == 3:
        import io

        from theano.misc.pkl_utils import dump

        file = io.BytesIO()
        dump([W, b], file)
        show(what + ", pkl_utils.dump", file.getvalue())


def show(what, written):
    """A line with bytes as text."""
    print(what + ": " + base64.b64encode(zlib.compress(written, 9)).decode("ascii"))


if __name__ == "__main__":
    main()
