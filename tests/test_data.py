"""Priors, toy densities and images: against scipy, scikit-learn and Pillow, or a value worked out by hand."""

import copy
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from torch.utils._python_dispatch import TorchDispatchMode

from ganlib.data import (
    Categorical,
    Gaussian,
    Images,
    Mixture,
    Product,
    Uniform,
    digits,
    folder,
    grid,
    mixture_1d,
    ring,
    spiral,
    to_unit,
)

PRIORS = [Gaussian(3), Uniform(3), Categorical(3), Product(Gaussian(2), Categorical(4), Uniform(1))]
TOYS = [mixture_1d([-1, 2], [0.3, 0.5], [1, 3]), ring(), grid(), spiral()]


def pictures(n=6, labels=None, size=2):
    """Images whose pixels all equal one number each, so that a picture is known by any pixel."""
    levels = torch.linspace(-1, 1, n)
    return Images(levels[:, None, None, None].expand(n, 1, size, size), labels)


class StaysOn(TorchDispatchMode):
    """Fails on any operation whose result lies elsewhere than on one device."""

    def __init__(self, device):
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in torch.utils._pytree.tree_leaves(result):
            assert not isinstance(tensor, torch.Tensor) or tensor.device.type == self.device, function
        return result


# ---- Priors


def test_gaussian_log_prob_is_scipys():
    x = torch.randn(50, 3)
    mean, std = [0.5, -1.0, 2.0], [0.5, 1.0, 3.0]
    expected = scipy.stats.norm(mean, std).logpdf(x.numpy()).sum(1)
    np.testing.assert_allclose(Gaussian(3, mean, std).log_prob(x), expected, rtol=1e-5)


def test_uniform_log_prob_is_minus_the_log_volume_inside_and_minus_infinity_outside():
    prior = Uniform(2, low=[-1, 0], high=[1, 4])
    x = torch.tensor([[0.0, 2.0], [-1.0, 0.0], [1.0, 4.0], [0.0, 4.1], [-1.1, 2.0]])
    np.testing.assert_allclose(prior.log_prob(x), [-math.log(8)] * 3 + [-math.inf] * 2)


def test_categorical_log_prob_is_minus_log_k_on_one_hot_vectors_alone():
    x = torch.tensor([[1, 0, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1], [0.5, 0.5, 0], [2, 0, -1]])
    np.testing.assert_allclose(Categorical(3).log_prob(x), [-math.log(3)] * 2 + [-math.inf] * 4, rtol=1e-6)


def test_product_log_prob_adds_those_of_its_columns():
    z = torch.tensor([[0.3, -1.2, 0, 1, 0, 0.5], [2.0, 0.1, 0, 0, 1, -0.5]])
    expected = scipy.stats.norm.logpdf(z[:, :2].numpy()).sum(1) - math.log(3) - math.log(2)
    prior = Product(Gaussian(2), Categorical(3), Uniform(1))
    assert prior.dim == 6
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-6)


def test_a_product_holds_the_samples_of_each_prior_in_its_own_columns():
    torch.manual_seed(0)
    z = Product(Gaussian(1, mean=100), Categorical(3), Uniform(2, 5, 6))(500)
    assert z.shape == (500, 6)
    assert (z[:, 0] > 90).all()
    assert (z[:, 1:4].sum(1) == 1).all()
    assert ((z[:, 4:] >= 5) & (z[:, 4:] <= 6)).all()


def test_gaussian_and_uniform_samples_pass_a_kolmogorov_smirnov_test():
    torch.manual_seed(0)
    for prior, law in [
        (Gaussian(2, 1.0, 2.0), scipy.stats.norm(1, 2)),
        (Uniform(2, -1.0, 3.0), scipy.stats.uniform(-1, 4)),
    ]:
        z = prior.sample(4000)
        assert scipy.stats.kstest(z.flatten().numpy(), law.cdf).pvalue > 1e-3
        assert abs(np.corrcoef(z.T.numpy())[0, 1]) < 4 / math.sqrt(4000)  # the coordinates are independent


def test_categorical_samples_are_one_hot_and_equally_frequent():
    torch.manual_seed(0)
    z = Categorical(5)(5000)
    assert ((z == 0) | (z == 1)).all()
    assert (z.sum(1) == 1).all()
    assert scipy.stats.chisquare(z.sum(0).numpy()).pvalue > 1e-3


