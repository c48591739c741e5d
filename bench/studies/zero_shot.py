"""The small GPT without fine-tuning: `attune score` with no, one and several examples before the question (Brown et
al. 2020, section 2.4), beside chance."""

import json
import random

from study import table, write_table


def review_rows(path):
    for line in path.read_text().splitlines():
        text, label = line.split("\t")
        yield text, int(label)


def ending_rows(lines, count):
    """Captions in two halves, the second to be found among those of three others."""
    draw = random.Random(0)
    captions = [line.split() for line in lines if len(line.split()) >= 8]
    halves = [(" ".join(words[:len(words) // 2]), " ".join(words[len(words) // 2:])) for words in captions]
    for i, (begin, end) in enumerate(halves[:count]):
        ends = [end] + [halves[k][1] for k in draw.sample([k for k in range(len(halves)) if k != i], 3)]
        order = draw.sample(range(4), 4)
        yield (begin, *(ends[k] for k in order), order.index(0))


def zero_shot_table(models):
    a, work = models.a, models.a.work
    model = models.gpt("gpt")
    for part, reviews, captions in (("train", "train.tsv", "train.en"), ("valid", "dev.tsv", "val.en")):
        write_table(work / f"reviews.{part}.jsonl", ("text", "label"), review_rows(a.sst2 / reviews))
        write_table(work / f"endings.{part}.jsonl", ("begin", "a", "b", "c", "d", "label"),
                    ending_rows((a.translation / captions).read_text().splitlines(), 800))
    tasks = [("SST-2: `{text} . the film is` bad / good", "reviews", "{text} . the film is", (" bad", " good")),
             ("ends of captions, one of four", "endings", "{begin}", (" {a}", " {b}", " {c}", " {d}"))]
    rows = []
    for title, task, prompt, answers in tasks:
        cells = [score(models, model, task, prompt, answers, shots) for shots in a.shots]
        rows.append([title, f"{100 / len(answers):.0f}", *cells])
    return "## Zero- and few-shot\n\n" + table(("", "chance, %", *(f"{shots} examples" for shots in a.shots)), rows)


def score(models, model, task, prompt, answers, shots):
    """"81.3 ± 0.4": accuracy and its standard error."""
    name = f"score/{task}/{shots}"
    if name not in models.study.results:
        work = models.a.work
        examples = ["--examples", work / f"{task}.train.jsonl", "--shots", shots] if shots else []
        answer = models.study.command("score", model, "--input", work / f"{task}.valid.jsonl", "--label", "label",
                                      "--prompt", prompt, "--answers", *answers, *examples, "--json")
        models.study.keep(name, json.loads(answer))
    result = models.study.results[name]
    return f"{100 * result['accuracy']:.1f} ± {100 * result['standard_error']:.1f}"
