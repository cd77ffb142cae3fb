"""Runs one engine on one network, once for each line "run" that it reads, and prints the milliseconds of each run.

    python engines.py ENGINE MODEL SIZE BATCH THREADS [ONNX]
    python engines.py ENGINE version

ENGINE is onnxruntime, openvino or tensorflow. After some runs to warm up it prints "ready".
"""
import importlib.metadata
import sys
import time

import numpy as np

WARM_UPS = 3
PACKAGES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "tensorflow": "tensorflow-cpu"}


def onnxruntime(path, threads, **_):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"input": x})


def openvino(path, threads, **_):
    import openvino as ov
    core = ov.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(path, "CPU", settings).create_infer_request()
    return lambda x: request.infer({0: x})


def tensorflow(model, size, threads, **_):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    build = {"resnet50v2": "ResNet50V2", "densenet121": "DenseNet121", "vgg16": "VGG16"}[model]
    net = getattr(tf.keras.applications, build)(weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3))
    call = tf.function(lambda x: net(x, training=False))
    return lambda x: call(tf.constant(x)).numpy()


def main(engine, model, size=0, batch=0, threads=0, path=None):
    if model == "version":
        print(engine, importlib.metadata.version(PACKAGES[engine]))
        return
    run = {f.__name__: f for f in (onnxruntime, openvino, tensorflow)}[engine](
        model=model, size=int(size), threads=int(threads), path=path)
    x = np.random.default_rng(1).uniform(-1, 1, (int(batch), int(size), int(size), 3)).astype(np.float32)
    for _ in range(WARM_UPS):
        run(x)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() != "run":
            raise SystemExit("want lines run, got %r" % line)
        start = time.perf_counter()
        run(x)
        print((time.perf_counter() - start) * 1e3, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