@pytest.mark.parametrize("prior", PRIORS, ids=lambda p: type(p).__name__)
def test_calling_a_prior_is_sampling_it_and_a_seed_repeats_it(prior):
    torch.manual_seed(3)
    first = prior(7)
    torch.manual_seed(3)
    again = prior.sample(7)
    assert first.shape == (7, prior.dim)
    assert torch.equal(first, again)
    assert not torch.equal(first, prior(7))


@pytest.mark.parametrize("source", [*PRIORS, *TOYS], ids=lambda s: type(s).__name__)
def test_samples_and_scores_stay_on_the_device_and_nothing_is_read_back(source):
    # On the meta device tensors have no values, so reading one back raises; it needs no GPU.
    moved = copy.deepcopy(source).to("meta")
    with StaysOn("meta"):
        x = moved(5)
        score = moved.log_prob(x)
    assert x.shape == (5, source.dim)
    assert score.shape == (5,)


@pytest.mark.parametrize("source", [*PRIORS, *TOYS], ids=lambda s: type(s).__name__)
def test_a_source_takes_the_precision_it_is_moved_to(source):
    assert copy.deepcopy(source).double()(5).dtype == torch.float64


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian(0), "dim must be a whole number, 1 or more, not 0"),
        (lambda: Gaussian(2.0), "dim must be a whole number, 1 or more, not 2.0"),
        (lambda: Gaussian(True), "dim must be a whole number, 1 or more, not True"),
        (lambda: Gaussian(2, std=0.0), "std must be finite and above zero, not 0.0"),
        (lambda: Gaussian(2, std=[1.0, -1.0]), "std must be finite and above zero"),
        (lambda: Gaussian(2, mean=math.nan), "mean must be finite, not nan"),
        (lambda: Gaussian(2, mean=[1, 2, 3]), r"mean must be one number or 2 numbers, not a tensor of shape \(3,\)"),
        (lambda: Uniform(2, low=1, high=1), "low must be below high in every coordinate, not 1 and 1"),
        (lambda: Categorical(-1), "classes must be a whole number, 1 or more, not -1"),
        (lambda: Product(), "a product needs at least one prior"),
        (lambda: Gaussian(3).log_prob(torch.zeros(5, 1)), r"expected points of shape \(B, 3\), not \(5, 1\)"),
        (lambda: Uniform(3).log_prob(torch.zeros(3)), r"expected points of shape \(B, 3\), not \(3,\)"),
        (lambda: Categorical(3).log_prob(torch.zeros(5, 1)), r"expected points of shape \(B, 3\), not \(5, 1\)"),
        (lambda: PRIORS[3].log_prob(torch.zeros(5, 6)), r"expected points of shape \(B, 7\), not \(5, 6\)"),
        (lambda: ring().log_prob(torch.zeros(5, 1)), r"expected points of shape \(B, 2\), not \(5, 1\)"),
        (lambda: ring(modes=0), "modes must be a whole number, 1 or more, not 0"),
        (lambda: ring(radius=-1), "radius must be a finite number above zero, not -1"),
        (lambda: ring(std=math.inf), "std must be a finite number above zero, not inf"),
        (lambda: grid(side=2.5), "side must be a whole number, 1 or more, not 2.5"),
        (lambda: grid(spacing=0), "spacing must be a finite number above zero, not 0"),
        (lambda: spiral(turns=0), "turns must be a finite number above zero, not 0"),
        (lambda: spiral(modes=0), "modes must be a whole number, 1 or more, not 0"),
        (lambda: mixture_1d([[0.0]], 1.0), r"means must be a list of numbers, not of shape \(1, 1\)"),
        (lambda: mixture_1d([], 1.0), r"modes must be finite numbers of shape \(K, d\), not of shape \(0, 1\)"),
        (lambda: mixture_1d([0, 1], [1.0, 0.0]), "std must be finite and above zero"),
        (lambda: mixture_1d([0, 1], 1.0, [1.0]), "weights must be 2 numbers, one for each mode, not 1"),
        (lambda: mixture_1d([0, 1], 1.0, [1.0, 0.0]), "weights must be finite and above zero"),
        (lambda: Mixture(torch.zeros(3), 1.0), r"modes must be finite numbers of shape \(K, d\), not of shape \(3,\)"),
    ],
)
def test_a_wrong_argument_is_answered_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


