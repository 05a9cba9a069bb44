"""Trains a small classifier on the pictures of digits that come with scikit-learn, for MLServer to serve.

Writes into the current folder the model and records.jsonl: requests for it over REST (JSON) and gRPC (protobuf, base64), and
what the model says of them here, without MLServer.
"""

import base64
import json

import joblib
import numpy
from mlserver.grpc import dataplane_pb2 as messages
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

NAME = "digits"
OUTPUTS = ["predict", "predict_proba"]
REQUESTS = 240


def rest_request(number: int, rows: numpy.ndarray) -> str:
    tensor = {"name": "pixels", "datatype": "FP64", "shape": list(rows.shape), "data": rows.ravel().tolist()}
    return json.dumps({"id": f"r{number}", "inputs": [tensor], "outputs": [{"name": name} for name in OUTPUTS]})


def grpc_request(number: int, rows: numpy.ndarray) -> str:
    """Every other one has its numbers as raw bytes, which is what Triton's clients send."""
    message = messages.ModelInferRequest(model_name=NAME, id=f"r{number}")
    tensor = message.inputs.add(name="pixels", datatype="FP64", shape=rows.shape)
    if number % 2:
        message.raw_input_contents.append(rows.tobytes())
    else:
        tensor.contents.fp64_contents.extend(rows.ravel())
    for name in OUTPUTS:
        message.outputs.add(name=name)
    return base64.b64encode(message.SerializeToString()).decode()


digits = load_digits()
pixels = digits.data / 16
model = LogisticRegression(max_iter=200, random_state=0).fit(pixels[:1000], digits.target[:1000])
joblib.dump(model, "model.joblib")
with open("model-settings.json", "w") as settings:
    uri = {"uri": "./model.joblib"}
    json.dump({"name": NAME, "implementation": "mlserver_sklearn.SKLearnModel", "parameters": uri}, settings)

with open("records.jsonl", "w") as records:
    for number in range(REQUESTS):
        # One, two or three pictures in a request, none of which the training has seen.
        rows = pixels[1000 + number : 1000 + number + number % 3 + 1]
        record = {
            "id": f"r{number}",
            "rest": rest_request(number, rows),
            "grpc": grpc_request(number, rows),
            "labels": model.predict(rows).tolist(),
            "probabilities": model.predict_proba(rows).ravel().tolist(),
        }
        records.write(json.dumps(record) + "\n")
