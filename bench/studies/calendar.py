"""What the calendar is worth, by how it is embedded and by the frequency: the errors of a PatchTST on the test part of
the series that `attune demo series` makes up, a mean of seeds. Writes a Markdown table to standard output. A study that
was stopped goes on where it was.

    python calendar.py --attune ../../build/attune --series runs/demo-series/load.csv --work DIR [--seeds 1 2 3]
"""

import argparse
import json
import statistics

from study import Study, table

FREQUENCIES = {
    "hourly": ("--context", 168, "--horizon", 24, "--calendar", "hour,weekday,holiday"),
    "daily": ("--resample", "1D", "--context", 28, "--horizon", 7, "--patch-length", 7, "--patch-stride", 7,
              "--batch-size", 32, "--calendar", "weekday,holiday"),
}
NETWORK = ("--split", "0.6,0.15,0.25", "--width", 32, "--layers", 2, "--dropout", 0.1, "--learning-rate", 2e-3,
           "--num-train-epochs", 5, "--early-stopping-patience", 0)
EMBEDDINGS = ("none", "timeF", "fixed", "learned")


def error(study, series, frequency, embedding, seed):
    key = f"{frequency}/{embedding}/{seed}"
    if key not in study.results:
        options = list(FREQUENCIES[frequency])
        if embedding == "none":
            options[options.index("--calendar") + 1] = "none"
        else:
            options += ["--holidays", "US", "--embed", embedding]
        out = study.model("run-" + key.replace("/", "-"), "forecast", "--data", series, *options, *NETWORK, "--seed",
                          seed)
        report = json.loads(study.command("eval", out, "--data", series, "--json"))
        study.keep(key, [report["mse"], report["mae"]])
    return study.results[key]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--series", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    study = Study(args.attune, args.work, args.threads)
    rows = []
    for frequency in FREQUENCIES:
        means = {}
        for embedding in EMBEDDINGS:
            errors = [error(study, args.series, frequency, embedding, seed) for seed in args.seeds]
            means[embedding] = [statistics.mean(values) for values in zip(*errors)]
        for at, name in enumerate(("MSE", "MAE")):
            without = means["none"][at]
            rows.append((frequency, name, f"{without:.4f}",
                         *(f"{means[e][at]:.4f} ({100 * (means[e][at] / without - 1):+.0f} %)" for e in EMBEDDINGS[1:])))
    print(table(("series", "test", "no calendar", *EMBEDDINGS[1:]), rows))


if __name__ == "__main__":
    main()
