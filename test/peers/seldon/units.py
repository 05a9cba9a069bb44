"""Units as users of Seldon Core write them, for its Python wrapper to serve."""

import numpy


class Scale:
    """TRANSFORMER: multiplies."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def transform_input(self, X, names, meta=None):
        return numpy.asarray(X) * self.factor

    def tags(self):
        return {"factor": self.factor}

    def metrics(self):
        return [{"type": "COUNTER", "key": "scaled_total", "value": 1}]


class Pick:
    """ROUTER: the first child for small sums, the second for others."""

    def __init__(self, limit=0.0):
        self.limit = limit

    def route(self, X, names):
        return 0 if numpy.sum(X) < self.limit else 1

    def tags(self):
        return {"picked": True}


class Line:
    """MODEL: 2x + 1; it takes no negative numbers."""

    def predict(self, X, names, meta=None):
        if numpy.min(X) < 0:
            raise ValueError("line takes no negative numbers")
        return 2 * X + 1

    def class_names(self):
        return ["first", "second"]

    def tags(self):
        return {"model": "line"}

    def metrics(self):
        return [{"type": "GAUGE", "key": "line_gauge", "value": 7}]


class Square:
    """MODEL: x squared."""

    def predict(self, X, names, meta=None):
        return X * X

    def tags(self):
        return {"square": True}

    def metrics(self):
        return [{"type": "TIMER", "key": "square_timer", "value": 3}]


class Mean:
    """COMBINER: the mean of its children."""

    def aggregate(self, features_list, names_list):
        return numpy.mean(features_list, axis=0)

    def tags(self):
        return {"combined": True}
