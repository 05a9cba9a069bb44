"""Asks two servers of the v2 protocol the same with Triton's clients, over HTTP and gRPC; prints what each said.

Arguments: HTTP and gRPC port of one, HTTP and gRPC port of the other, file of pictures (JSON).
"""

import json
import sys

import numpy
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

*ports, file = sys.argv[1:]
pictures = numpy.array(json.load(open(file)), dtype=numpy.float64) / 16


def ask(library, port: str, **how):
    client = library.InferenceServerClient(f"127.0.0.1:{port}")
    said = {"live": client.is_server_live(), "ready": client.is_server_ready(), "model": client.is_model_ready("digits")}
    metadata = client.get_model_metadata("digits")
    said["name"] = metadata["name"] if isinstance(metadata, dict) else metadata.name

    def infer(rows, name="digits", **more):
        tensor = library.InferInput("pixels", list(rows.shape), "FP64")
        tensor.set_data_from_numpy(rows, **how)
        outputs = [library.InferRequestedOutput(output, **how) for output in ("predict", "predict_proba")]
        return client.infer(name, [tensor], outputs=outputs, request_id="from triton", **more)

    answer = infer(pictures)
    response = answer.get_response()
    said["id"] = response["id"] if isinstance(response, dict) else response.id
    said["digits"] = answer.as_numpy("predict").ravel().tolist()
    said["probabilities"] = answer.as_numpy("predict_proba").tolist()
    try:
        infer(pictures[:, :7])
        said["wrong shape"] = None
    except InferenceServerException as error:
        said["wrong shape"] = [error.status(), error.message()]
    client.close()
    return said


# MLServer takes no binary data after the JSON, so over HTTP everything is JSON.
print(json.dumps([[ask(tritonclient.http, http, binary_data=False), ask(tritonclient.grpc, grpc)] for http, grpc in (ports[:2], ports[2:])]))
