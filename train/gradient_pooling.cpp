// The rows of patches, of elements that are taken and put, and of pooling.
#include "framework/image_patches.h"
#include "framework/pooling.h"
#include "layers/resizing.h"
#include "train/convolution_options.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

// ---- patches

std::vector<Setting> patch_settings() {
    return {{"--shape", "2,5,4,2"},
            {"--kernel", "2", "3,2"},
            {"--stride", "1", "2,1"},
            {"--padding", "valid", "same"},
            {"--dilation", "1", "1,2"}};
}

Conv2DForm patch_form(const Settings& s) {
    const Shape image = s.shape();
    require(image.size() == 4, "patches: images must be [N, H, W, C]; got {}", image);
    const Size2D kernel = s.pair("--kernel");
    return Conv2DForm::of("patches", image, {kernel.height, kernel.width, image[3], 1},
                          {.stride = s.pair("--stride"),
                           .padding = parse_padding(s.text("--padding")),
                           .dilation = s.pair("--dilation")});
}

Operation patches_of(const Settings& s) {
    const Conv2DForm form = patch_form(s);
    return {[form](const Inputs& in) { return patches(in[0], form); }, {normal(form.image_shape())}, {"x"}};
}

Operation sum_patches_of(const Settings& s) {
    const Conv2DForm form = patch_form(s);
    const Shape p = patches(Tensor::zeros(form.image_shape(), DType::float64), form).shape();
    return {[form](const Inputs& in) { return sum_patches(in[0], form); }, {normal(p)}, {"p"}};
}

// ---- elements that are taken and put

// As many of each item's elements, some of them twice.
Places places_between(const Shape& whole, const Shape& taken) {
    require(whole.size() >= 2 && element_count(taken) > 0, "take: items must have elements; got {} and {}", whole,
            taken);
    const std::uint64_t item = static_cast<std::uint64_t>(element_count(whole) / whole[0]);
    std::vector<Index> indices(static_cast<std::size_t>(element_count(taken)));
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<Index>(random.below(item, i));
    return Places(whole, taken, indices);
}

Operation take_of(const Settings& s) {
    const Shape x = s.shape();
    const Places places = places_between(x, {x[0], s.whole("--out-features")});
    return {[places](const Inputs& in) { return take(in[0], places); }, {normal(x)}, {"x"}};
}

Operation put_of(const Settings& s) {
    const Shape y = s.shape();
    const Places places = places_between({y[0], s.whole("--out-features")}, y);
    return {[places](const Inputs& in) { return put(in[0], places); }, {normal(y)}, {"y"}};
}

// ---- pooling

std::vector<Setting> with_window(std::vector<Setting> settings) {
    settings.insert(settings.end(),
                    {{"--window", "2", "3,2"}, {"--stride", "", "2,1"}, {"--padding", "valid", "same"}});
    return settings;
}

std::vector<Setting> max_settings() { return with_window({{"--dilation", "1"}}); }
std::vector<Setting> average_settings() { return with_window({{"--count-padding", "no"}}); }

MaxPool2DOptions max_options(const Settings& s) {
    return {.window = s.pair("--window"),
            .stride = s.optional_pair("--stride"),
            .padding = parse_padding(s.text("--padding")),
            .dilation = s.pair("--dilation")};
}

AveragePool2DOptions average_options(const Settings& s) {
    return {.window = s.pair("--window"),
            .stride = s.optional_pair("--stride"),
            .padding = parse_padding(s.text("--padding")),
            .count_padding = s.is_set("--count-padding")};
}

Operation max_unpool2d_of(const Settings& s) {
    const Maxima maxima = max_pool2d(shuffled(s.shape()).draw(random), max_options(s));
    return {[maxima](const Inputs& in) { return max_unpool2d(in[0], maxima.switches); },
            {normal(maxima.value.shape())},
            {"y"}};
}

}  // namespace

void append_pooling(std::vector<GradientRow>& rows) {
    const Sample image = normal({2, 5, 4, 2}), distinct = shuffled({2, 5, 4, 2});
    rows.push_back(multilinear(operation("patches", patch_settings(), patches_of)));
    rows.push_back(multilinear(operation("sum_patches", patch_settings(), sum_patches_of)));
    rows.push_back(multilinear(operation("take", {{"--shape", "2,3,2"}, {"--out-features", "5"}}, take_of)));
    rows.push_back(multilinear(operation("put", {{"--shape", "2,5"}, {"--out-features", "6"}}, put_of)));
    rows.push_back(unary(
        "max_pool2d", max_settings(),
        [](const Variable& x, const Settings& s) { return max_pool2d(x, max_options(s)).value; }, distinct));
    std::vector<Setting> unpooled = max_settings();
    unpooled.insert(unpooled.begin(), {"--shape", "2,5,4,2"});
    rows.push_back(multilinear(operation("max_unpool2d", unpooled, max_unpool2d_of)));
    rows.push_back(unary(
        "average_pool2d", average_settings(),
        [](const Variable& x, const Settings& s) { return average_pool2d(x, average_options(s)); }, image));
    rows.push_back(unary("global_average_pool2d", global_average_pool2d, image));
    rows.push_back(layer(
        "MaxPool2D", max_settings(), [](const Settings& s) { return MaxPool2D(max_options(s)); }, distinct));
    rows.push_back(layer(
        "AveragePool2D", average_settings(), [](const Settings& s) { return AveragePool2D(average_options(s)); },
        image));
    rows.push_back(layer(
        "GlobalAveragePool2D", [] { return GlobalAveragePool2D(); }, image));
}

}  // namespace adjoint
