"""Goldens for attune/tasks/metrics: BLEU and chrF by sacreBLEU on 1,000 odd lines.

    python make_translation_metrics.py       writes translation_metrics.json beside itself

Made with sacrebleu 2.6.0 on Python 3.11 (Unicode 14).

The lines are pseudo-random: several scripts, punctuation, numbers, HTML entities, all of Python's whitespace,
combining marks, emoji, letters whose lower case is special. Every line is a row
[hypothesis, reference, BLEU, lowercased BLEU, chrF] scored alone, with the hypothesis as tokenizer 13a gives it
last; "corpus" and "slices" have the scores of all lines, and of each hundred.
"""

import json
import random
from pathlib import Path

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

OUT = Path(__file__).parent / "translation_metrics.json"
WORDS = (
    "The a of river mill Don't it's U.S. e.g. i.e. state-of-the-art 3,000 3.14 1,234.56 .5 ,5 5. 7, 2021-05-03 10-20 -7 "
    "1.2.3 5% $9.99 #1 a/b A&B C++ x=y <b> </b> [1] {2} (3) ~4 _u_ ^ ` | \\ @you \"quoted\" 'single' \"end.\" ... .. .,. ,, "
    "?! -- - word- -word 9- 1-a a-1 &quot;hi&quot; &amp; &amp;quot; &lt;i&gt; &amp;lt; &QUOT; &AMP; &apos; & &; <skipped> "
    "<SKIPPED> a<skipped>b <skip<skipped>ped> Straße GROẞ naïve café cafe\u0301 E\u0301cole Ångström İstanbul ISPARTA ıI "
    "ΣΊΣΥΦΟΣ ΟΔΟΣ. Σ ΑΣ\u0301 Σ'Α ΑΣ-Β Привет, МИР! «Ёлка» Київ Њ ӁЖ مرحبا، بالعالم؟ ١٢٣.٤٥ שָׁלוֹם नमस्ते। हिन्दी "
    "สวัสดี 你好，世界。 中文 ひらがな、カタカナ ｱｲｳ ＡＢＣ１２． 한국어 각 e\u0308\u0323 🙂 👩‍👩‍👧 🇫🇷 ✈️ € £5 ½ № — – … “quoted” ‘x’ „y“ ´ · "
    "ǅ Ǆ ﬁ ŉ Ⅷ Ⓐ 𐐀𐐁 𝐀 Ა Ꭰ ꭰ ֆԱՐԵՒ \u200b \u200d \ufeff \x1a \x7f \u180e"
).split(" ")
SPACES = [" "] * 40 + ["  ", "\t", "\u00a0", "\u2003", "\u3000", "\u2028", "\u202f", "\x1c", "\x1f", "\x85", "\x0b", "\r", "\n", "-\n", "", ""]


def line(random):
    text = random.choice(["", "", "", " ", "\u00a0", "."])
    for _ in range(random.choice([0, 1, 2, 3, 4, 5, 6, 8, 9, 12])):
        text += random.choice(WORDS) + random.choice(SPACES)
    return text + random.choice(["", "", ".", " .", ",", "-", "-\n", "\n", "\u3000", "5"])


def change(random, text):
    """A hypothesis: the reference with a few pieces dropped, doubled, replaced, or in another case."""
    pieces, result = text.split(" "), []
    for piece in pieces:
        kind = random.random()
        if kind < 0.08:
            continue
        if kind < 0.14:
            piece = random.choice(WORDS)
        elif kind < 0.2:
            piece = random.choice([piece.upper(), piece.lower(), piece + piece])
        result.append(piece)
        if kind > 0.95:
            result.append(random.choice(pieces))
    return " ".join(result)


def pair(random):
    reference = line(random)
    kind = random.random()
    if kind < 0.02:
        return "", reference
    if kind < 0.05:
        return line(random), random.choice(["", reference])
    return change(random, reference), reference


def scores(hypotheses, references):
    metrics = [BLEU(), BLEU(lowercase=True), CHRF()]
    return [round(metric.corpus_score(hypotheses, [references]).score, 11) for metric in metrics]


def main():
    generator = random.Random(4)
    pairs = [pair(generator) for _ in range(1000)]
    tokenize = BLEU().tokenizer
    hypotheses, references = [list(side) for side in zip(*pairs)]
    corpus = BLEU().corpus_score(hypotheses, [references])
    golden = {
        "sacrebleu": sacrebleu.__version__,
        "corpus": scores(hypotheses, references) + [round(CHRF(lowercase=True).corpus_score(hypotheses, [references]).score, 11)],
        "precisions": corpus.precisions,
        "brevity_penalty": corpus.bp,
        "lengths": [corpus.sys_len, corpus.ref_len],
        "slices": [scores(hypotheses[i : i + 100], references[i : i + 100]) for i in range(0, 1000, 100)],
        "lines": [[h, r, *scores([h], [r]), tokenize(h.rstrip())] for h, r in pairs],
    }
    # A line of the file for each pair.
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[")
    OUT.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
