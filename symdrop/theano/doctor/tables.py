"""Tables of what Python 3, NumPy 2 and SciPy have no more, with what to write instead.

Read next: files.py
"""

from __future__ import annotations

import re

# Names that are always there in Python 2, and nowhere in Python 3; fissix changes them.
BUILTINS = {
    "apply": "f(*arguments)", "basestring": "str", "cmp": "(a > b) - (a < b)", "execfile": "exec(open(path).read())",
    "file": "open", "intern": "sys.intern", "long": "int", "raw_input": "input", "reduce": "functools.reduce",
    "reload": "importlib.reload", "unichr": "chr", "unicode": "str", "xrange": "range",
}  # fmt: skip

# Methods of Python 2.
METHODS = {
    "has_key": "key in d", "iteritems": "d.items()", "iterkeys": "d.keys()", "itervalues": "d.values()",
}  # fmt: skip

# Modules of Python 2.
MODULES = {
    "ConfigParser": "configparser", "HTMLParser": "html.parser", "Queue": "queue", "StringIO": "io",
    "Tkinter": "tkinter", "__builtin__": "builtins", "cPickle": "pickle", "cStringIO": "io", "commands": "subprocess",
    "copy_reg": "copyreg", "httplib": "http.client", "md5": "hashlib", "thread": "_thread",
    "urllib2": "urllib.request", "urlparse": "urllib.parse",
}  # fmt: skip

# Names of modules that Python 2 has: fissix changes them.
OLD_NAMES = {
    "itertools.ifilter": "filter", "itertools.imap": "map", "itertools.izip": "zip",
    "itertools.izip_longest": "itertools.zip_longest", "os.getcwdu": "os.getcwd",
    "string.join": "separator.join(words)", "string.letters": "string.ascii_letters", "string.lower": "text.lower()",
    "string.maketrans": "str.maketrans", "string.replace": "text.replace(a, b)", "string.split": "text.split()",
    "sys.maxint": "sys.maxsize", "sys.setdefaultencoding": "nothing: text is unicode",
    "urllib.quote": "urllib.parse.quote", "urllib.unquote": "urllib.parse.unquote",
    "urllib.urlencode": "urllib.parse.urlencode", "urllib.urlopen": "urllib.request.urlopen",
    "urllib.urlretrieve": "urllib.request.urlretrieve",
}  # fmt: skip

# What was removed, and what to write: with a dot in front under the same module, otherwise as it stands.
REMOVED = {
    "inspect.getargspec": ".getfullargspec", "time.clock": ".perf_counter", "numpy.Inf": ".inf",
    "numpy.Infinity": ".inf", "numpy.NAN": ".nan", "numpy.NINF": "-inf", "numpy.NaN": ".nan", "numpy.alltrue": ".all",
    "numpy.asfarray": "", "numpy.asscalar": "", "numpy.bool": "bool", "numpy.complex": "complex",
    "numpy.complex_": ".complex128", "numpy.cumproduct": ".cumprod", "numpy.float": "float",
    "numpy.float_": ".float64", "numpy.in1d": ".isin", "numpy.infty": ".inf", "numpy.int": "int", "numpy.long": "int",
    "numpy.PINF": ".inf", "numpy.NZERO": "", "numpy.PZERO": "", "numpy.bool8": ".bool_", "numpy.cfloat": ".complex128",
    "numpy.clongfloat": ".clongdouble", "numpy.fastCopyAndTranspose": "", "numpy.int0": ".intp",
    "numpy.issubclass_": "issubclass", "numpy.issubsctype": ".issubdtype", "numpy.longcomplex": ".clongdouble",
    "numpy.longfloat": ".longdouble", "numpy.mat": ".asmatrix", "numpy.object0": "object",
    "numpy.singlecomplex": ".complex64", "numpy.uint0": ".uintp",
    "numpy.msort": "", "numpy.object": "object", "numpy.product": ".prod", "numpy.rank": ".ndim",
    "numpy.random.random_integers": "", "numpy.round_": ".round", "numpy.row_stack": ".vstack", "numpy.sctypes": "",
    "numpy.sometrue": ".any", "numpy.str": "str", "numpy.string_": ".bytes_", "numpy.trapz": ".trapezoid",
    "numpy.typeDict": ".sctypeDict", "numpy.unicode": "str", "numpy.unicode_": ".str_",
    "numpy.find_common_type": ".result_type", "collections.Callable": "", "collections.Iterable": "",
    "collections.Mapping": "", "collections.MutableMapping": "", "collections.Sequence": "",
    "scipy.integrate.simps": ".simpson", "scipy.integrate.cumtrapz": ".cumulative_trapezoid",
    "scipy.integrate.trapz": ".trapezoid",
}  # fmt: skip

# What to write where a name alone does not do.
SAID = {
    "numpy.asfarray": "np.asarray(x, dtype=float)",
    "numpy.asscalar": "x.item()",
    "numpy.NZERO": "-0.0",
    "numpy.PZERO": "0.0",
    "numpy.fastCopyAndTranspose": "x.T.copy()",
    "numpy.msort": "np.sort(x, axis=0)",
    "numpy.sctypes": "a list of dtypes",
    "numpy.random.random_integers": "np.random.randint(low, high + 1)",
}

# Modules that are there no more, by patterns, and where their functions are.
GONE = (
    (r"scipy\.misc\.(logsumexp|comb|factorial|factorial2|factorialk|softmax|perm)", "scipy.special.{0}"),
    (r"scipy\.misc\.(imread|imsave|imresize|imshow|imrotate|imfilter|toimage|fromimage|bytescale)",
     "Pillow or imageio: scipy.misc is gone"),
    (r"scipy\.misc\.(lena|face|ascent|electrocardiogram)", "scipy.datasets.face or .ascent (scipy.misc is gone)"),
    (r"scipy\.misc(\.\w+)?", "scipy.misc is gone"),
    (r"scipy\.weave(\..*)?|weave(\..*)?", "scipy.weave is gone: write the loop in symdrop or NumPy"),
    (r"sklearn\.cross_validation(\.\w+)?", "sklearn.model_selection"),
    (r"sklearn\.externals\.joblib(\.\w+)?|sklearn\.externals", "the package joblib"),
    (r"sklearn\.datasets\.(fetch_mldata|mldata\.\w+)", "sklearn.datasets.fetch_openml"),
)  # fmt: skip


def gone(path: str) -> str:
    """The replacement for a name of a module that is there no more; empty for other names.

    Example:
        >>> gone("scipy.misc.logsumexp")
        'scipy.special.logsumexp'
    """
    for pattern, instead in GONE:
        if match := re.fullmatch(pattern, path):
            return instead.format(*match.groups())
    return ""
