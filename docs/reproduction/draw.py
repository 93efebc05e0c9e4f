"""Pictures of docs/reproduction.md, drawn from the logs beside this file.

    python docs/reproduction/draw.py

The features are drawn by measure.py itself, since their weights are not kept.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent
PICTURES = HERE.parent / "pictures"
plt.rcParams.update({"svg.hashsalt": "symdrop", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def read(name):
    """The lines of a log as dictionaries."""
    with open(HERE / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def save(figure, name):
    figure.savefig(PICTURES / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def curves():
    """Test errors of the table's rows over the epochs."""
    figure, axes = plt.subplots(figsize=(6.5, 3.4))
    lines = read("table")
    for run, row in dict.fromkeys((line["run"], line["row"]) for line in lines):
        own = [line for line in lines if (line["run"], line["row"]) == (run, row)]
        epochs, errors = ([float(line[key]) for line in own] for key in ("epoch", "test error"))
        axes.plot(epochs, errors, label=f"{row} ({run})")
    axes.set(xlabel="epoch", ylabel="test error in %", xlim=(0, None), yscale="log", yticks=[1.2, 1.5, 2, 3, 4, 6])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.minorticks_off()
    axes.legend(frameon=False)
    save(figure, "reproduction-curves")


def rates():
    """Errors against the rate of dropping."""
    figure, axes = plt.subplots(figsize=(5, 3))
    lines = read("rates")
    for which, style in (("test error", "o-"), ("training error", "s--")):
        axes.plot([float(line["drop"]) for line in lines], [float(line[which]) for line in lines], style, label=which)
    axes.set(xlabel="probability of dropping a hidden unit", ylabel="error in %", ylim=(-0.2, 12))
    axes.legend(frameon=False)
    save(figure, "reproduction-rates")


def sizes():
    """Test errors against the number of images."""
    figure, axes = plt.subplots(figsize=(5, 3))
    lines = read("sizes")
    for drop, label in (("0.0", "without dropout"), ("0.5", "with dropout")):
        own = [line for line in lines if line["drop"] == drop]
        images, errors = ([float(line[key]) for line in own] for key in ("images", "test error"))
        axes.plot(images, errors, "o-", label=label)
    axes.set(xlabel="training images", ylabel="test error in %", xscale="log", yscale="log", yticks=[2, 5, 10, 20, 40])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.minorticks_off()
    axes.legend(frameon=False)
    save(figure, "reproduction-sizes")


def averages():
    """Test error of averages over masks against their number."""
    figure, axes = plt.subplots(figsize=(5, 3))
    lines = read("averages")
    axes.plot(
        [int(line["networks"]) for line in lines],
        [float(line["average's test error"]) for line in lines],
        label="average over masks",
    )
    axes.axhline(float(lines[0]["weight scaling's test error"]), linestyle="--", color="grey", label="weight scaling")
    axes.set(xlabel="networks", ylabel="test error in %")
    axes.legend(frameon=False)
    save(figure, "reproduction-averages")


if __name__ == "__main__":
    for draw in (curves, rates, sizes, averages):
        draw()
