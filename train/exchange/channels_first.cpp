#include "train/exchange/channels_first.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>

#include "framework/conventions/layouts.h"

namespace adjoint {
namespace {

constexpr std::array<Index, 4> axis_first = {0, 2, 3, 1};  // where an axis of [N, H, W, C] is in [N, C, H, W]
const std::vector<Index> to_first = {0, 3, 1, 2}, to_last = {0, 2, 3, 1};

Shape permuted(const Shape& shape, const std::vector<Index>& axes) {
    Shape result;
    for (const Index axis : axes) result.push_back(shape[static_cast<std::size_t>(axis)]);
    return result;
}

// A constant that is broadcast to images [N, H, W, C], as [1, C, H, W].
Tensor broadcast_first(const Tensor& constant) {
    Shape shape = constant.shape();
    if (shape.empty()) return constant;
    shape.insert(shape.begin(), 4 - shape.size(), 1);
    return nhwc_to_nchw(constant.reshaped(shape)).value();
}

bool is(const GraphNode& node, const char* name) { return std::string_view(node.call.name) == name; }

// Whether it makes each element of one element of its input, and of nothing else.
bool is_pointwise(const GraphNode& node) {
    static constexpr std::array names = {"exp", "log",  "sqrt",       "abs",      "tanh", "sigmoid", "erf",   "relu",
                                         "elu", "gelu", "leaky_relu", "softplus", "sin",  "cos",     "negate"};
    return node.inputs.size() == 1 && std::ranges::any_of(names, [&](const char* name) { return is(node, name); });
}

class Transposed {
  public:
    Transposed(const Graph& graph, bool last_outside)
        : from_(graph), takers_(graph.values.size()), places_(graph.values.size()) {
        for (const GraphNode& node : graph.nodes)
            for (const std::size_t input : node.inputs) takers_[input].push_back(&node);
        const GraphValue& input = graph.value(graph.input);
        if (input.shape.size() == 4 && !last_outside) {
            to_.input = first(graph.input) = to_.add({.shape = permuted(input.shape, to_first)});
        } else {
            to_.input = last(graph.input) = to_.add(input);
        }
        for (const GraphNode& node : graph.nodes) add(node);
        const bool images = graph.value(graph.output).shape.size() == 4;
        to_.output = in_layout(graph.output, images && !last_outside);
    }

    Graph graph() && { return std::move(to_); }

  private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    struct Places {
        std::size_t first = nowhere, last = nowhere;  // numbers of the same value in both layouts
    };
    std::size_t& first(std::size_t value) { return places_[value].first; }
    std::size_t& last(std::size_t value) { return places_[value].last; }
    bool is_image(std::size_t value) const { return from_.value(value).shape.size() == 4; }

    std::size_t in_layout(std::size_t value, bool channels_first) {
        std::size_t &place = channels_first ? first(value) : last(value),
                    other = channels_first ? last(value) : first(value);
        if (place != nowhere) return place;
        const GraphValue& of = from_.value(value);
        const std::vector<Index>& axes = channels_first ? to_first : to_last;
        if (of.constant) {
            GraphValue constant = of;
            if (channels_first) constant.constant = transpose(*of.constant, axes).value();
            if (channels_first) constant.shape = permuted(of.shape, axes);
            return place = to_.add(std::move(constant));
        }
        place = to_.add({.shape = channels_first ? permuted(of.shape, axes) : of.shape});
        to_.nodes.push_back({{"transpose", {{"axes", axes}}}, {other}, place, ""});
        return place;
    }

    // Filters [K, L, C, O] as [O, C, K, L].
    std::size_t filters(std::size_t value) {
        const GraphValue& w = from_.value(value);
        const std::vector<Index> axes = {3, 2, 0, 1};
        if (w.constant)
            return to_.add(
                {.shape = permuted(w.shape, axes), .constant = transpose(*w.constant, axes).value(), .name = w.name});
        const std::size_t turned = to_.add({.shape = permuted(w.shape, axes)});
        to_.nodes.push_back({{"transpose", {{"axes", axes}}}, {in_layout(value, false)}, turned, ""});
        return turned;
    }

