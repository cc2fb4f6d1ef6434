#include "framework/ops/loops.h"

namespace adjoint {
namespace {

// The stride of each axis of `operand` when it is broadcast to `shape`; 0 where it is repeated.
std::vector<Index> broadcast_strides(const Shape& shape, const Shape& operand) {
    std::vector<Index> strides(shape.size(), 0);
    Index stride = 1;
    for (std::size_t i = 1; i <= operand.size(); ++i) {
        const Index extent = operand[operand.size() - i];
        if (extent != 1) strides[shape.size() - i] = stride;
        stride *= extent;
    }
    return strides;
}

}  // namespace

BroadcastRows::BroadcastRows(const Shape& shape, const Shape& a_shape, const Shape& b_shape) {
    const std::vector<Index> a_strides = broadcast_strides(shape, a_shape);
    const std::vector<Index> b_strides = broadcast_strides(shape, b_shape);
    for (Index axis = std::ssize(shape) - 1; axis >= 0; --axis) {
        if (shape[axis] == 1) continue;
        const Index a_stride = a_strides[axis], b_stride = b_strides[axis];
        if (length == 1) {  // the innermost
            a.step = a_stride == 0 ? 0 : 1;
            b.step = b_stride == 0 ? 0 : 1;
            length = shape[axis];
        } else if (outer.empty() && a_stride == a.step * length && b_stride == b.step * length) {
            length *= shape[axis];
        } else {
            outer.insert(outer.begin(), shape[axis]);
            a.strides.insert(a.strides.begin(), a_stride);
            b.strides.insert(b.strides.begin(), b_stride);
        }
    }
}

}  // namespace adjoint