# ---- Toy densities


def test_a_ring_has_as_many_distinct_modes_as_asked_for_on_its_circle():
    modes = ring().modes
    assert modes.shape == (8, 2)
    torch.testing.assert_close(modes.norm(dim=1), torch.ones(8))
    # Eight points spaced over a turn *with* its end would be seven: the smallest distance would be 0.
    assert torch.pdist(modes).min().item() == pytest.approx(2 * math.sin(math.pi / 8), rel=1e-5)


def test_ring_modes_start_at_angle_zero_and_go_anticlockwise():
    expected = 3.0 * torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    torch.testing.assert_close(ring(4, radius=3.0).modes, expected, rtol=0, atol=1e-6)


def test_the_grid_is_that_of_the_papers():
    found = {tuple(mode) for mode in grid().modes.tolist()}
    assert found == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert grid().std.tolist() == pytest.approx([0.05] * 25)
    assert grid(side=1).modes.tolist() == [[0, 0]]
    assert {x for x, _ in grid(side=2, spacing=1.0).modes.tolist()} == {-0.5, 0.5}


def test_spiral_centres_lie_on_the_spiral_at_equal_distances_along_it():
    turns, radius = 1.5, 2.0
    modes = spiral(40, turns, radius).modes.double().numpy()
    distance = np.hypot(*modes.T)
    angle = np.concatenate([[0], np.unwrap(np.arctan2(modes[1:, 1], modes[1:, 0]))])
    assert distance[-1] == pytest.approx(radius)
    np.testing.assert_allclose(distance, radius * angle / (2 * np.pi * turns), atol=1e-5)
    rate = radius / (2 * np.pi * turns)
    arcs = [scipy.integrate.quad(lambda t: rate * math.sqrt(1 + t * t), a, b)[0] for a, b in itertools.pairwise(angle)]
    np.testing.assert_allclose(arcs, np.mean(arcs), rtol=1e-3)


def test_the_default_spiral_is_an_even_ribbon():
    mixture = spiral()
    middle = (mixture.modes[1:] + mixture.modes[:-1]) / 2
    ratio = (mixture.log_prob(middle) - mixture.log_prob(mixture.modes[1:])).exp()
    assert (ratio[20:-5] - 1).abs().max() < 0.02


