"""What goes wrong in other loaders of image folders, as people report it in public.

Each test names the report. The addresses are those of GitHub's issues.
"""

import io
import os
import struct
import sys

import numpy as np
import pytest
from pictures import png, save, save_array, save_tree
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from skdigits.datasets import load_digits, load_images

BLACK, WHITE = 0, 255
WHITE_IS_ZERO, BLACK_IS_ZERO = 0, 1  # of a TIFF


def one_image(path, **parameters):
    (image,) = load_images(path, **parameters).data
    return image


def test_a_hidden_folder_is_no_class(tmp_path):
    """tensorflow/tensorflow 46595 and pytorch/vision 2831: .ipynb_checkpoints became a class."""
    save_tree(tmp_path, {"skip/1.png": 0, "no_skip/1.png": 0, ".ipynb_checkpoints/1.png": 0})
    assert load_images(tmp_path).target_names.tolist() == ["no_skip", "skip"]


def test_files_that_macos_leaves_are_no_pictures(tmp_path):
    """fastai/fastai 488 and alinlab/CSI 31: .DS_Store and ._1.png were read as pictures."""
    save_tree(tmp_path, {"a/1.png": 0})
    (tmp_path / "a" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "a" / "._1.png").write_bytes(b"\0\5\x16\7")
    assert len(load_images(tmp_path).data) == 1


def test_an_empty_folder_moves_no_labels(tmp_path):
    """pytorch/vision 4925 and huggingface/pytorch-image-models 957: it stopped, or shifted."""
    save_tree(tmp_path, {"train/a/1.png": 1, "train/c/1.png": 2, "test/c/1.png": 3})
    (tmp_path / "train" / "b").mkdir()
    (tmp_path / "test" / "a").mkdir()
    with pytest.warns(UserWarning, match="folders without pictures"):
        train = load_images(tmp_path)
    with pytest.warns(UserWarning, match="folders without pictures"):
        test = load_images(tmp_path, subset="test")
    assert train.target.tolist() == ["a", "c"]
    assert test.target.tolist() == ["c"]


def test_a_test_part_that_lacks_a_class_keeps_its_labels(tmp_path):
    """ultralytics/ultralytics 13936: without 180 in the test part, 90 counted as 180."""
    save_tree(tmp_path, {f"train/{angle}/1.png": 0 for angle in (0, 90, 180, 270)})
    save_tree(tmp_path, {f"test/{angle}/1.png": 0 for angle in (0, 90, 270)})
    assert load_images(tmp_path, subset="test").target.tolist() == [0, 270, 90]


def test_ten_comes_after_two(tmp_path):
    """pytorch/vision 714 and NVIDIA/DIGITS 665: 10 got the label 1, since it sorts before 2."""
    save_tree(tmp_path, {f"{number}/1.png": number for number in range(12)})
    images = load_images(tmp_path)
    assert images.data[:, 0, 0].tolist() == images.target.tolist()
    assert images.target_names.tolist() == [str(number) for number in range(12)]


@pytest.mark.parametrize("name", ["1.PNG", "1.Png", "n0.JPEG", "a.b.JPG", "picture"])
def test_a_name_in_upper_case_or_without_a_suffix(name, tmp_path):
    """keras-team/keras 10219 and pytorch/vision 552: n02504013_2859.JPEG was passed over."""
    save(tmp_path / "a" / name, format="JPEG" if "J" in name else "PNG")
    assert len(load_images(tmp_path).data) == 1


def test_a_suffix_that_is_wrong(tmp_path):
    """tensorflow/models 2194: a data set of cats has PNG and GIF files that are called .jpg."""
    for number, form in enumerate(("PNG", "GIF", "BMP", "TIFF", "WEBP")):
        save(tmp_path / "cat" / f"{number}.jpg", format=form, mode="RGB")
    assert len(load_images(tmp_path).data) == 5


@pytest.mark.parametrize("suffix", ["webp", "tif", "bmp", "gif", "pgm", "jp2", "tga", "ico"])
def test_formats_that_others_pass_over(suffix, tmp_path):
    """keras-team/keras 17013: a folder of WebP was empty, without an error."""
    save(tmp_path / "a" / f"1.{suffix}", size=(16, 16), mode="RGB", color=(90, 90, 90))
    assert abs(one_image(tmp_path).astype(int) - 90).max() <= 2


