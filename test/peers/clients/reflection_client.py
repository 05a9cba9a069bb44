"""Learns what a gRPC server has by reflection and calls it with messages made of nothing but that. Argument: gRPC port."""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

port, service, method, request = sys.argv[1:]
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)


def call(service: str, method: str, request: dict) -> dict:
    described = pool.FindServiceByName(service).FindMethodByName(method)
    takes, gives = GetMessageClass(described.input_type), GetMessageClass(described.output_type)
    stub = channel.unary_unary(
        f"/{service}/{method}", request_serializer=takes.SerializeToString, response_deserializer=gives.FromString
    )
    return MessageToDict(stub(ParseDict(request, takes()), timeout=120))


said = {"services": sorted(database.get_services()), "answer": call(service, method, json.loads(request))}
said["health"] = call("grpc.health.v1.Health", "Check", {})
said["methods"] = sorted(one.name for one in pool.FindServiceByName(service).methods)
print(json.dumps(said))