@pytest.mark.parametrize("mixture", TOYS, ids=["line", "ring", "grid", "spiral"])
def test_mixture_log_prob_is_the_sum_of_scipys_normals(mixture):
    torch.manual_seed(0)
    x = torch.cat([mixture(40), mixture(40) + 0.02]).double()
    mixture = copy.deepcopy(mixture).double()
    parts = [
        scipy.stats.multivariate_normal(mode, std**2).logpdf(x) + math.log(weight)
        for mode, std, weight in zip(mixture.modes.numpy(), mixture.std.tolist(), mixture.weights.tolist(), strict=True)
    ]
    np.testing.assert_allclose(mixture.log_prob(x), np.logaddexp.reduce(parts), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(mixture.log_prob(x), mixture.distribution.log_prob(x), rtol=1e-6, atol=1e-6)


def test_a_one_dimensional_density_integrates_to_one_and_its_data_are_columns():
    mixture = mixture_1d([-1, 2], [0.3, 0.5], [1, 3])
    x = torch.linspace(-6, 8, 4001)
    assert torch.trapezoid(mixture.log_prob(x[:, None]).exp(), x).item() == pytest.approx(1, abs=1e-5)
    assert mixture(11).shape == (11, 1)
    assert mixture.modes.shape == (2, 1)
    assert mixture.weights.tolist() == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("mixture", [ring(std=0.05), grid(3, 1.0, 0.1), spiral()], ids=["ring", "grid", "spiral"])
def test_a_two_dimensional_density_integrates_to_one(mixture):
    line = torch.linspace(-2, 2, 201)
    cell = (line[1] - line[0]).item() ** 2
    mass = mixture.log_prob(torch.cartesian_prod(line, line)).exp().sum().item() * cell
    assert mass == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("mixture", [ring(), grid()], ids=["ring", "grid"])
def test_the_share_within_three_std_of_a_mode_is_one_minus_exp_of_minus_nine_halves(mixture):
    torch.manual_seed(0)
    n, share = 50_000, 1 - math.exp(-4.5)  # 98.89 %: the radius of a planar Gaussian follows Rayleigh's law
    near = (torch.cdist(mixture(n), mixture.modes).min(1).values <= 3 * mixture.std[0]).double().mean().item()
    assert abs(near - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_samples_follow_the_weights_and_the_spread_of_each_mode():
    torch.manual_seed(0)
    n = 20_000
    x = mixture_1d([0, 100, 200], [1.0, 2.0, 3.0], [0.2, 0.5, 0.3])(n).squeeze(1).numpy()
    counts = np.histogram(x, [-50, 50, 150, 250])[0]
    assert scipy.stats.chisquare(counts, [0.2 * n, 0.5 * n, 0.3 * n]).pvalue > 1e-3
    for centre, std in [(0, 1), (100, 2), (200, 3)]:
        assert scipy.stats.kstest(x[abs(x - centre) < 50], scipy.stats.norm(centre, std).cdf).pvalue > 1e-3


def test_both_coordinates_of_a_mixture_have_noise_of_their_own():
    torch.manual_seed(0)
    x = Mixture([[0.0, 0.0]], 1.0)(4000).numpy()
    assert abs(np.corrcoef(x.T)[0, 1]) < 4 / math.sqrt(4000)


# ---- Images


def test_images_are_drawn_uniformly_with_replacement():
    torch.manual_seed(0)
    x = pictures(6)(6000)
    assert x.shape == (6000, 1, 2, 2)
    counts = np.histogram(x[:, 0, 0, 0].numpy(), np.linspace(-1.2, 1.2, 7))[0]
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_labels_stay_with_their_images():
    torch.manual_seed(0)
    x, y = pictures(6, torch.arange(6))(50)
    torch.testing.assert_close(x[:, 0, 0, 0], torch.linspace(-1, 1, 6)[y])
    assert y.dtype == torch.int64


def test_a_seed_repeats_a_batch():
    images = pictures()
    torch.manual_seed(1)
    first = images(20)
    torch.manual_seed(1)
    assert torch.equal(first, images(20))
    assert not torch.equal(first, images(20))


def test_images_move_with_their_labels_and_read_nothing_back():
    images = pictures(6, torch.arange(6)).to("meta")
    with StaysOn("meta"):
        x, y = images(4)
    assert (x.shape, y.shape) == ((4, 1, 2, 2), (4,))
    assert len(images) == 6


def test_images_are_no_part_of_a_models_state():
    assert not pictures(6, torch.arange(6)).state_dict()


def test_to_unit_maps_minus_one_and_one_to_zero_and_one():
    assert to_unit(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Images(torch.zeros(3, 8, 8)), r"images must be floats of shape \(N, C, H, W\), not torch.float32 of"),
        (lambda: Images(torch.zeros(3, 1, 8, 8, dtype=torch.uint8)), "images must be floats .* not torch.uint8"),
        (lambda: Images(torch.zeros(0, 1, 8, 8)), "images must be floats"),
        (lambda: Images(torch.full((3, 1, 8, 8), 255.0)), r"pixels must lie in \[-1, 1\], not in \[255, 255\]"),
        (lambda: Images(torch.full((3, 1, 8, 8), math.nan)), r"pixels must lie in \[-1, 1\], not in \[nan, nan\]"),
        (
            lambda: pictures(6, torch.arange(5)),
            "labels must be 6 whole numbers, one an image, not torch.int64 of",
        ),
        (lambda: pictures(6, torch.zeros(6)), "labels must be 6 whole numbers, one an image, not torch.float32"),
        (lambda: Images(torch.zeros(2, 1, 8, 8), torch.tensor([0, 2]), ["a", "b"]), r"labels must lie in 0..1"),
        (lambda: digits("validation"), 'split must be "train", "test" or "all", not \'validation\''),
    ],
)
def test_images_that_do_not_fit_are_answered_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


# ---- Digits


