"""The page on speed: what `tests/benchmarks/speed.py` measured, in figures and tables, read from its results.

Nothing is typed in: a bar that was not measured on some kind of device says so, and so does a figure's whole section.
"""

import importlib
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

KINDS = {"cpu": "CPU", "cuda": "GPU"}
NOT_MEASURED = "not measured"
Numbers = dict[str, Any]


def benchmarks(root: Path) -> Any:
    """The program that measures, which also reads its results."""
    sys.path[:0] = [str(root / "tests" / "benchmarks")]
    try:
        return importlib.import_module("speed")
    finally:
        del sys.path[0]


def significant(value: float) -> str:
    """Three digits, such as `1.07`, `23.4` or `3,090`."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """In Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def bars(standing: list[tuple[str, str, str, float, list[float]]]) -> str:
    """Every bar beside what was measured: the median of the processes, and the lowest and the highest."""
    rows = []
    for name, what, kind, bar, values in standing:
        row, spread = [name, what, KINDS[kind], NOT_MEASURED], ""
        if values:
            middle = statistics.median(values)
            row[-1], spread = (
                f"**{middle:.2f}**" + ", missed" * (middle < bar),
                f"{min(values):.2f} to {max(values):.2f}",
            )
        rows.append([*row, spread, f"{bar:g}"])
    return table(["game", "`fit` in speed", "on", "measured", "from … to", "bar"], rows)


def races(found: dict[str, Numbers]) -> str:
    """What is behind the ratios, and by what each game is bound."""
    rows = []
    for name, result in found.items():
        measured = result["measured"]
        shares = measured["where the time goes"]
        most = max(shares, key=shares.get)
        rows.append(
            [
                name,
                significant(1000 * measured["seconds a round"]["fit"]),
                significant(measured["images a second"]["fit"]),
                significant(sum(measured["flops a round"].values()) / 1e9),
                f"{measured['share of the roofline']:.0%}",
                f"{most}, {shares[most]:.0%} of the time",
                significant(measured["bfloat16 over the usual script"]),
            ]
        )
    head = ["game", "ms a round", "images a second", "GFLOP a round", "of the roofline", "bound by"]
    return table([*head, "bfloat16 over the usual script"], rows)


def memory(result: Numbers) -> str:
    """Peak by recipe."""
    rows = [
        [f"`{name}`", f"{each['megabytes']:,.0f}", f"{each['of them before it began']:,.0f}"]
        for name, each in result["measured"].items()
    ]
    return table(["recipe", "peak, MB", "before it began, MB"], rows)


def quality(result: Numbers) -> str:
    """How long the ring takes."""
    measured = result["measured"]
    reached = (
        f"after {measured['rounds']:,} rounds and {measured['seconds']:.0f} seconds"
        if measured["seconds"] is not None
        else "not in its whole run"
    )
    whole = measured["whole run"]
    return (
        f"The recipe `{measured['recipe']}`, seed 0, has {measured['wanted']}, {reached}; its whole run of "
        f"{whole['rounds']:,} rounds takes {whole['seconds']:.0f} seconds."
    )


def circumstances(result: Numbers) -> str:
    """Device, versions and day."""
    device = result["cpu"] if result["device"] == "cpu" else result["device"]
    threads = ", one thread" if result["threads"] == 1 else ""
    versions = f"PyTorch {result['versions']['torch']}, Python {result['versions']['python']}"
    return f"{device}{threads}; {versions}; {result['date'][:10]}."


def ratios(found: dict[str, Numbers]) -> Any:
    """For each game three ratios of speeds: a mark for the median of the processes, and a line for all of them."""
    from ganlib import show

    looks = {
        "over the usual script": ("fit over the usual script", show.FAKE),
        "over a loop by hand": ("fit over the loop by hand", show.DISCRIMINATOR),
        "bfloat16 over the usual script": ("fit in bfloat16 over the usual script", show.OTHERS[1]),
    }
    figure, (axes,) = show.panels(height=0.9 + 0.75 * len(found))
    for row, result in enumerate(found.values()):
        for shift, (what, (label, look)) in zip((-0.22, 0, 0.22), looks.items(), strict=True):
            values = result["measured"]["in each process"][what]
            axes.plot([min(values), max(values)], 2 * [row + shift], color=look.colour, lw=1.5)
            middle = statistics.median(values)
            axes.plot(middle, row + shift, look.marker, color=look.colour, ms=7, label=label * (row == 0))
    axes.axvline(1, color="#5f5f5f", lw=0.8, ls=(0, (1, 2)), zorder=0.5)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlabel("times as fast")
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=1, handletextpad=0.2)
    return figure


