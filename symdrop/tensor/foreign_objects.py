"""Names of other libraries on compiled functions, streams, cells and modules, with what to write here instead.

Read next: refusals.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NoReturn

from .foreign import PLACE, no_name


class ForeignNames:
    """An object of which a name that it does not have is refused, with what ``elsewhere`` says about it."""

    __slots__ = ()

    elsewhere: ClassVar[Mapping[str, str]]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            no_name(f"<{type(self).__name__}>", name, dir(type(self)), type(self).elsewhere)


_CALL = "a compiled function is called: f(x)"
_STEP = "a call of a function with updates= is one step; sd.nn.fit(f, batches, epochs=) is the loop over them"
_STATES = "states are the sd.shared variables of yours; f.updates holds those that it changes"
_MODE = "write sd.function(..., training=True) and sd.function(..., training=False): two functions of one graph"

# Attributes of models and functions elsewhere, with what sd.function gives here.
FUNCTION: Mapping[str, str] = {
    **dict.fromkeys(("grad", "backward", "gradient"), "a gradient is an output: sd.grad(cost, wrt) before compiling"),
    **dict.fromkeys(("fit", "train_on_batch", "train_step", "step"), _STEP),
    **dict.fromkeys(("predict", "forward", "apply", "run", "evaluate"), _CALL),
    **dict.fromkeys(("eval", "train"), _MODE),
    **dict.fromkeys(
        ("parameters", "params", "weights", "state_dict", "get_weights", "get_value", "set_value", "get_shared"),
        _STATES,
    ),
    **dict.fromkeys(("cuda", "to", "cpu"), PLACE),
    **dict.fromkeys(
        ("maker", "fn", "input_storage", "output_storage", "trust_input", "vm", "nodes_with_inner_function"),
        "f.stages, f.kernels and f.source() say how it is computed",
    ),
    **dict.fromkeys(("compile", "lower"), "it is compiled"),
    "clone": "write f.copy()",
    **dict.fromkeys(("save", "load", "save_weights"), "functions and sd.shared variables can be pickled"),
    "summary": "write sd.inspect.cost(f), or print(f.stages['rewritten'])",
}  # fmt: skip

# Methods of random generators elsewhere, with what sd.RandomStream has here.
STREAM: Mapping[str, str] = {
    **dict.fromkeys(("randn", "standard_normal", "gauss"), "write stream.normal(size=)"),
    **dict.fromkeys(("rand", "random", "random_sample"), "write stream.uniform(size=)"),
    **dict.fromkeys(("randint", "random_integers"), "write stream.integers(low=, high=, size=)"),
    **dict.fromkeys(("randperm", "shuffle_row_elements"), "write x[stream.permutation(n=)]"),
    **dict.fromkeys(("split", "fold_in", "spawn", "key", "next", "PRNGKey"), "a draw has a site; there are no keys"),
    **dict.fromkeys(("updates", "state_updates"), "functions know its updates by themselves: f.updates"),
    **dict.fromkeys(("standard_exponential", "exponential_"), "write stream.exponential(scale=, size=)"),
    **dict.fromkeys(("log_normal", "log_normal_"), "write stream.lognormal(mean=, sigma=, size=)"),
    **dict.fromkeys(("standard_cauchy", "cauchy_"), "write stream.cauchy(loc=, scale=, size=)"),
    "weibull_min": "write stream.weibull(a=, scale=, size=)",
    "truncnorm": "write stream.truncated_normal(low=, high=, mean=, std=, size=)",
    **dict.fromkeys(("standard_gamma", "loggamma"), "write stream.gamma(shape=, size=)"),
    **dict.fromkeys(("standard_t", "t", "StudentT"), "write stream.student_t(df=, size=)"),
    **dict.fromkeys(("vonmises", "VonMises"), "write stream.von_mises(mu=, kappa=, size=)"),
    **dict.fromkeys(("chi2", "chi_square"), "write stream.chisquare(df=, size=)"),
    **dict.fromkeys(("nbinom", "NegativeBinomial"), "write stream.negative_binomial(n=, p=, size=)"),
    **dict.fromkeys(("noncentral_chisquare", "noncentral_f", "logseries"), "is not there"),
    "categorical": "write stream.choice(a=categories, p=); a matrix p has a distribution in every row",
    "manual_seed": "write stream.reseed(seed)",
    "dropout": "write sd.dropout(x, p=, stream=)",
}  # fmt: skip

# Attributes of layers elsewhere, with the cells of sd.nn here.
CELL: Mapping[str, str] = {
    **dict.fromkeys(("forward", "apply", "predict"), "a cell is called: cell(x)"),
    **dict.fromkeys(("train", "eval"), _MODE),
    **dict.fromkeys(("cuda", "to", "cpu"), PLACE),
    **dict.fromkeys(("weight", "weights", "weight_ih_l0", "kernel", "bias"), "its parameters are W, U and b"),
    **dict.fromkeys(("params", "state_dict", "get_weights", "trainable_weights", "variables"), "write cell.parameters"),
    **dict.fromkeys(("zero_grad", "backward"), "write sd.grad(cost, cell.parameters)"),
}  # fmt: skip

# Attributes of layers elsewhere, with the layers of sd.nn here.
LAYER: Mapping[str, str] = {
    **dict.fromkeys(("forward", "apply", "predict"), "a layer is called: layer(x)"),
    **dict.fromkeys(("train", "eval"), _MODE),
    **dict.fromkeys(("cuda", "to", "cpu"), PLACE),
    **dict.fromkeys(("weight", "weights", "kernel"), "parameters are fields such as W and b"),
    **dict.fromkeys(
        ("parameters", "named_parameters", "params", "trainable_weights", "variables"), "write sd.nn.parameters(layer)"
    ),
    **dict.fromkeys(("state_dict", "get_weights", "buffers"), "write sd.nn.states(layer)"),
    **dict.fromkeys(("load_state_dict", "set_weights"), "write sd.io.load(path, sd.nn.states(layer))"),
    **dict.fromkeys(("zero_grad", "backward"), "write sd.grad(cost, [*sd.nn.parameters(layer).values()])"),
    **dict.fromkeys(("fit", "train_on_batch"), "write sd.nn.fit(f, batches, epochs=); f is a function with updates="),
    **dict.fromkeys(("compile", "jit"), "write sd.function(inputs, loss, updates=sd.optim.adam(loss, parameters))"),
    "evaluate": "write sd.nn.evaluate(f, batches); f is a function with training=False",
    **dict.fromkeys(("save", "save_weights"), "write sd.io.save(path, sd.nn.states(layer))"),
    **dict.fromkeys(("load", "load_weights"), "write sd.io.load(path, sd.nn.states(layer))"),
    "summary": "write sd.nn.summary(layer, x)",
    **dict.fromkeys(("add", "append", "add_module"), "layers do not change; write sd.nn.Sequential(*layers)"),
    "count_params": "write sd.nn.summary(layer)",
}  # fmt: skip

# Names of modules elsewhere, with sd.data, sd.inspect and sd.viz here.
MODULES: Mapping[str, Mapping[str, str]] = {
    "data": {
        **dict.fromkeys(("DataLoader", "TensorDataset", "batch", "batches"), "write sd.data.Batches(x, y, size=)"),
        **dict.fromkeys(("load_digits",), "write sd.data.digits()"),
        **dict.fromkeys(("load_mnist", "MNIST"), "write sd.data.mnist(folder)"),
        "FashionMNIST": "write sd.data.fashion_mnist(folder)",
        "CIFAR10": "write sd.data.cifar10(folder)",
        **dict.fromkeys(("pad_sequence", "pad_sequences"), "write sd.data.pad(sequences)"),
        **dict.fromkeys(("loadtxt", "genfromtxt", "load_csv"), "write sd.data.read_csv(path)"),
        **dict.fromkeys(("load", "load_npz"), "write sd.data.read_npz(path)"),
        **dict.fromkeys(("Tokenizer", "StringLookup"), "write sd.data.Vocabulary.of_text(text)"),
        **dict.fromkeys(("imagenet", "load_iris"), "is not there; any NumPy arrays will do"),
    },
    "inspect": {
        **dict.fromkeys(("debugprint", "print_graph"), "write sd.inspect.dprint(x)"),
        **dict.fromkeys(("summary", "profile"), "write sd.inspect.cost(f), f.profile(*arguments)"),
    },
    "io": {
        **dict.fromkeys(("dump", "save_file", "savez"), "write sd.io.save(path, parameters)"),
        **dict.fromkeys(("load_file", "load_state_dict"), "write sd.io.load(path, parameters)"),
        **dict.fromkeys(("Checkpoint", "CheckpointManager"), "write sd.io.Checkpoints(folder)"),
    },
    "optim": {
        **dict.fromkeys(("SGD", "GradientDescent"), "write sd.optim.sgd(loss, parameters, rate)"),
        **dict.fromkeys(("Adam", "AdamW", "Optimizer"), "write sd.optim.adam(loss, parameters, rate=)"),
        **dict.fromkeys(("apply_updates", "zero_grad", "step"), "write sd.function(..., updates=sd.optim.adam(...))"),
        "lr_scheduler": "rate= takes schedules such as sd.optim.cosine(rate, steps)",
    },
    "viz": {
        **dict.fromkeys(("plot", "draw", "show", "make_dot", "plot_model", "pydotprint"), "write sd.viz.to_svg(f)"),
    },
}  # fmt: skip
