"""`load_images` on tables of paths and labels."""

import pytest
from pictures import save_tree, values

from skdigits.datasets import load_images

TABLES = {
    "no header": "a.png,cat\nsub/b.png,dog\n",
    "header": "path,label\na.png,cat\nsub/b.png,dog\n",
    "other names": "filename,class\na.png,cat\nsub/b.png,dog\n",
    "unknown names": "bild,tier\na.png,cat\nsub/b.png,dog\n",
    "the label first": "cat,a.png\ndog,sub/b.png\n",
    "the label first, with a header": "class,bild\ncat,a.png\ndog,sub/b.png\n",
    "more columns": "id,Label,width,File Name\n7,cat,6,a.png\n8,dog,6,sub/b.png\n",
    "semicolons": "path;label\na.png;cat\nsub/b.png;dog\n",
    "tabs": "a.png\tcat\nsub/b.png\tdog\n",
    "Excel": "\ufeffpath;label\r\na.png;cat\r\n\r\nsub/b.png;dog\r\n",
    "spaces": " path , label\n a.png, cat \n sub/b.png ,dog\n,\n",
    "quotes": '"path","label"\n"a.png","cat"\n"sub/b.png","dog"\n',
    "Windows": "a.png,cat\nsub\\b.png,dog\n",
    "an empty line first": "\n \npath;label\na.png;cat\nsub/b.png;dog\n",
    "commas in quotes": '"path";"label";"note, long, or not"\na.png;cat;x\nsub/b.png;dog;y\n',
    "Excel's first line": "\ufeffsep=;\r\npath;label\r\na.png;cat\r\nsub/b.png;dog\r\n",
    "a separator of your own": '"sep=|"\na.png|cat\nsub/b.png|dog\n',
    "R": '"file.name","label"\n"a.png","cat"\n"sub/b.png","dog"\n',
    "a dot in an unknown name": "tier.bild,class\na.png,cat\nsub/b.png,dog\n",
    "a note of two lines": 'path,label,note\na.png,cat,"one\ntwo"\nsub/b.png,dog,\n',
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_a_table_of_paths_and_labels(text, tmp_path):
    save_tree(tmp_path, {"a.png": 10, "sub/b.png": 20})
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8", newline="")
    images = load_images(tmp_path / "labels.csv")
    assert values(images) == [(10, "cat"), (20, "dog")]


@pytest.mark.parametrize("first", ["a.png", "missing.png"])
def test_labels_with_a_dot_come_before_the_paths(first, tmp_path):
    save_tree(tmp_path, {"a.png": 10, "b.png": 20})
    table = tmp_path / "labels.csv"
    table.write_text(f"St. Louis,{first}\nSt. Paul,b.png\n")
    if first == "missing.png":
        with pytest.raises(OSError, match=r"1 of 2[^$]*missing\.png: there is no such file"):
            load_images(table)
    else:
        assert values(load_images(table)) == [(10, "St. Louis"), (20, "St. Paul")]


def test_a_label_may_be_called_as_a_column_or_a_folder(tmp_path):
    save_tree(tmp_path, {"target/a.png": 10, "b.png": 20})
    table = tmp_path / "labels.csv"
    table.write_text("target,target/a.png\nother,b.png\n")
    assert values(load_images(table)) == [(10, "target"), (20, "other")]


@pytest.mark.parametrize("row", ["a.png,K\u00e4fer", "K\u00e4fer.png,x"])
def test_a_table_in_another_encoding(row, tmp_path):
    save_tree(tmp_path, {"a.png": 10, "K\u00e4fer.png": 20})
    table = tmp_path / "labels.csv"
    table.write_text(f"path,label\na.png,x\n{row}\n", encoding="cp1252")
    with pytest.raises(ValueError, match=r"line 3 of .* is not UTF-8.*\. Save the table in UTF-8"):
        load_images(table)
    table.write_text(f"path,label\n{row}\n", encoding="utf-8")
    assert len(load_images(table).data) == 1


def test_a_table_keeps_its_order_and_takes_absolute_paths(tmp_path):
    save_tree(tmp_path, {"pictures/b.png": 10, "pictures/a.png": 20})
    rows = [f"{tmp_path}/pictures/b.png,1", f"{tmp_path}/pictures/a.png,0"]
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "labels.csv").write_text("\n".join(rows))
    assert values(load_images(tmp_path / "here" / "labels.csv")) == [(10, 1), (20, 0)]


def test_a_column_of_splits_divides_a_table(tmp_path):
    save_tree(tmp_path, {"a.png": 1, "b.png": 2, "c.png": 3})
    table = tmp_path / "labels.csv"
    table.write_text("path,label,split\na.png,x,train\nb.png,y,Valid\nc.png,x,test\n")
    assert values(load_images(table)) == [(1, "x")]
    assert values(load_images(table, subset="test")) == [(3, "x")]
    assert len(load_images(table, subset="all").data) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("path,label\n", "lists no pictures"),
        ("a.png\n", "has the columns a.png"),
        ("a.png,cat,1\n", "has the columns a.png, cat, 1. Begin it with a line of names"),
        ("id,breed,age\n", "has the columns id, breed, age"),
        ("a.png,cat\nb.png,\n", "line 2 of .* has no label"),
        ("a.png,cat\n,dog\n", "line 2 of .* has no path"),
        ("path,label\na.png\n", "line 2 of .* has 1 columns"),
        ("path,label\na.png,rose, red\n", 'line 2 of .* has 3 columns.*quotes: "one, two"'),
        ("path,label,split\na.png,cat,holdout\n", "the split 'holdout'; use train, val and test"),
        ("a.png,cat\na.png,dog\n", "one label only"),
        ("a.png,cat\n./a.png,dog\n", "line 2 of .* one label only"),
        ('a.png,x\nb.png,"cat\na.png,dog\n', r"line 2 of .* Look for a quote"),
        ('b.png,"cat\na.png,dog"\n', "line 1 of .* has a line break in its path or label"),
        ('path,label,note\na.png,x,"5\nb.png,y,"6"\n', "line 2 of .* Look for a quote"),
        ('path,label\na.png," "\n', "line 2 of .* has no label"),
        ("label," + ",".join(f"pixel{i}" for i in range(784)) + "\n", "785 columns"),
        ("a.png,Cat\nb.png,cat\n", "differ in upper and lower case"),
        ("p\0a\0t\0h\0", "not a CSV file in UTF-8"),
        ("path,label\nx.png,cat\ny.png,dog\n", "the first is .*x.png. Paths are relative to"),
    ],
)
def test_what_is_wrong_with_a_table(text, message, tmp_path):
    save_tree(tmp_path, {"a.png": 1, "b.png": 2})
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_images(tmp_path / "labels.csv")
