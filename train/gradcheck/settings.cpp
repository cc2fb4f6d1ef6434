#include "train/gradcheck/settings.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <sstream>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

std::string joined(const std::vector<Index>& numbers) { return fmt::format("{}", fmt::join(numbers, ",")); }

// ---- how each flag is drawn

// Nothing, or a few.
std::string draw_output_padding(RandomStream& stream, const Settings& drawn) {
    return stream.chance(0.5) ? draw_numbers({0, 2}, 2)(stream, drawn) : "";
}

// As many axes as the example has, and now and then a longer one.
std::string draw_shape(RandomStream& stream, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = stream.between(1, stream.chance(0.2) ? 8 : 4);
    return joined(shape);
}

// What broadcasts with the shape.
std::string draw_other_shape(RandomStream& stream, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = stream.chance(0.3) ? 1 : extent;
    shape.erase(shape.begin(), shape.begin() + stream.between(0, stream.chance(0.7) ? 0 : std::ssize(shape) - 1));
    return joined(shape);
}

std::string draw_padding(RandomStream& stream, const Settings& drawn) {
    const Index kind = stream.between(0, 5);
    return kind == 0 ? "valid" : kind == 1 ? "same" : kind == 2 ? "full" : draw_numbers({-1, 3}, 4)(stream, drawn);
}

std::string draw_axes(RandomStream& stream, const Settings& drawn) {
    std::vector<Index> axes;
    for (Index axis = 0; axis < std::ssize(drawn.shape()); ++axis) {
        axes.insert(axes.begin() + stream.between(0, std::ssize(axes)), axis);
    }
    if (stream.chance(0.5)) axes.resize(static_cast<std::size_t>(stream.between(1, std::ssize(axes))));
    return joined(axes);
}

std::string draw_axis(RandomStream& stream, const Settings& drawn) {
    return joined({stream.between(0, std::ssize(drawn.shape()) - 1)});
}

// The same number of elements.
std::string draw_target(RandomStream& stream, const Settings& drawn) {
    return joined({stream.between(1, drawn.shape().front()), -1});
}

// ---- how a text becomes simpler

// The whole numbers of a text, nothing where it is a word or holds real ones.
std::vector<Index> whole_numbers(const Setting& setting, const std::string& text) {
    const bool numeric = !text.empty() && text.find_first_not_of("0123456789,-") == std::string::npos;
    return numeric && setting.flag->least ? parse_integers({setting.flag->name, text}, "whole numbers")
                                          : std::vector<Index>{};
}

// How far a text is from the simplest: the usual word, small numbers, few letters.
std::pair<Index, std::size_t> complexity(const Setting& setting, const std::string& text) {
    const std::vector<Index> numbers = whole_numbers(setting, text);
    if (numbers.empty()) return {text == setting.usual ? 0 : 1, text.size()};
    Index total = 1;
    for (const Index number : numbers) total += std::abs(number - *setting.flag->least);
    return {total, text.size()};
}

std::vector<std::string> simpler_texts(const Setting& setting) {
    std::vector<std::string> result = {setting.usual};
    const std::vector<Index> numbers = whole_numbers(setting, setting.text);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Index now = numbers[i], least = *setting.flag->least;
        for (const Index next : {least, (now + least) / 2, now > least ? now - 1 : now + 1}) {
            std::vector<Index> changed = numbers;
            changed[i] = next;
            result.push_back(joined(changed));
        }
    }
    const auto most = complexity(setting, setting.text);
    std::erase_if(result, [&](const std::string& text) { return complexity(setting, text) >= most; });
    return result;
}

}  // namespace

DrawSetting draw_numbers(const WholeNumbers& range, int count) {
    return [=](RandomStream& stream, const Settings&) {
        std::vector<Index> drawn;
        while (std::ssize(drawn) < count) drawn.push_back(stream.between(range.first, range.last));
        return joined(drawn);
    };
}

DrawSetting draw_one_of(std::vector<std::string> texts) {
    return [texts = std::move(texts)](RandomStream& stream, const Settings&) {
        return texts[static_cast<std::size_t>(stream.between(0, std::ssize(texts) - 1))];
    };
}