    void add(const GraphNode& node) {
        const std::string_view name = node.call.name;
        if (name == "conv2d" || name == "conv2d_input_gradient") return add_convolution(node);
        if (name == "reshape" && add_flattening(node)) return;
        if (name == "linear") return add_linear(node);
        if (is_pointwise(node) && rows_.contains(node.inputs[0])) rows_.emplace(node.output, rows_[node.inputs[0]]);
        const bool image = is_image(node.output), given_first = first(node.inputs[0]) != nowhere;
        if (name == "max_pool2d") return add(node, {true}, node.call);
        if (name == "normalize_by") return add(node, {is_image(node.inputs[0])}, node.call);
        if (name == "multiply_along" && image)
            return along_axis<Index>(node, "axis", [](Index& axis) -> Index& { return axis; });
        if (name == "concatenate" && image && given_first)
            return along_axis<Index>(node, "axis", [](Index& axis) -> Index& { return axis; });
        if (name == "slice" && image && given_first)
            return along_axis<Slice>(node, "range", [](Slice& range) -> Index& { return range.axis; });
        if (name == "pad" && image && given_first)
            return along_axis<Margin>(node, "margin", [](Margin& margin) -> Index& { return margin.axis; });
        if (image && is_elementwise(node)) return add_elementwise(node);
        add(node, {false}, node.call);
    }

    struct Layout {
        bool channels_first;
    };
    void add(const GraphNode& node, Layout layout, OperationCall call) {
        std::vector<std::size_t> inputs;
        for (const std::size_t input : node.inputs)
            inputs.push_back(in_layout(input, layout.channels_first && is_image(input)));
        finish(node, layout, std::move(call), std::move(inputs));
    }
    void finish(const GraphNode& node, Layout layout, OperationCall call, std::vector<std::size_t> inputs) {
        const Shape& shape = from_.value(node.output).shape;
        std::size_t& place = layout.channels_first ? first(node.output) : last(node.output);
        place = to_.add({.shape = layout.channels_first ? permuted(shape, to_first) : shape});
        to_.nodes.push_back({std::move(call), std::move(inputs), place, node.module});
    }

    void add_convolution(const GraphNode& node) {
        std::vector<std::size_t> inputs = {in_layout(node.inputs[0], true), filters(node.inputs[1])};
        if (node.inputs.size() == 3) inputs.push_back(in_layout(node.inputs[2], false));
        finish(node, {true}, node.call, std::move(inputs));
    }

    // ---- rows of numbers that were images, or become such: in the order C, H, W where a matrix can be turned to it

    static bool flattens(const Shape& image, const Shape& flat) {
        return image.size() == 4 && flat == Shape{image[0], image[1] * image[2] * image[3]};
    }
    // Whether all that happens to a value, element by element and then otherwise, is as it should be.
    template <class Last>
    bool ends_in(std::size_t value, const Last& last) const {
        return value != from_.output && std::ranges::all_of(takers_[value], [&](const GraphNode* node) {
                   return is_pointwise(*node) ? ends_in(node->output, last) : last(*node);
               });
    }
    // The shape of the images that the numbers in a row become, if they become nothing else.
    std::optional<Shape> image_behind(std::size_t value) const {
        std::optional<Shape> image;
        const bool alike = ends_in(value, [&](const GraphNode& node) {
            const Shape& shape = from_.value(node.output).shape;
            const bool fits = is(node, "reshape") && flattens(shape, from_.value(node.inputs[0]).shape);
            if (fits && !image) image = shape;
            return fits && shape == *image;
        });
        return alike ? image : std::nullopt;
    }
    bool ends_in_matrices(std::size_t value) const {
        return ends_in(value, [](const GraphNode& node) { return is(node, "linear"); });
    }

    // A reshape between images in channels first and rows in the order C, H, W.
    bool add_flattening(const GraphNode& node) {
        const Shape &x = from_.value(node.inputs[0]).shape, &y = from_.value(node.output).shape;
        const bool flat = flattens(x, y) && ends_in_matrices(node.output);
        if (!flat && !rows_.contains(node.inputs[0])) return false;
        if (flat) rows_.emplace(node.output, x);
        const std::size_t input = in_layout(node.inputs[0], flat);
        std::size_t& place = flat ? last(node.output) : first(node.output);
        place = to_.add({.shape = flat ? y : permuted(y, to_first)});
        to_.nodes.push_back({node.call, {input}, place, node.module});
        return true;
    }

