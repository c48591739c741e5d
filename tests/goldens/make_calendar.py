"""Golden for attune/series/calendar: `python make_calendar.py --tsl PATH` rewrites calendar.json. PATH: a checkout of the
Time-Series-Library, whose utils/timefeatures.py scales the fields. Made with pandas 3.1.1 and holidays 0.109.

`features`: of each frequency {start, steps, values}: steps from the start, and what timeenc=1 gives for their times.
`holidays`: of each country the days of 2000 to 2030, ISO. Left out, as the rules leave them out:
  GB: days given once (weddings, jubilees, a coronation, a funeral, 31 December 1999);
  CN: days off that are exchanged for working weekends, those instead of holidays on weekends
      ("observed"), and days given once (2015-09-03, 2020-01-31 to 2020-02-02).
"""

import argparse
import json
import sys
from pathlib import Path

import holidays
import pandas as pd

HERE = Path(__file__).parent
FREQUENCIES = {"30s": "30s", "15min": "15min", "h": "h", "D": "D", "B": "B", "W": "W-MON", "MS": "MS", "QS": "QS"}
# TSL passes letters, whose offsets choose the fields.
LETTERS = {"30s": "s", "15min": "min", "h": "h", "D": "D", "B": "B", "W": "W", "MS": "ME", "QS": "QE"}
STEPS = {"30s": 99991, "15min": 4999, "h": 1237, "D": 61, "B": 43, "W": 9, "MS": 2, "QS": 1}
NO_RULE = {
    "GB": ("Jubilee", "Wedding", "Coronation", "Funeral", "Millennium"),
    "CN": ("substituted", "observed", "Anniversary", "Extended"),
}
COUNTRIES = {"US": {}, "CN": {}, "DE": {}, "GB": {"subdiv": "ENG"}, "FR": {}, "JP": {}}


def features(time_features):
    cases = {}
    for name, offset in FREQUENCIES.items():
        steps = [i * STEPS[name] for i in range(50)]
        times = pd.date_range("2016-02-01 00:00", periods=steps[-1] + 1, freq=offset)[steps]
        values = time_features(times, freq=LETTERS[name]).T.tolist()
        cases[name] = {"start": times[0].date().isoformat(), "steps": steps, "values": values}
    return cases


def is_by_rule(country, name):
    return not any(word in name for word in NO_RULE.get(country, ()))


def days_of(country):
    calendar = holidays.country_holidays(country, years=range(2000, 2031), language="en_US", **COUNTRIES[country])
    return sorted(day.isoformat() for day, name in calendar.items() if is_by_rule(country, name))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsl", type=Path, required=True)
    sys.path.insert(0, str(parser.parse_args().tsl))
    from utils.timefeatures import time_features

    golden = {"features": features(time_features), "holidays": {country: days_of(country) for country in COUNTRIES}}
    (HERE / "calendar.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