def growth(result: Numbers) -> Any:
    """Seconds and memory of a round, by batch and by side, each over its smallest."""
    from ganlib import show

    figure, panels = show.panels(2)
    for axes, (what, label) in zip(
        panels, {"batch": "images in a batch", "side": "pixels of a side"}.items(), strict=True
    ):
        points = result["measured"][what]
        sizes = [int(size) for size in points]
        curves = {
            "time": [each["seconds a round"] for each in points.values()],
            "memory": [each["megabytes"] - each["of them before it began"] for each in points.values()],
        }
        for (name, values), look in zip(curves.items(), (show.FAKE, show.REAL), strict=True):
            axes.plot(
                sizes,
                [value / values[0] for value in values],
                color=look.colour,
                ls=look.line,
                marker=look.marker,
                ms=5,
            )
            axes.annotate(
                name, (sizes[-1], values[-1] / values[0]), xytext=(-6, 0), textcoords="offset points",
                color=look.colour, size=9, ha="right", va="bottom",
            )  # fmt: skip
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_xlabel(label)
    panels[0].set_title("cost, smallest = 1")
    return figure


def markdown(root: Path, pictures: Path) -> Iterator[str]:
    """The page's parts, in order; figures are written to `pictures`."""
    from ganlib import show

    program = benchmarks(root)
    results = root / "tests" / "benchmarks" / "results"
    pictures.mkdir(parents=True, exist_ok=True)
    yield bars(program.standing(results))
    for kind, label in KINDS.items():
        found = {name: result for name in program.SETUPS if (result := program.read(name, kind, results))}
        rest = {name: program.read(name, kind, results) for name in ("quality", "memory", "sweep")}
        yield f"## On a {label}"
        if not found:
            yield f"{NOT_MEASURED.capitalize()} yet. `make gpu-day` does it where there is a {label}."
            continue
        (pictures / f"speed_{kind}.png").write_bytes(show.png(ratios(found)))
        told = "; ".join(
            f"{what}: " + ", ".join(f"{name} {result['measured'][what]:.2f}" for name, result in found.items())
            for what in ("over the usual script", "over a loop by hand", "bfloat16 over the usual script")
        )
        yield figure(
            f"speed_{kind}",
            f"Three marks for each game, each on a short line, say how many times as fast fit is. {told}.",
            "**What to see.** Right of the dotted line `fit` is faster than what it is held against; a line goes from "
            "the lowest to the highest of the five processes. How far squares lie left of 1 is what the engine costs.",
        )
        yield races(found)
        if rest["quality"]:
            yield quality(rest["quality"])
        if rest["sweep"]:
            (pictures / f"growth_{kind}.png").write_bytes(show.png(growth(rest["sweep"])))
            yield figure(
                f"growth_{kind}",
                "Two panels with logarithmic axes: time and memory of a round rise with the batch, and with the side "
                "of the images.",
                "**What to see.** How time and memory of a round of the DCGAN grow with the batch, at 32 pixels, and "
                "with the images, at a batch of 64. Memory is what comes on top of a process that has made networks "
                "and data.",
            )
        if rest["memory"]:
            yield memory(rest["memory"])
        yield circumstances(next(iter(found.values())))


def figure(name: str, alt: str, caption: str) -> str:
    """One picture with its description for those who cannot see it."""
    return f"```{{figure}} _build/{name}.png\n:alt: {alt}\n:name: fig-{name.replace('_', '-')}\n\n{caption}\n```"


class Benchmarks(SphinxDirective):
    """`{benchmarks}`: everything below the page's introduction."""

    def run(self) -> list[nodes.Node]:
        root = self.env.srcdir.parent
        for file in sorted((root / "tests" / "benchmarks" / "results").glob("*.json")):
            self.env.note_dependency(str(file))
        result: list[nodes.Node] = []
        for part in markdown(root, Path(self.env.srcdir) / "_build"):
            if part.startswith("## "):
                result.append(nodes.rubric(text=part.removeprefix("## "), classes=["paper"]))
            else:
                result += self.parse_text_to_nodes(part)
        return result


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("benchmarks", Benchmarks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