def test_digits_are_split_as_in_the_reference_results():
    train, test = digits("train", labels=True), digits("test", labels=True)
    assert (len(train), len(test), len(digits("all"))) == (1347, 450, 1797)
    shares = torch.bincount(test.y) / torch.bincount(digits("all", labels=True).y)
    assert (shares - 0.25).abs().max() < 0.01
    reference = load_digits()
    parts = train_test_split(
        reference.images, reference.target, test_size=450, random_state=0, stratify=reference.target
    )
    for found, wanted in zip((to_unit(train.x) * 16, to_unit(test.x) * 16, train.y, test.y), parts, strict=True):
        np.testing.assert_allclose(found.squeeze(1) if found.ndim > 1 else found, wanted, atol=1e-5)
    judge = KNeighborsClassifier(1).fit(train.x.flatten(1).numpy(), train.y.numpy())
    # What one neighbour reaches on this split.
    assert round(judge.score(test.x.flatten(1).numpy(), test.y.numpy()), 3) == 0.982


def test_digits_are_scikit_learns_pixels_from_minus_one_to_one():
    reference = load_digits()
    whole = digits("all", labels=True)
    np.testing.assert_allclose(to_unit(whole.x)[:, 0], reference.images / 16, atol=1e-7)
    np.testing.assert_array_equal(whole.y, reference.target)
    assert whole.x.dtype == torch.float32
    assert whole.classes == tuple("0123456789")
    assert digits().y is None


def test_the_two_parts_of_digits_make_the_whole():
    def rows(x):
        return np.sort(x.flatten(1).numpy().view([("", np.float32)] * 64), axis=0)

    parts = torch.cat([digits("train").x, digits("test").x])
    np.testing.assert_array_equal(rows(parts), rows(digits("all").x))


# ---- A folder of images


def unit(images):
    """Pixels from 0 to 255 again."""
    return (to_unit(images.x) * 255).round()


def test_images_of_any_format_size_and_mode_become_one_tensor(tmp_path):
    """One image of one colour each, so that cropping and resizing must give that colour everywhere."""
    colour = (200, 100, 50)
    Image.new("L", (24, 24), 77).save(tmp_path / "a.png")
    Image.new("RGB", (37, 50), colour).save(tmp_path / "b.BMP")
    Image.new("RGBA", (50, 37), (*colour, 255)).save(tmp_path / "c.png")
    Image.new("RGBA", (9, 9), (*colour, 0)).save(tmp_path / "d.png")  # nothing but transparent
    palette = Image.new("P", (16, 16), 3)
    palette.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, *colour])
    palette.save(tmp_path / "e.gif")
    palette.save(tmp_path / "f.png", transparency=3)
    Image.fromarray(np.full((20, 30), 0xFEFE, np.uint16)).save(tmp_path / "g.png")  # 16-bit grey
    Image.new("LA", (12, 12), (90, 255)).save(tmp_path / "h.png")
    Image.new("1", (12, 12), 1).save(tmp_path / "i.png")
    Image.new("RGB", (300, 20), colour).save(tmp_path / "j.tiff")
    Image.new("RGB", (8, 8), colour).save(tmp_path / "k.webp", lossless=True)
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "l.jpg", quality=100)
    white = (255, 255, 255)
    levels = [(77,) * 3, colour, colour, white, colour, white, (254,) * 3, (90,) * 3, white, colour, colour]
    expected = torch.tensor(levels, dtype=torch.float32)

    images = folder(tmp_path, 16)
    assert images.x.shape == (12, 3, 16, 16)
    assert images.x.dtype == torch.float32
    for found, wanted in zip(unit(images), expected, strict=False):
        assert torch.equal(found, wanted[:, None, None].expand(3, 16, 16))
    assert (unit(images)[11] - torch.tensor([255.0, 0, 0])[:, None, None]).abs().max() <= 3  # JPEG and inks round


def test_grey_is_the_usual_weighted_sum_of_colours(tmp_path):
    Image.new("RGB", (5, 5), (200, 100, 50)).save(tmp_path / "a.png")
    grey = unit(folder(str(tmp_path), 8, channels=1))
    assert grey.shape == (1, 1, 8, 8)
    assert torch.equal(grey, torch.full((1, 1, 8, 8), round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)))