    // A matrix or bias with one of its axes in the order C, H, W in place of H, W, C.
    static Tensor turned(const Tensor& w, std::size_t axis, const Shape& image) {
        Shape split = w.shape();
        const auto at = split.erase(split.begin() + static_cast<std::ptrdiff_t>(axis));
        split.insert(at, image.begin() + 1, image.end());
        std::vector<Index> axes(split.size());
        std::iota(axes.begin(), axes.end(), 0);
        std::rotate(axes.begin() + static_cast<std::ptrdiff_t>(axis),
                    axes.begin() + static_cast<std::ptrdiff_t>(axis) + 2,
                    axes.begin() + static_cast<std::ptrdiff_t>(axis) + 3);
        return transpose(w.reshaped(split), axes).value().reshaped(w.shape());
    }

    void add_linear(const GraphNode& node) {
        const auto rows = rows_.find(node.inputs[0]);
        const std::optional<Shape> image = image_behind(node.output);
        if (image) rows_.emplace(node.output, *image);
        std::vector<std::size_t> inputs = {in_layout(node.inputs[0], false)};
        for (std::size_t i = 1; i < node.inputs.size(); ++i) {
            GraphValue constant = from_.value(node.inputs[i]);
            if (i == 1 && rows != rows_.end()) constant.constant = turned(*constant.constant, 0, rows->second);
            if (image) constant.constant = turned(*constant.constant, constant.shape.size() - 1, *image);
            inputs.push_back(to_.add(std::move(constant)));
        }
        finish(node, {false}, node.call, std::move(inputs));
    }

    // An operation along an axis that is one of an option's numbers.
    template <class Option>
    void along_axis(const GraphNode& node, const char* name, Index& (*axis_of)(Option&)) {
        Option option = *node.call.option<Option>(name);
        Index& axis = axis_of(option);
        axis = axis_first[static_cast<std::size_t>(axis)];
        OperationCall call = node.call;
        for (auto& [each, value] : call.options)
            if (each == name) value = option;
        add(node, {true}, std::move(call));
    }

    // Whether an operation makes each element of the elements in the same place, broadcast.
    static bool is_elementwise(const GraphNode& node) {
        static constexpr std::array names = {"add", "subtract", "multiply", "divide", "power", "maximum", "minimum"};
        return is_pointwise(node) || std::ranges::any_of(names, [&](const char* name) { return is(node, name); });
    }

    // In channels first where an image is there so, and all others are images or constants.
    void add_elementwise(const GraphNode& node) {
        const auto is_first = [&](std::size_t input) { return is_image(input) && first(input) != nowhere; };
        const auto fits = [&](std::size_t input) { return is_image(input) || from_.value(input).constant; };
        if (!std::ranges::any_of(node.inputs, is_first) || !std::ranges::all_of(node.inputs, fits))
            return add(node, {false}, node.call);
        std::vector<std::size_t> inputs;
        for (const std::size_t input : node.inputs) {
            const GraphValue& value = from_.value(input);
            if (!value.constant) {
                inputs.push_back(in_layout(input, true));
            } else {
                const Tensor constant = broadcast_first(*value.constant);
                inputs.push_back(to_.add({.shape = constant.shape(), .constant = constant, .name = value.name}));
            }
        }
        finish(node, {true}, node.call, std::move(inputs));
    }

    const Graph& from_;
    Graph to_ = {};
    std::vector<std::vector<const GraphNode*>> takers_;  // of each value of the other graph
    std::vector<Places> places_;
    std::map<std::size_t, Shape> rows_;  // the images [N, H, W, C] that rows in the order C, H, W were or become
};

}  // namespace

Graph channels_first(const Graph& graph, bool channels_last_outside) {
    return Transposed(graph, channels_last_outside).graph();
}

}  // namespace adjoint
