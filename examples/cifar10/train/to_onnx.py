"""The trained network as an ONNX graph, each batch norm folded into its convolution."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper


def to_onnx(params, norms, stages):
    nodes, weights = [], []

    def weight(name, value):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(name, x, stride=1):
        kernel, (mean, variance) = params[f"{name}.weight"], norms[name]
        factor = params[f"{name}.scale"] / np.sqrt(variance + 1e-5)
        bias = params[f"{name}.shift"] - mean * factor
        inputs = [
            x,
            weight(f"{name}.weight", (kernel * factor).transpose(3, 2, 0, 1)),
            weight(f"{name}.bias", bias),
        ]
        pad = (kernel.shape[0] - 1) // 2
        return node("Conv", inputs, name, kernel_shape=kernel.shape[:2], strides=[stride] * 2, pads=[pad] * 4)

    # TensorFlow's order of axes outside, ONNX's inside.
    x = node("Transpose", ["input_1"], "channels_first", perm=[0, 3, 1, 2])
    x = node("Relu", [conv("stem", x)], "stem.relu")
    for stage, (_, blocks) in enumerate(stages):
        for block in range(blocks):
            name = f"stage{stage}.block{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            inner = node("Relu", [conv(f"{name}.first", x, stride)], f"{name}.first.relu")
            skip = conv(f"{name}.skip", x, stride) if f"{name}.skip.weight" in params else x
            x = node("Relu", [node("Add", [conv(f"{name}.second", inner), skip], f"{name}.add")], f"{name}.relu")
    x = node("Flatten", [node("GlobalAveragePool", [x], "pool")], "flat")
    dense = [x, weight("dense.weight", params["dense.weight"]), weight("dense.bias", params["dense.bias"])]
    node("Softmax", [node("Gemm", dense, "logits")], "probabilities", axis=1)

    graph = helper.make_graph(
        nodes,
        "resnet",
        [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["batch", 32, 32, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", params["dense.bias"].size])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="millrace-example")
    model.ir_version = 9
    checker.check_model(model, full_check=True)
    return model
