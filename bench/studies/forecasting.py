"""The published tables of long-term forecasting on ETTh1 and ETTm1, made again: every model by its recipe (that of
PatchTST is all defaults but the split), every window of the test part, standardised, a mean of seeds. Writes Markdown
tables to standard output. A study that was stopped goes on where it was.

    python forecasting.py --attune ../../build/attune --data DIR --work DIR [--seeds 1 2 3] [--only patchtst ...]

--data: ETTh1.csv and ETTm1.csv. The published figures are those of Liu et al. (2310.06625, tables 1 and 10) and, of
one series, of Zeng et al. (2205.13504, table 9).
"""

import argparse
import json
import statistics
from pathlib import Path

from study import Study, table

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
HORIZONS = (96, 192, 336, 720)
PUBLISHED = {
    ("ETTh1", "patchtst"): (.414, .419, .460, .445, .501, .466, .500, .488),
    ("ETTm1", "patchtst"): (.329, .367, .367, .385, .399, .410, .454, .439),
    ("ETTh1", "itransformer"): (.386, .405, .441, .436, .487, .458, .503, .491),
    ("ETTm1", "itransformer"): (.334, .368, .377, .391, .426, .420, .491, .459),
    ("ETTh1", "dlinear"): (.386, .400, .437, .432, .481, .459, .519, .516),
    ("ETTm1", "dlinear"): (.345, .372, .380, .389, .413, .413, .474, .453),
    ("ETTh1", "informer"): (.865, .713),
    ("ETTh1", "informer_normalized"): (.865, .713),  # of an Informer without it
}
ONE_SERIES = (.056, .180, .071, .204, .098, .244, .189, .359)  # DLinear on OT of ETTh1


class Forecasts:
    def __init__(self, study, data):
        self.study, self.data = study, Path(data)

    def figures(self, name, dataset, horizon, seed, *options):
        """What `attune eval --json` says of the model that `attune train forecast OPTIONS` makes."""
        key = f"{name}/{dataset}/{horizon}/{seed}"
        if key not in self.study.results:
            file = self.data / f"{dataset}.csv"
            out = self.study.model("run-" + key.replace("/", "-"), "forecast", "--data", file,
                                   "--horizon", horizon, "--seed", seed, *options)
            report = json.loads(self.study.command("eval", out, "--data", file, "--json"))
            self.study.keep(key, {metric: report[metric] for metric in ("mse", "mae", "coverage")})
        return self.study.results[key]

    def mean(self, name, dataset, horizon, seeds, *options):
        runs = [self.figures(name, dataset, horizon, seed, *options) for seed in seeds]
        return {metric: statistics.mean(run[metric] for run in runs) for metric in runs[0]}


def pair(mse, mae):
    return f"{mse:.3f} / {mae:.3f}"


def row(title, figures):
    """A row of mean squared and absolute errors by horizon, and their averages."""
    pairs = list(zip(figures[::2], figures[1::2]))
    average = pair(statistics.mean(figures[::2]), statistics.mean(figures[1::2])) if len(pairs) > 1 else ""
    return (title, *(pair(*p) for p in pairs), *[""] * (len(HORIZONS) - len(pairs)), average)


def dataset_table(forecasts, dataset, models, seeds):
    rows, coverage = [], []
    for model in models:
        published = PUBLISHED.get((dataset, model))
        if published is None:
            continue
        horizons = HORIZONS[:len(published) // 2]
        recipe = RECIPES / f"{dataset.lower()}_{model}.json"
        means = [forecasts.mean(model, dataset, horizon, seeds, "--config", recipe) for horizon in horizons]
        rows.append(row(model, [value for mean in means for value in (mean["mse"], mean["mae"])]))
        rows.append(row(f"{model}, published", published))
        coverage.append((model, *(f"{100 * mean['coverage']:.1f}" for mean in means),
                         *[""] * (len(HORIZONS) - len(means))))
    head = (f"{dataset}: MSE / MAE", *HORIZONS, "average")
    return table(head, rows) + "\n" + table(("coverage of the 80 % interval, %", *HORIZONS), coverage) + "\n"


def one_series_table(forecasts, seeds):
    figures = []
    for horizon in HORIZONS:
        mean = forecasts.mean("one", "ETTh1", horizon, seeds, "--config", RECIPES / "etth1_one_series.json")
        figures += [mean["mse"], mean["mae"]]
    return table(("ETTh1, OT alone: MSE / MAE", *HORIZONS, "average"),
                 [row("ours", figures), row("DLinear, published", ONE_SERIES)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of ETTh1; ETTm1 has the first")
    parser.add_argument("--only", nargs="+", default=list(dict.fromkeys(model for _, model in PUBLISHED)))
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    forecasts = Forecasts(Study(args.attune, args.work, args.threads), args.data)
    print(dataset_table(forecasts, "ETTh1", args.only, args.seeds))
    print(one_series_table(forecasts, args.seeds))
    print(dataset_table(forecasts, "ETTm1", args.only, args.seeds[:1]))


if __name__ == "__main__":
    main()