@pytest.mark.parametrize("size", [(60, 20), (20, 60)], ids=["wide", "tall"])
def test_the_middle_of_an_image_is_kept(tmp_path, size):
    """A white square in the middle third of a black strip: a square cut is all white."""
    width, height = size
    strip = Image.new("L", size)
    strip.paste(255, ((width - 20) // 2, (height - 20) // 2, (width + 20) // 2, (height + 20) // 2))
    strip.save(tmp_path / "strip.png")
    assert (unit(folder(tmp_path, 20, channels=1)) == 255).all()


def test_size_may_be_height_and_width(tmp_path):
    picture = Image.new("L", (40, 80))
    picture.paste(255, (0, 0, 20, 80))  # the left half is white
    picture.save(tmp_path / "a.png")
    pixels = unit(folder(tmp_path, (16, 8), channels=1))[0, 0]
    assert pixels.shape == (16, 8)
    assert (pixels[:, :3] > 235).all()
    assert (pixels[:, -3:] < 20).all()


def test_shrinking_averages_instead_of_picking_pixels(tmp_path):
    """A chequerboard of single pixels is grey from afar; picking pixels would give black or white."""
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "board.png")
    inner = unit(folder(tmp_path, 8, channels=1))[0, 0, 1:-1, 1:-1]
    assert (inner - 127.5).abs().max() < 5


def test_a_picture_taken_sideways_is_turned_upright(tmp_path):
    picture = Image.new("L", (20, 20))
    picture.paste(255, (0, 0, 20, 10))  # the top half is white
    tags = Image.Exif()
    tags[0x0112] = 6  # "turn me a quarter clockwise": what was at the top belongs on the right
    picture.save(tmp_path / "a.png", exif=tags)
    upright = unit(folder(tmp_path, 20, channels=1))[0, 0]
    assert (upright[:, 12:] > 250).all()
    assert (upright[:, :8] < 5).all()


def nest(root: Path) -> None:
    for i, name in enumerate(["dogs/rex.png", "cats/b/tom.png", "cats/a.png"]):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 100 + i).save(root / name)
    (root / "cats/notes.txt").write_text("no image")
    (root / ".cache").mkdir()
    (root / ".cache/thumb.png").write_text("no image either")
    (root / "cats/._a.png").write_text("what one system leaves behind on others' disks")


def test_nested_folders_are_read_in_the_order_of_their_names_and_hidden_files_passed_over(tmp_path):
    nest(tmp_path)
    images = folder(tmp_path, 4, channels=1)
    assert unit(images)[:, 0, 0, 0].tolist() == [102, 101, 100]
    assert images.y is None


def test_labels_are_the_folders_names(tmp_path):
    nest(tmp_path)
    images = folder(tmp_path, 4, channels=1, labels=True)
    assert images.classes == ("cats", "dogs")
    assert images.y.tolist() == [0, 0, 1]


def damaged(tmp_path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    return tmp_path


def nonsense(tmp_path: Path) -> Path:
    (tmp_path / "text.jpg").write_text("not an image")
    return tmp_path


def floating(tmp_path: Path) -> Path:
    Image.new("F", (4, 4), 0.5).save(tmp_path / "depth.tiff")
    return tmp_path


def deep(tmp_path: Path) -> Path:
    Image.new("I", (4, 4), 70_000).save(tmp_path / "deep.tiff")
    return tmp_path


def loose(tmp_path: Path) -> Path:
    nest(tmp_path)
    Image.new("L", (4, 4)).save(tmp_path / "stray.png")
    return tmp_path


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        (lambda path: path / "nowhere", {}, "there is no folder .*nowhere: give the path of the folder that holds"),
        (lambda path: path, {}, "the folder .* holds no images: put some there whose names end in .bmp, .gif"),
        (damaged, {}, r"cannot read the image .*cut.png \(.*\): remove it or save it again as PNG"),
        (nonsense, {}, r"text.jpg is no image that Pillow can read: remove it or save it again as PNG"),
        (floating, {}, r"cannot read the image .*depth.tiff \(its pixels are floating-point numbers of unknown range"),
        (deep, {}, r"cannot read the image .*deep.tiff \(its grey levels do not fit in 16 bits\)"),
        (loose, {"labels": True}, "stray.png has no class: move each image into a folder named after its class"),
        (lambda path: path, {"size": 0}, "size must be a whole number, 1 or more, not 0"),
        (lambda path: path, {"size": (8, -1)}, "size must be a whole number, 1 or more, not -1"),
        (lambda path: path, {"channels": 4}, r"channels must be 1 \(grey\) or 3 \(colour\), not 4"),
    ],
)
def test_a_folder_that_cannot_be_read_is_answered_in_one_sentence(tmp_path, prepare, arguments, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        folder(prepare(tmp_path), **{"size": 8} | arguments)
    assert "\n" not in str(caught.value)
