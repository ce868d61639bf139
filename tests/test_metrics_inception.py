"""The Inception score of known tables, against torchmetrics and scikit-learn; its interval against the truth."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score
from torch import nn
from torchmetrics.image.inception import InceptionScore

from ganlib.metrics import inception_score


class Logits(nn.Module):
    def forward(self, x):
        return x.flatten(1)


def test_the_ends_of_the_range_are_met():
    sure = torch.eye(4).repeat(5, 1)
    assert inception_score(sure, splits=5).value == pytest.approx(4)
    assert inception_score(torch.full((20, 4), 0.25)).value == pytest.approx(1)
    assert inception_score(torch.eye(4)[[2] * 20]).value == pytest.approx(1)  # sure, and always of one class
    report = inception_score(sure, splits=5)
    assert 1 <= report.low <= report.value <= report.high <= 4
    assert report.mean == pytest.approx(4)


def test_two_classes_by_hand():
    """Half the samples .9/.1, half the other way: one bit less the entropy of .9."""
    p = torch.tensor([[0.9, 0.1], [0.1, 0.9]]).repeat(50, 1)
    nats = math.log(2) + 0.9 * math.log(0.9) + 0.1 * math.log(0.1)
    assert inception_score(p).value == pytest.approx(math.exp(nats), rel=1e-6)


def test_of_sure_calls_it_is_the_mutual_information_of_sample_kind_and_class():
    kind = np.repeat(np.arange(3), [40, 30, 30])
    table = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    expected = sum((kind == i).mean() * table[i] @ np.log(table[i] / table[kind].mean(0)) for i in range(3))
    assert math.log(inception_score(torch.tensor(table[kind])).value) == pytest.approx(expected)
    labels = torch.eye(3)[torch.tensor(kind)]
    assert math.log(inception_score(labels).value) == pytest.approx(mutual_info_score(kind, kind))


@pytest.mark.filterwarnings("ignore:Metric .* will save all extracted features:UserWarning")
def test_mean_and_spread_are_torchmetrics_splits():
    logits = torch.randn(200, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
    theirs = InceptionScore(Logits(), splits=10).set_dtype(torch.float64)
    theirs.update(logits[:, :, None, None])
    torch.manual_seed(5)
    mean, spread = (float(v) for v in theirs.compute())
    torch.manual_seed(5)
    report = inception_score(logits[torch.randperm(200)].softmax(1))
    assert report.mean == pytest.approx(mean, rel=1e-9)
    assert report.spread == pytest.approx(spread * math.sqrt(9 / 10), rel=1e-9)  # theirs divides by splits - 1
    assert report.mean < inception_score(logits.softmax(1), splits=1).value  # small parts are biased down


def test_interval_covers_the_true_score_about_as_often_as_it_says():
    table = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], dtype=torch.float64)
    weights = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
    truth = math.exp(float((weights[:, None] * table * (table / (weights @ table)).log()).sum()))
    g = torch.Generator().manual_seed(0)
    reports = [inception_score(table[torch.multinomial(weights, 300, True, generator=g)]) for _ in range(300)]
    assert 0.90 <= np.mean([r.low <= truth <= r.high for r in reports]) <= 0.985


def test_report_reads_as_one_line():
    report = inception_score(torch.tensor([[0.9, 0.1], [0.1, 0.9]]).repeat(50, 1))
    assert str(report).startswith("Inception score 1.445 [1.445, 1.445] (between 1 and 2; 100 samples, 10 splits 1.445")


def test_inception_score_refuses_what_is_no_table_of_probabilities():
    with pytest.raises(ValueError, match="apply a softmax"):
        inception_score(torch.randn(20, 3))
    with pytest.raises(ValueError, match="apply a softmax"):
        inception_score(torch.full((20, 3), 0.4))
    with pytest.raises(ValueError, match="apply a softmax"):
        inception_score(torch.full((20, 3), math.nan))
    for shape in ((20,), (1, 3), (0, 3)):
        with pytest.raises(ValueError, match=r"shape \(n, K\) with n >= 2"):
            inception_score(torch.ones(shape))
    for splits in (0, 21):
        with pytest.raises(ValueError, match=f"as many as samples, 20, not {splits}"):
            inception_score(torch.full((20, 4), 0.25), splits=splits)
