"""Write scores.json: precision, recall and F1 by scikit-learn 1.9.1, calibration by numpy 2.4.6.

    python scores.py (in this folder)
"""
import json

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

sixty = json.load(open("metrics.json"))["sixty_rows"]
golden = np.array(sixty["probs"]["values"], np.float32).reshape(sixty["probs"]["shape"])
sure = np.float32(np.random.default_rng(6).dirichlet([0.2] * 5, 40))
sure[:, 1] *= 0.1  # hardly predicted
sure[3] = [0.5, 0.5, 0, 0, 0]  # a tie
sure[4] = [0, 0, 1, 0, 0]
labels = np.random.default_rng(7).choice([0, 2, 3], 40)  # no row of 1 and 4

cases = []
for name, p, y, bins in [("golden", golden, np.array(sixty["labels"]), 15), ("sparse", sure, labels, 10)]:
    classes = list(range(p.shape[1]))
    guess, confidence = p.argmax(1), p.max(1).astype(np.float64)
    each = precision_recall_fscore_support(y, guess, labels=classes, zero_division=0)
    macro = precision_recall_fscore_support(y, guess, average="macro", zero_division=0)
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)
    error, rows, means, right = 0, [], [], []
    for b in range(bins):
        inside = bin_of == b
        rows.append(int(inside.sum()))
        means.append(confidence[inside].mean() if inside.any() else 0)
        right.append((guess == y)[inside].mean() if inside.any() else 0)
        error += rows[-1] / len(y) * abs(right[-1] - means[-1])
    cases.append({
        "name": name, "classes": len(classes), "probs": [float(v) for v in p.ravel()], "labels": y.tolist(),
        "confusion": confusion_matrix(y, guess, labels=classes).tolist(),
        "precision": each[0].tolist(), "recall": each[1].tolist(), "f1": each[2].tolist(), "rows": each[3].tolist(),
        "macro": [float(v) for v in macro[:3]],
        "bins": bins, "bin_rows": rows, "bin_confidence": means, "bin_accuracy": right, "calibration_error": error,
    })
json.dump(cases, open("scores.json", "w"))