const std::vector<SettingFlag>& setting_flags() {
    static const DrawSetting yes_or_no = draw_one_of({"yes", "no"});
    static const std::vector<SettingFlag> flags = {
        {"--shape", "LIST", "Shape of the input; images are N,H,W,C", draw_shape, 1},
        {"--other-shape", "LIST", "Shape of the second operand", draw_other_shape, 1},
        {"--kernel", "K,L", "Rows and columns of the filters", draw_numbers({1, 4}, 2), 1},
        {"--groups", "N", "Groups of channels that are convolved separately", draw_numbers({1, 3}), 1},
        {"--out-channels", "N", "Channels of the output", draw_numbers({1, 4}), 1},
        {"--stride", "H,W", "Pixels from one patch to the next", draw_numbers({1, 3}, 2), 1},
        {"--padding", "P", "same, valid, full, all sides, H,W or TOP,LEFT,BOTTOM,RIGHT; below 0 it crops", draw_padding,
         0},
        {"--dilation", "H,W", "Pixels from one tap of the filter to the next", draw_numbers({1, 2}, 2), 1},
        {"--output-size", "H,W", "Height and width of a transposed convolution's result", draw_one_of({""}), 1},
        {"--output-padding", "H,W", "Rows and columns added to the smallest possible result", draw_output_padding, 0},
        {"--window", "K,L", "Rows and columns of the pooling window", draw_numbers({1, 3}, 2), 1},
        {"--count-padding", "", "Averages count the zeros of the padding", yes_or_no},
        {"--block", "N", "Factor of the pixel shuffle, in both directions", draw_numbers({1, 3}), 1},
        {"--size", "H,W", "Height and width of the result", draw_numbers({1, 6}, 2), 1},
        {"--factor", "H,W", "Factor of the upsampling", draw_numbers({1, 3}, 2), 1},
        {"--interpolation", "KIND", "Interpolation: nearest, bilinear or bicubic",
         draw_one_of({"nearest", "bilinear", "bicubic"})},
        {"--align-corners", "", "Align the centres of the corner pixels, not the borders", yes_or_no},
        {"--period", "H,W", "Rows and columns after which a pattern repeats", draw_numbers({1, 3}, 2), 1},
        {"--no-bias", "", "Without a bias", yes_or_no},
        {"--out-features", "N", "Features of the output", draw_numbers({1, 5}), 1},
        {"--columns", "N", "Columns of the second matrix", draw_numbers({1, 5}), 1},
        {"--transpose-a", "", "Transpose the first matrix", yes_or_no},
        {"--transpose-b", "", "Transpose the second matrix", yes_or_no},
        {"--axis", "N", "Axis of the operation", draw_axis, 0},
        {"--axes", "LIST", "Axes of the operation, or their new order", draw_axes, 0},
        {"--keep", "", "Keep reduced axes, with extent 1", yes_or_no},
        {"--to", "LIST", "Shape of the result", draw_target, 1},
        {"--begin", "N", "First index that is kept", draw_numbers({0, 2}), 0},
        {"--end", "N", "Index after the last one that is kept", draw_numbers({1, 4}), 1},
        {"--before", "N", "Zeros to pad before", draw_numbers({0, 2}), 0},
        {"--after", "N", "Zeros to pad after", draw_numbers({0, 2}), 0},
        {"--correction", "N", "Correction of a variance: its divisor is the count less this", draw_numbers({0, 2}), 0},
        {"--min", "A", "Lower limit of clamp", draw_one_of({"0.25", "0.45"})},
        {"--max", "B", "Upper limit of clamp", draw_one_of({"0.45", "0.85"})},
        {"--exponent", "P", "Exponent of power", draw_one_of({"-1", "0.5", "2", "2.5", "3"})},
        {"--slope", "S", "Slope of a leaky ReLU below 0; that of ReLU is 0", draw_one_of({"0", "0.2", "1"})},
        {"--alpha", "A", "Alpha of elu", draw_one_of({"0.5", "1", "1.5"})},
        {"--delta", "D", "Delta of huber, where the loss becomes linear", draw_one_of({"0.3", "0.7", "1"})},
        {"--rate", "R", "Dropout probability", draw_one_of({"0", "0.3", "0.5"})},
        {"--epsilon", "E", "Number added to variances", draw_one_of({"1e-5", "1e-3", "0.1"})},
        {"--innermost", "N", "Number of last axes that are normalised", draw_numbers({1, 3}), 1},
        {"--no-affine", "", "Without a scale and a shift", yes_or_no},
        {"--evaluate", "", "Evaluation mode, not training mode", yes_or_no},
    };
    return flags;
}

Settings::Settings(const std::string& text) {
    const std::vector<SettingFlag>& flags = setting_flags();
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (word.starts_with("--")) {
            const auto flag =
                std::find_if(flags.begin(), flags.end(), [&](const auto& each) { return each.name == word; });
            require(flag != flags.end(), "gradcheck: there is no such setting; got {}", word);
            all_.push_back({.flag = &*flag, .usual = "", .text = "", .draw = flag->draw});
        } else {
            const std::size_t bar = word.find('|');
            all_.back().usual = word.substr(0, bar);
            all_.back().text = word.substr(bar == word.npos ? 0 : bar + 1);
        }
    }
}

Settings Settings::usual() const {
    Settings result = *this;
    for (Setting& setting : result.all_) setting.text = setting.usual;
    return result;
}

Settings Settings::drawn(RandomStream& stream) const {
    Settings result = *this;
    for (Setting& setting : result.all_) setting.text = setting.draw(stream, result);
    return result;
}

std::vector<Settings> Settings::simpler() const {
    std::vector<Settings> result;
    for (const Setting& setting : all_) {
        for (const std::string& text : simpler_texts(setting)) {
            result.push_back(*this);
            result.back().at(setting.flag->name).text = text;
        }
    }
    return result;
}

bool Settings::has(const std::string& flag) const {
    return std::any_of(all_.begin(), all_.end(), [&](const Setting& each) { return each.flag->name == flag; });
}

Setting& Settings::at(const std::string& flag) {
    require(has(flag), "gradcheck: there is no such setting here; got {}", flag);
    return *std::find_if(all_.begin(), all_.end(), [&](const Setting& each) { return each.flag->name == flag; });
}

Shape Settings::shape(const std::string& flag) const {
    return text(flag).empty() ? Shape{} : parse_integers(typed(flag), "whole numbers such as 2,5,5,3");
}

double Settings::number(const std::string& flag) const {
    const std::string& typed = text(flag);
    char* end = nullptr;
    const double value = std::strtod(typed.c_str(), &end);
    require(!typed.empty() && *end == '\0' && std::isfinite(value), "{}: expected a number; got {:?}", flag, typed);
    return value;
}

std::string Settings::words() const {
    std::string result;
    for (const auto& [flag, usual, text, draw] : all_) {
        if (text != usual) result += " " + flag->name + (flag->text.empty() ? "" : " " + text);
    }
    // A flag must be there to tell the usual settings from the example.
    if (result.empty() && !all_.empty()) result = " " + all_[0].flag->name + " " + all_[0].text;
    return result;
}

}  // namespace adjoint
