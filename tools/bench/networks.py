"""The backbones of cairn as ONNX files with drawn weights, for measuring times.

Layers are those of the Keras graphs: batch normalization stays a node, padding a node where Keras has one, so that each
engine decides for itself what to fold. Input: float32 [N, H, W, 3]; output: float32 [N, features].
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KERAS_EPSILON = 1.001e-5  # of ResNet and DenseNet


class Graph:
    """A line of ONNX nodes; each method returns the name of its result, of so many channels."""

    def __init__(self, seed=1):
        self.nodes, self.weights, self.channels = [], [], {}
        self.rng = np.random.default_rng(seed)

    def add(self, op, inputs, channels, **attributes):
        name = "v%d" % len(self.nodes)
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        self.channels[name] = channels
        return name

    def constant(self, array):
        name = "w%d" % len(self.weights)
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(self, x, filters, kernel, stride=1, same=False, bias=False, groups=1):
        inputs = self.channels[x] // groups
        deviation = np.sqrt(2 / (inputs * kernel * kernel))  # He et al. 2015
        w = self.rng.normal(0, deviation, (filters, inputs, kernel, kernel)).astype(np.float32)
        names = [x, self.constant(w)]
        if bias:
            names.append(self.constant(np.zeros(filters, np.float32)))
        return self.add("Conv", names, filters, kernel_shape=[kernel] * 2, strides=[stride] * 2, group=groups,
                        auto_pad="SAME_UPPER" if same else "VALID")

    def depthwise(self, x, kernel, stride):
        return self.conv(x, self.channels[x], kernel, stride, same=True, groups=self.channels[x])

    def norm(self, x, epsilon=KERAS_EPSILON):
        n = self.channels[x]
        # Not the identity, which an engine might drop.
        values = [self.rng.uniform(low, high, n).astype(np.float32) for low, high in ((0.9, 1.1), (-0.1, 0.1), (-0.1, 0.1), (0.9, 1.1))]
        return self.add("BatchNormalization", [x] + [self.constant(v) for v in values], n, epsilon=epsilon)

    def relu(self, x):
        return self.add("Relu", [x], self.channels[x])

    def relu6(self, x):
        return self.add("Clip", [x, self.constant(np.float32(0)), self.constant(np.float32(6))], self.channels[x])

    def pad(self, x, n):
        return self.add("Pad", [x, self.constant(np.array([0, 0, n, n, 0, 0, n, n], np.int64))], self.channels[x])

    def pool(self, x, kind, kernel, stride):
        return self.add(kind, [x], self.channels[x], kernel_shape=[kernel] * 2, strides=[stride] * 2)

    def save(self, path, build, size, batch):
        x = self.add("Transpose", ["input"], 3, perm=[0, 3, 1, 2])
        x = build(self, x)
        features = self.channels[x]
        x = self.add("GlobalAveragePool", [x], features)
        x = self.add("Flatten", [x], features)
        graph = helper.make_graph(
            self.nodes, "network",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, size, size, 3])],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, [batch, features])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        onnx.save(model, path)


def resnet50v2(g, x):
    x = g.conv(g.pad(x, 3), 64, 7, 2, bias=True)
    x = g.pool(g.pad(x, 1), "MaxPool", 3, 2)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        filters = 64 << stage
        for i in range(blocks):
            stride = 2 if i == blocks - 1 and stage < 3 else 1
            before = g.relu(g.norm(x))
            shortcut = x
            if i == 0:
                shortcut = g.conv(before, 4 * filters, 1, stride, bias=True)
            elif stride > 1:
                shortcut = g.pool(x, "MaxPool", 1, stride)
            y = g.relu(g.norm(g.conv(before, filters, 1)))
            y = g.relu(g.norm(g.conv(g.pad(y, 1), filters, 3, stride)))
            y = g.conv(y, 4 * filters, 1, bias=True)
            x = g.add("Add", [shortcut, y], 4 * filters)
    return g.relu(g.norm(x))


def densenet121(g, x):
    x = g.relu(g.norm(g.conv(g.pad(x, 3), 64, 7, 2)))
    x = g.pool(g.pad(x, 1), "MaxPool", 3, 2)
    for stage, layers in enumerate((6, 12, 24, 16)):
        if stage > 0:
            x = g.conv(g.relu(g.norm(x)), g.channels[x] // 2, 1)
            x = g.pool(x, "AveragePool", 2, 2)
        for _ in range(layers):
            y = g.conv(g.relu(g.norm(x)), 128, 1)
            y = g.conv(g.relu(g.norm(y)), 32, 3, same=True)
            x = g.add("Concat", [x, y], g.channels[x] + 32, axis=1)
    return g.relu(g.norm(x))


def vgg16(g, x):
    for stage, convs in enumerate((2, 2, 3, 3, 3)):
        for _ in range(convs):
            x = g.relu(g.conv(x, min(64 << stage, 512), 3, same=True, bias=True))
        x = g.pool(x, "MaxPool", 2, 2)
    return x


def efficientnetlite0(g, x):
    epsilon = 1e-3
    x = g.relu6(g.norm(g.conv(x, 32, 3, 2, same=True), epsilon))
    for repeats, kernel, first_stride, expand, filters in (
            (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
            (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)):
        for i in range(repeats):
            stride = first_stride if i == 0 else 1
            y = x
            if expand > 1:
                y = g.relu6(g.norm(g.conv(y, expand * g.channels[x], 1), epsilon))
            y = g.relu6(g.norm(g.depthwise(y, kernel, stride), epsilon))
            y = g.norm(g.conv(y, filters, 1), epsilon)
            x = g.add("Add", [y, x], filters) if stride == 1 and g.channels[x] == filters else y
    return g.relu6(g.norm(g.conv(x, 1280, 1), epsilon))


NETWORKS = {f.__name__: f for f in (resnet50v2, densenet121, vgg16, efficientnetlite0)}


def save(name, path, size, batch):
    Graph().save(path, NETWORKS[name], size, batch)