def test_a_format_that_another_package_adds_later(tmp_path, monkeypatch):
    """As pillow-heif does, for the pictures of iPhones."""
    save(tmp_path / "a" / "1.png", color=90)
    content = (tmp_path / "a" / "1.png").read_bytes()
    (tmp_path / "a" / "2.heic").write_bytes(b"HEIC" + content)
    with pytest.raises(OSError, match="pillow-heif"):
        load_images(tmp_path)

    def read(file, name):
        return Image.open(io.BytesIO(file.read()[4:]))

    monkeypatch.setitem(Image.OPEN, "HEIF", (read, lambda prefix: prefix.startswith(b"HEIC")))
    assert load_images(tmp_path).data[:, 0, 0].tolist() == [90, 90]


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bits_are_scaled_not_cut_off(suffix, tmp_path):
    """keras-team/keras 4486 and keras-preprocessing 227: a 16-bit picture was white all over."""
    save_array(tmp_path / "a" / f"1.{suffix}", np.array([[0, 257, 32768, 65535]], np.uint16))
    assert one_image(tmp_path).tolist() == [[0, 1, 128, 255]]


@pytest.mark.parametrize(
    ("bits", "tones", "content"),
    [
        (8, BLACK_IS_ZERO, "ff0000ff"),
        (8, WHITE_IS_ZERO, "00ffff00"),
        (12, BLACK_IS_ZERO, "fff000000fff"),
        (16, BLACK_IS_ZERO, "ffff00000000ffff"),
        (16, WHITE_IS_ZERO, "0000ffffffff0000"),
    ],
)
def test_tones_of_a_tiff(bits, tones, content, tmp_path):
    """python-pillow/Pillow 5403, image-rs/image-tiff 296: pictures were dark, or negatives."""
    content = bytes.fromhex(content)
    tags = {256: 2, 257: 2, 258: bits, 259: 1, 262: tones, 277: 1, 278: 2, 279: len(content)}
    tags[273] = 8 + 2 + 12 * (len(tags) + 1) + 4  # where the pixels begin
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items())]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.tif").write_bytes(
        struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + b"".join(entries) + bytes(4) + content
    )
    assert one_image(tmp_path).tolist() == [[255, 0], [0, 255]]


