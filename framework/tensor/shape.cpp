#include "framework/tensor/shape.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/tensor/error.h"

namespace adjoint {

Index element_count(const Shape& shape, const std::string& operation) {
    Index filled = 1;  // the product of all extents but those of 0
    for (const Index extent : shape) {
        require(!__builtin_mul_overflow(filled, extent == 0 ? 1 : extent, &filled) && filled < Index{1} << 60,
                "{}: a shape has too many elements; got {}", operation, shape);
    }
    return std::ranges::find(shape, 0) == shape.end() ? filled : 0;
}

Shape unravel_index(Index i, const Shape& shape) {
    Shape place(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; i /= shape[axis]) place[axis] = i % shape[axis];
    return place;
}

Shape broadcast(const std::string& operation, const Shape& a, const Shape& b) {
    const Shape& longer = a.size() >= b.size() ? a : b;
    const Shape& shorter = a.size() >= b.size() ? b : a;
    const std::size_t extra = longer.size() - shorter.size();
    Shape result = longer;
    for (std::size_t axis = 0; axis < shorter.size(); ++axis) {
        Index& extent = result[extra + axis];
        require(extent == shorter[axis] || extent == 1 || shorter[axis] == 1,
                "{}: shapes do not broadcast; got {} and {}", operation, a, b);
        if (extent == 1) extent = shorter[axis];
    }
    return result;
}

bool broadcasts_to(const Shape& shape, const Shape& target) {
    if (shape.size() > target.size()) return false;
    return std::equal(shape.rbegin(), shape.rend(), target.rbegin(),
                      [](Index extent, Index wanted) { return extent == wanted || extent == 1; });
}

std::vector<Index> normalize_axes(const std::string& operation, const Shape& shape, const std::vector<Index>& axes) {
    const Index rank = std::ssize(shape);
    std::vector<Index> result = axes;
    if (axes.empty()) {
        result.resize(shape.size());
        std::iota(result.begin(), result.end(), Index{0});
    }
    for (Index& axis : result) {
        require(axis >= -rank && axis < rank, "{}: axis {} does not exist; got shape {}", operation, axis, shape);
        if (axis < 0) axis += rank;
    }
    std::sort(result.begin(), result.end());
    require(std::adjacent_find(result.begin(), result.end()) == result.end(), "{}: an axis is named twice; got axes {}",
            operation, axes);
    return result;
}

Index normalize_axis(const std::string& operation, const Shape& shape, Index axis) {
    return normalize_axes(operation, shape, {axis}).front();
}

void require_images(const std::string& operation, const Shape& shape) {
    require(shape.size() == 4, "{}: input must be [N, H, W, C]; got {}", operation, shape);
}

Shape without_axes(const Shape& shape, const std::vector<Index>& axes, bool keep) {
    Shape result;
    for (Index axis = 0; axis < std::ssize(shape); ++axis) {
        if (!std::binary_search(axes.begin(), axes.end(), axis)) {
            result.push_back(shape[axis]);
        } else if (keep) {
            result.push_back(1);
        }
    }
    return result;
}

}  // namespace adjoint
