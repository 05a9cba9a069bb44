"""Asks a server of the tensorflow protocol with a client library of TensorFlow Serving. Arguments: gRPC port, file of pictures (JSON)."""

import json
import sys

import grpc
import numpy
from min_tfs_client.requests import TensorServingClient
from min_tfs_client.tensors import tensor_proto_to_ndarray
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

port, file = int(sys.argv[1]), sys.argv[2]
pictures = numpy.array(json.load(open(file)), dtype=numpy.float32)
client = TensorServingClient("127.0.0.1", port)
said = {}

answer = client.predict_request("digits", {"pixels": pictures}, timeout=120)
said["digits"] = tensor_proto_to_ndarray(answer.outputs["digit"]).tolist()
said["probabilities"] = tensor_proto_to_ndarray(answer.outputs["probabilities"]).tolist()
said["model"] = answer.model_spec.name


def failure(ask):
    try:
        ask()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return None


said["wrong shape"] = failure(lambda: client.predict_request("digits", {"pixels": pictures[:, :7]}, timeout=120))
said["no model"] = failure(lambda: client.predict_request("letters", {"pixels": pictures}, timeout=120))

channel = grpc.insecure_channel(f"127.0.0.1:{port}")
status = get_model_status_pb2.GetModelStatusRequest()
status.model_spec.name = "digits"
states = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=120).model_version_status
said["status"] = [[state.version, get_model_status_pb2.ModelVersionStatus.State.Name(state.state)] for state in states]

metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
metadata.model_spec.name = "digits"
described = prediction_service_pb2_grpc.PredictionServiceStub(channel).GetModelMetadata(metadata, timeout=120)
signatures = get_model_metadata_pb2.SignatureDefMap()
described.metadata["signature_def"].Unpack(signatures)
signature = signatures.signature_def["serving_default"]
said["inputs"], said["outputs"] = sorted(signature.inputs), sorted(signature.outputs)

print(json.dumps(said))
