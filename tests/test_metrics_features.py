"""Features in chunks: modes restored, memory small, moments exact where a sum of squares would not be."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from ganlib.metrics import extract, moments


class Judge(nn.Module):
    """A network whose features in training mode are noise."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Dropout(0.5))
        self.body[2].eval()
        self.largest = 0

    def features(self, x):
        self.largest = max(self.largest, len(x))
        return self.body(x)

    forward = features


def test_features_come_in_chunks_without_noise_or_gradients_and_leave_the_modes_alone():
    judge, x = Judge(), torch.randn(25, 3, 2, 2)
    expected = judge.body[1](x.flatten(1)).detach()
    for features in (judge, judge.features, partial(Judge.features, judge), lambda z: judge(z)):
        judge.body[2].eval()
        judge.body.training = True
        found = extract(x, features, chunk=10)
        assert torch.allclose(found, expected, atol=1e-6)
        assert not found.requires_grad
        assert (judge.training, judge.body.training, judge.body[2].training) == (True, True, False)
    judge.body[2].train()
    for features in (judge.features, partial(Judge.features, judge)):
        assert torch.allclose(extract(x, features, chunk=10), expected, atol=1e-6)
        assert judge.body[2].training
    assert judge.largest == 10


def test_without_features_samples_are_shared_and_other_types_become_float32():
    x = torch.randn(6, 2, 2)
    assert extract(x).data_ptr() == x.data_ptr()
    assert extract(x.double()).dtype == torch.float64
    for other in (x.half(), (x * 10).int()):
        assert extract(other).dtype == torch.float32
        assert torch.equal(extract(other, chunk=4), other.flatten(1).float())
    assert extract(x, lambda z: z.flatten(1).half()).dtype == torch.float32


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_moments_are_numpys(chunk):
    x = torch.randn(50, 2, 3, generator=torch.Generator().manual_seed(0))
    found, rows = moments(x, chunk=chunk), x.flatten(1).double().numpy()
    assert found.n == 50
    assert found.mean.numpy() == pytest.approx(rows.mean(0))
    assert found.covariance.numpy() == pytest.approx(np.cov(rows.T), rel=1e-12)
    pieces = moments((part for part in x.split(20)), chunk=chunk)
    assert torch.allclose(pieces.covariance, found.covariance, rtol=1e-12)


def test_moments_survive_a_mean_a_million_times_the_deviation():
    x = torch.randn(500, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    far = moments(x + 1e8, chunk=50).covariance
    assert far.numpy() == pytest.approx(np.cov(x.T.numpy()), rel=1e-6)


def test_features_are_refused_in_one_sentence():
    x = torch.randn(5, 3)
    with pytest.raises(ValueError, match=r"shape \(n, d\): of 5 samples they made \(5, 3, 1\)"):
        extract(x, lambda z: z[:, :, None])
    with pytest.raises(ValueError, match=r"of 5 samples they made \(3,\)"):
        extract(x, lambda z: z.mean(0))
    with pytest.raises(ValueError, match=r"of 2 samples they made \(2, 2\)"):
        extract(x, lambda z: z[:, : len(z)], chunk=3)
    with pytest.raises(ValueError, match="must be finite"):
        extract(x / 0)
    with pytest.raises(ValueError, match="samples have shape"):
        extract(torch.zeros(0, 3))
    with pytest.raises(ValueError, match="samples have shape"):
        extract(torch.zeros(5))
    with pytest.raises(ValueError, match="at least one sample, not 0"):
        extract(x, chunk=0)
    for few in (torch.zeros(1, 3), []):
        with pytest.raises(ValueError, match=r"at least two samples, not [01]"):
            moments(few)


MEMORY = """
import torch
from ganlib import metrics

metric, n, d = "{metric}", 4000, 512


def peak():  # of this program alone: what getrusage says begins with the memory of whoever started it
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


warm = torch.randn(300, d)  # as wide as the rest: matrices of d x d are not the question
metrics.{metric}(warm, warm + 1, chunk=250)
real, fake = (torch.randn(n, d, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
before = peak()
print(metrics.{metric}(real, fake, chunk=250))
print((peak() - before) / (n * d * 4))  # in copies of the real features
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts the peak memory as Linux does")
@pytest.mark.parametrize(
    "metric", ["frechet", "kernel_distance", "precision_recall", "density_coverage", "two_sample", "nearest_neighbour"]
)
def test_no_metric_holds_a_table_of_all_pairs_or_copies_in_double(metric):
    """Beyond the features (8 MB each) a table of all pairs would take 128 MB, a copy of both in float64 32 MB."""
    run = subprocess.run(
        [sys.executable, "-c", MEMORY.format(metric=metric)], capture_output=True, text=True, timeout=300, check=True,
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "1000000"},  # what is freed goes back to the system
    )  # fmt: skip
    copies = float(run.stdout.splitlines()[-1])
    assert copies < 3.9, run.stdout
