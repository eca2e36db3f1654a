"""Which arithmetic training uses, by what the processor and oneDNN can do."""

import pytest
from support import assert_same_weights, cnn, mlp, tiny, weights

from skdigits._processor import flags, has_bfloat16

X, Y = tiny(shape=(8, 8))
pytestmark = pytest.mark.precision


def trained(make=cnn, **parameters):
    return weights(make(**parameters).fit(X, Y))


def test_auto_is_what_the_processor_has():
    expected = "bfloat16" if has_bfloat16() else "float32"
    assert_same_weights(trained(), trained(precision=expected))


def test_the_two_differ():
    with pytest.raises(AssertionError):
        assert_same_weights(trained(precision="float32"), trained(precision="bfloat16"))


def test_auto_is_float32_without_convolutions():
    assert_same_weights(trained(mlp), trained(mlp, precision="float32"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TF_ENABLE_ONEDNN_OPTS", "0"),
        ("TF_ENABLE_ONEDNN_OPTS", "False"),
        ("ONEDNN_MAX_CPU_ISA", "AVX2"),
        ("ONEDNN_MAX_CPU_ISA", "avx512_core"),
        ("DNNL_MAX_CPU_ISA", "AVX2"),
    ],
)
def test_auto_is_float32_where_onednn_may_not_use_bfloat16(variable, value, monkeypatch):
    """TensorFlow itself emulates it, in many times the time."""
    monkeypatch.setenv(variable, value)
    assert_same_weights(trained(), trained(precision="float32"))


@pytest.mark.parametrize("value", ["ALL", "AVX512_CORE_BF16", "AVX10_1_512_AMX"])
def test_onednn_may_be_held_to_what_has_bfloat16(value, monkeypatch):
    expected = has_bfloat16()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", value)
    assert has_bfloat16() == expected


@pytest.mark.skipif("avx512f" not in flags(), reason="here TensorFlow emulates bfloat16")
@pytest.mark.parametrize("make", [mlp, cnn])
@pytest.mark.parametrize("limit", [("ONEDNN_MAX_CPU_ISA", "sse41"), ("DNNL_MAX_CPU_ISA", "AVX2")])
def test_bfloat16_by_name_is_an_error_where_it_would_end_the_process(limit, make, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setenv(*limit)
    with pytest.raises(ValueError, match=f"{limit[0]} limits oneDNN to {limit[1].upper()}"):
        make(precision="bfloat16").fit(X, Y)
    make(precision="auto").fit(X, Y)


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_network_from_another_processor_goes_on_in_the_arithmetic_of_this_one(
    looked_at, monkeypatch
):
    estimator = cnn(precision="bfloat16").fit(X, Y)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")  # then "auto" is float32
    if looked_at:
        estimator.predict(X)
    estimator.set_params(precision="auto").partial_fit(X, Y)
    assert {layer.dtype_policy.name for layer in estimator.model_.layers} == {"float32"}
    assert estimator.n_iter_ == 3
    with pytest.raises(ValueError, match="go on with another 'precision'"):
        estimator.set_params(precision="bfloat16").partial_fit(X, Y)
