"""Trains a small network on scikit-learn's handwritten digits (they come with the package) and writes what
examples/digits commits:

    python train.py            # a few seconds

../digits.onnx, ../requests.jsonl (the held-out digits as v2 requests) and ../labels.txt (what they are).
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, checker, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED = 20
TEST = 500
HERE = Path(__file__).parent


def to_onnx(network):
    """The network as an ONNX graph: pixels (0 to 16) in, the digit and the probability of each digit out."""
    (w1, w2), (b1, b2) = network.coefs_, network.intercepts_
    weights = {"scale": np.array(1 / 16), "w1": w1, "b1": b1, "w2": w2, "b2": b2}
    nodes = [
        helper.make_node("Mul", ["pixels", "scale"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "w1", "b1"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "w2", "b2"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["digit"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 64])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10]),
            helper.make_tensor_value_info("digit", TensorProto.INT64, ["batch"]),
        ],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="millrace-example")
    model.ir_version = 9
    checker.check_model(model, full_check=True)
    return model


def request(number, pixels):
    tensor = {"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": [int(value) for value in pixels]}
    return json.dumps({"id": f"digit-{number}", "inputs": [tensor]}, separators=(",", ":"))


def main():
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=TEST, random_state=SEED, stratify=labels
    )
    network = MLPClassifier((48,), alpha=1e-3, learning_rate_init=5e-3, max_iter=200, random_state=SEED)
    network.fit(train_x / 16, train_y)
    print(f"{network.score(test_x / 16, test_y):.1%} of {TEST} held-out digits are read rightly")

    onnx.save(to_onnx(network), HERE / "../digits.onnx")
    lines = [request(number, pixels) for number, pixels in enumerate(test_x)]
    (HERE / "../requests.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (HERE / "../labels.txt").write_text("".join(f"{label}\n" for label in test_y))


main()
