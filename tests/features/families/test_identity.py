import numpy as np


def test_image_is_untouched(compute_family):
    image = np.random.default_rng(0).random((5, 7), dtype=np.float32)
    planes = compute_family(image, "identity")
    assert list(planes) == ["Image"]
    np.testing.assert_array_equal(planes["Image"], image)
