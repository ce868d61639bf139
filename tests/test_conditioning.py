"""How a network is told something beside its input, and the labels that a conditional game draws."""

import pytest
import torch
from torch import nn

from ganlib import data, networks


class Seen(nn.Module):
    """Returns what it is given."""

    def forward(self, x):
        return x


def test_one_hot_is_torchs():
    y = torch.tensor([2, 0, 3, 3])
    assert torch.equal(networks.OneHot(4)(y), nn.functional.one_hot(y, 4).float())
    assert not networks.OneHot(4).state_dict()  # nothing learnt, nothing to save


def test_a_linear_layer_behind_one_hot_is_an_embedding():
    table = nn.Embedding(5, 3)
    linear = nn.Linear(5, 3, bias=False)
    linear.weight.data = table.weight.data.T
    y = torch.tensor([4, 0, 1])
    torch.testing.assert_close(nn.Sequential(networks.OneHot(5), linear)(y), table(y))


def test_a_condition_becomes_more_columns_of_a_vector():
    joined = networks.Conditioned(Seen(), networks.OneHot(3))(
        torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([2, 0])
    )
    assert joined.tolist() == [[1.0, 2.0, 0.0, 0.0, 1.0], [3.0, 4.0, 1.0, 0.0, 0.0]]


def test_a_condition_becomes_more_planes_of_an_image_each_of_one_value():
    x = torch.randn(2, 1, 4, 5)
    joined = networks.Conditioned(Seen(), networks.OneHot(3))(x, torch.tensor([2, 0]))
    assert joined.shape == (2, 4, 4, 5)
    assert torch.equal(joined[:, :1], x)
    assert torch.equal(joined[0, 1:].mean((1, 2)), torch.tensor([0.0, 0.0, 1.0]))
    assert torch.equal(joined[1, 1:].amax((1, 2)), torch.tensor([1.0, 0.0, 0.0]))


def test_a_condition_that_is_an_image_is_joined_as_one():
    x, beside = torch.randn(2, 1, 4, 4), torch.randn(2, 3, 4, 4)
    assert torch.equal(networks.Conditioned(Seen(), Seen())(x, beside), torch.cat([x, beside], 1))


def test_an_image_can_be_flattened_first():
    x = torch.randn(2, 1, 2, 2)
    joined = networks.Conditioned(Seen(), networks.OneHot(3), nn.Flatten())(x, torch.tensor([1, 1]))
    assert torch.equal(joined, torch.cat([x.reshape(2, 4), torch.eye(3)[[1, 1]]], 1))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 3], "There is no label 3: with 3 classes labels go from 0 to 2."),
        ([0, -1], "There is no label -1: with 3 classes labels go from 0 to 2."),
        ([0.0, 1.0], r"whole numbers of shape \(n,\), not torch.float32 of shape \(2,\)"),
        ([[0], [1]], r"whole numbers of shape \(n,\), not torch.int64 of shape \(2, 1\)"),
    ],
)
def test_what_is_no_label_is_said_in_one_sentence_outside_training(labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        networks.OneHot(3).eval()(torch.tensor(labels))


def test_no_classes_are_refused():
    with pytest.raises(ValueError, match="positive number of classes, got 0"):
        networks.OneHot(0)
    with pytest.raises(ValueError, match="classes must be a whole number, 1 or more, not 0"):
        data.Labels(0)


def test_labels_are_uniform_class_numbers():
    torch.manual_seed(0)
    y = data.Labels(4)(8000)
    assert y.shape == (8000,)
    assert y.dtype == torch.int64
    counts = torch.bincount(y, minlength=4)
    assert len(counts) == 4
    assert ((counts - 2000).abs() < 5 * (8000 * 3 / 16) ** 0.5).all()


def test_labels_are_born_where_the_module_lies_and_leave_no_trace_in_a_checkpoint():
    labels = data.Labels(4).to("meta")
    assert labels(3).device.type == "meta"
    assert not labels.state_dict()