def test_32_bits_have_the_values_of_8_bits(tmp_path):
    image = load_digits().data[0]
    save_array(tmp_path / "a" / "1.tif", image.astype(np.int32))
    save_array(tmp_path / "a" / "2.tif", image.astype(np.float32))
    np.testing.assert_array_equal(load_images(tmp_path).data, [image, image])


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 10))
def test_a_picture_stands_as_its_exif_data_say(orientation, suffix, tmp_path):
    """pytorch/vision 7977: pictures of phones lay on their side, and accuracy was low."""
    upright = np.full((8, 16), WHITE, np.uint8)
    upright[:4, :4] = BLACK  # at the top left
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright.T[::-1, ::-1],
        8: np.rot90(upright, -1),
    }.get(orientation, upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / "a" / f"1.{suffix}"
    save_array(path, np.ascontiguousarray(stored), exif=exif, **options)
    image = one_image(tmp_path, color_mode="grayscale")
    np.testing.assert_array_equal(image, upright)


@pytest.mark.parametrize("is_behind", [False, True])
@pytest.mark.parametrize("metadata", ["EXIF", "XMP"])
def test_where_a_png_says_how_it_stands(metadata, is_behind, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    xmp = PngInfo()
    xmp.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    options = {"exif": exif} if metadata == "EXIF" else {"pnginfo": xmp}
    stored = load_digits().data[0][4:]
    path = save_array(tmp_path / "a" / "1.png", stored, **options)
    if is_behind:
        content = path.read_bytes()
        start = content.index(b"eXIf" if metadata == "EXIF" else b"iTXt") - 4
        stop = start + 12 + int.from_bytes(content[start : start + 4])
        end = content[-12:]  # the last chunk, of fixed length
        path.write_bytes(content[:start] + content[stop:-12] + content[start:stop] + end)
    np.testing.assert_array_equal(one_image(tmp_path), np.rot90(stored, -1))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_faulty_exif_data_do_not_matter(suffix, tmp_path):
    save(tmp_path / "a" / f"1.{suffix}", color=90, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
    save(tmp_path / "a" / f"2.{suffix}", color=90, exif=b"xx")
    assert load_images(tmp_path).data.shape[:3] == (2, 6, 6)


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *[("png", "LA"), ("png", "RGBA"), ("png", "P"), ("gif", "P"), ("gif", "RGBA")],
        *[("tif", "LA"), ("tif", "RGBA"), ("webp", "RGBA"), ("ico", "RGBA")],
    ],
)
def test_what_is_transparent_is_white(suffix, mode, tmp_path):
    """NVIDIA/DIGITS 85: behind a drawn digit the background was black, not white."""
    picture = Image.new("RGBA", (32, 16), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 16, 16))
    options = {"sizes": [(32, 16)]} if suffix == "ico" else {"lossless": True}
    if mode == "P":  # the first colour is transparent
        picture = Image.fromarray(np.uint8(picture.getchannel("A")) // 255).convert("P")
        picture.putpalette([0, 0, 0, 0, 0, 0])
        options = {"transparency": 0}
    path = tmp_path / "a" / f"1.{suffix}"
    path.parent.mkdir()
    picture.convert(mode).save(path, **options)
    image = one_image(tmp_path, color_mode="grayscale")
    assert (image[:, :16] == BLACK).all()
    assert (image[:, 16:] == WHITE).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_value_of_grey_that_is_transparent_is_white(dtype, tmp_path):
    image = load_digits().data[0]
    largest = np.iinfo(dtype).max // 255
    save_array(tmp_path / "a" / "1.png", image.astype(dtype) * dtype(largest), transparency=0)
    np.testing.assert_array_equal(one_image(tmp_path), np.where(image == 0, WHITE, image))


@pytest.mark.parametrize(
    ("depth", "transparent", "other", "grey"),
    [
        (1, 0, 1, 255),
        (2, 1, 2, 170),
        (4, 5, 2, 34),
        (8, 77, 10, 10),
        (16, 0x1234, 0x2000, 32),
        (8, [1, 2, 3], [9, 9, 9], 9),
        (16, [0x1234, 0x5678, 0x9ABC], [0x2000] * 3, 32),
        (16, [0, 0, 0], [0x2000] * 3, 32),
    ],
)
def test_the_transparent_colour_of_pngs_of_any_depth(depth, transparent, other, grey, tmp_path):
    """python-pillow/Pillow 9281: Pillow brings some pixels to 8 bits, but not this colour."""
    (tmp_path / "a").mkdir()
    pixels = [[transparent] * 6, [other] * 6]
    (tmp_path / "a" / "1.png").write_bytes(png(pixels, depth, transparent))
    image = one_image(tmp_path, color_mode="grayscale")
    assert image.tolist() == [[WHITE] * 6, [grey] * 6]


def test_too_much_text_beside_the_pixels(tmp_path):
    """python-pillow/Pillow 8363: the error named a limit of Pillow's, and no way out."""
    text = PngInfo()
    text.add_text("notes", "x" * 2_000_000, zip=True)
    save(tmp_path / "a" / "1.png", pnginfo=text)
    with pytest.raises(OSError, match=r"1\.png: it holds too much text.*save it without metadata"):
        load_images(tmp_path)


def test_pictures_are_not_stretched(tmp_path):
    """keras-team/keras 4987 and 19258: pictures that are not square came out distorted."""
    pixels = np.full((10, 30), 50, np.uint8)
    pixels[2:8, 12:18] = 250  # a square
    save_array(tmp_path / "a" / "1.png", pixels)
    bright = one_image(tmp_path, image_shape=(30, 30)) > 150
    assert bright.any(axis=0).sum() == bright.any(axis=1).sum() == 6


def test_all_unreadable_pictures_are_named_at_once(tmp_path):
    """keras-team/keras 19026, pytorch/vision 138: "file is truncated", not which, one by one."""
    save_tree(tmp_path, {"a/1.png": 0, "b/1.png": 0})
    whole = (tmp_path / "a" / "1.png").read_bytes()
    (tmp_path / "a" / "cut.png").write_bytes(whole[:-30])
    (tmp_path / "a" / "empty.png").write_bytes(b"")
    (tmp_path / "b" / "page.jpg").write_text("<html>404</html>")
    (tmp_path / "b" / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(OSError, match="4 of 6 pictures cannot be read") as error:
        load_images(tmp_path)
    lines = str(error.value).splitlines()
    assert [line.partition(": ")[0] for line in lines[1:5]] == [
        str(tmp_path / name) for name in ("a/cut.png", "a/empty.png", "b/page.jpg", "b/phone.HEIC")
    ]
    assert "save it as PNG or JPEG" in lines[3]
    assert "pillow-heif" in lines[4]
    assert lines[5] == 'load_images(on_error="warn") leaves them out.'
    with pytest.warns(UserWarning, match=r"4 of 6 .* left out[^$]*cut\.png") as caught:
        images = load_images(tmp_path, on_error="warn")
    assert caught[0].filename == __file__
    assert images.target.tolist() == ["a", "b"]
    assert [os.path.basename(name) for name in images.filenames] == ["1.png", "1.png"]


def test_only_ten_of_many_are_named(tmp_path):
    for number in range(25):
        save(tmp_path / "a" / f"{number}.png").write_bytes(b"x")
    for on_error in ("raise", "warn"):  # with none left there is nothing to go on with
        with pytest.raises(OSError, match=r"25 of 25[^$]*and 15 more") as error:
            load_images(tmp_path, on_error=on_error)
        assert len(str(error.value).splitlines()) == 12


def test_a_folder_of_test_pictures_is_no_class(tmp_path):
    """fastai/fastai 2336: the classes were 0 to 9 and test, and test pictures were trained on."""
    save_tree(tmp_path, {"train/0/1.png": 0, "train/1/1.png": 1, "test/1.png": 9, "test/2.png": 9})
    (tmp_path / "labels.csv").write_text("")
    with pytest.warns(UserWarning, match=r"Left out, since .* in the folder train: \S*test\."):
        images = load_images(tmp_path)
    assert images.target.tolist() == [0, 1]
    with (
        pytest.warns(UserWarning, match="Left out"),
        pytest.raises(ValueError, match="no test images with labels"),
    ):
        load_images(tmp_path, subset="test")


def test_names_in_a_table_keep_their_zeros(tmp_path):
    """fastai/fastai 1008 and 253: 0001 was looked for as 1."""
    save(tmp_path / "0001", format="PNG", color=5)
    save(tmp_path / "2", format="PNG", color=6)
    (tmp_path / "labels.csv").write_text("0001,007\n2,7\n")
    images = load_images(tmp_path / "labels.csv")
    assert images.data[:, 0, 0].tolist() == [5, 6]
    assert images.target.tolist() == ["007", "7"]


def test_pictures_that_a_table_names_and_that_are_missing(tmp_path):
    """keras-team/keras-preprocessing 92 and 169, fastai/fastai 894: left out, or "0 images"."""
    save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("a.png,x\nb.png,y\nid123,x\n")
    with pytest.raises(OSError, match=r"2 of 3[^$]*b\.png: there is no such file[^$]*id123: "):
        load_images(tmp_path / "labels.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_has_the_label_of_its_place(tmp_path):
    """huggingface/datasets 5098 and 6853, fastai/fastai 2270: the label was the target's folder."""
    save_tree(tmp_path, {"store/others/1.png": 1, "store/more/2.png": 2})
    (tmp_path / "mine" / "abnormal").mkdir(parents=True)
    (tmp_path / "mine" / "abnormal" / "1.png").symlink_to(tmp_path / "store" / "others" / "1.png")
    (tmp_path / "mine" / "normal").symlink_to(tmp_path / "store" / "more")
    images = load_images(tmp_path / "mine")
    assert images.data[:, 0, 0].tolist() == [1, 2]
    assert images.target.tolist() == ["abnormal", "normal"]


def test_the_order_is_always_the_same(tmp_path):
    """keras-team/keras 14416: the order was the file system's, and labels were shuffled."""
    names = [f"{label}/{number}.png" for label in "ba" for number in (10, 9, 1)]
    save_tree(tmp_path, dict.fromkeys(names, 0))
    found = [os.path.relpath(name, tmp_path) for name in load_images(tmp_path).filenames]
    assert found == ["a/1.png", "a/10.png", "a/9.png", "b/1.png", "b/10.png", "b/9.png"]


def test_grey_with_transparency_and_frames_has_the_shape_of_all_others(tmp_path):
    """scikit-image/scikit-image 5242 and imageio/imageio 600: shapes followed the file."""
    save(tmp_path / "a" / "1.png", mode="LA", color=(90, 255))
    frames = [Image.new("L", (6, 6), grey) for grey in (90, 200)]
    frames[0].save(tmp_path / "a" / "2.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a" / "3.tif", save_all=True, append_images=frames[1:])
    save(tmp_path / "a" / "4.png", mode="1", color=1)
    save(tmp_path / "a" / "5.png", mode="P", color=90)
    save_array(tmp_path / "a" / "6.tif", np.full((6, 6), 0.5, np.float32))
    images = load_images(tmp_path).data
    assert images.shape == (6, 6, 6)
    assert images[:3, 0, 0].tolist() == [90, 90, 90]
    assert images[3, 0, 0] == WHITE
    assert images[5, 0, 0] == 128


def test_one_picture_in_colour_makes_all_of_them_rgb(tmp_path):
    save(tmp_path / "a" / "1.png", color=90)
    save(tmp_path / "b" / "1.png", mode="RGB", color=(255, 0, 0))
    save(tmp_path / "b" / "2.jpg", mode="CMYK", color=(0, 0, 0, 255))
    images = load_images(tmp_path)
    assert images.data.shape == (3, 6, 6, 3)
    assert images.data[:, 0, 0].tolist() == [[90, 90, 90], [255, 0, 0], [0, 0, 0]]


def test_8_bit_bmp_in_grey(tmp_path):
    """tensorflow/tensorflow 63008: a BMP with a palette could not be read as grey."""
    save(tmp_path / "a" / "1.bmp", color=90)
    assert (one_image(tmp_path, color_mode="grayscale") == 90).all()
