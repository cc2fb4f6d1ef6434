#include "train/gradient_settings.h"

#include <algorithm>
#include <cmath>

#include "train/convolution_options.h"

namespace adjoint {
namespace {

std::string joined(const std::vector<Index>& numbers) { return fmt::format("{}", fmt::join(numbers, ",")); }

// ---- how each flag is drawn

DrawSetting numbers(Index first, Index last, int count = 1) {
    return [=](Dice& dice, const Settings&) {
        std::vector<Index> drawn;
        while (std::ssize(drawn) < count) drawn.push_back(dice.between(first, last));
        return joined(drawn);
    };
}

DrawSetting one_of(std::vector<std::string> texts) {
    return [texts = std::move(texts)](Dice& dice, const Settings&) {
        return texts[static_cast<std::size_t>(dice.between(0, std::ssize(texts) - 1))];
    };
}

DrawSetting now_and_then(DrawSetting draw) {
    return [draw = std::move(draw)](Dice& dice, const Settings& drawn) {
        return dice.chance(0.5) ? draw(dice, drawn) : "";
    };
}

// As many axes as the example has, and now and then a longer one.
std::string draw_shape(Dice& dice, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = dice.between(1, dice.chance(0.2) ? 8 : 4);
    return joined(shape);
}

// What broadcasts with the shape.
std::string draw_other_shape(Dice& dice, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = dice.chance(0.3) ? 1 : extent;
    shape.erase(shape.begin(), shape.begin() + dice.between(0, dice.chance(0.7) ? 0 : std::ssize(shape) - 1));
    return joined(shape);
}

std::string draw_padding(Dice& dice, const Settings&) {
    const Index kind = dice.between(0, 5);
    if (kind == 0) return "valid";
    if (kind == 1) return "same";
    if (kind == 2) return "full";
    std::vector<Index> sides;
    while (sides.size() < 4) sides.push_back(dice.between(-1, 3));
    return joined(sides);
}

std::string draw_axes(Dice& dice, const Settings& drawn) {
    std::vector<Index> axes;
    for (Index axis = 0; axis < std::ssize(drawn.shape()); ++axis) {
        axes.insert(axes.begin() + dice.between(0, std::ssize(axes)), axis);
    }
    if (dice.chance(0.5)) axes.resize(static_cast<std::size_t>(dice.between(1, std::ssize(axes))));
    return joined(axes);
}

std::string draw_axis(Dice& dice, const Settings& drawn) {
    return joined({dice.between(0, std::ssize(drawn.shape()) - 1)});
}

// The same number of elements.
std::string draw_target(Dice& dice, const Settings& drawn) {
    return joined({dice.between(1, drawn.shape().front()), -1});
}

const SettingFlag& flag_named(const std::string& flag) {
    const std::vector<SettingFlag>& flags = setting_flags();
    return *std::find_if(flags.begin(), flags.end(), [&](const SettingFlag& each) { return each.flag == flag; });
}

// ---- how a text becomes simpler

// The whole numbers of a text, nothing where it is a word or holds real ones.
std::vector<Index> whole_numbers(const Setting& setting, const std::string& text) {
    const bool numeric = !text.empty() && text.find_first_not_of("0123456789,-") == std::string::npos;
    if (!numeric || !flag_named(setting.flag).least) return {};
    return parse_integers(setting.flag.c_str(), text, "whole numbers");
}

// How far a text is from the simplest: the usual word, small numbers, few letters.
std::pair<Index, std::size_t> complexity(const Setting& setting, const std::string& text) {
    const std::vector<Index> numbers = whole_numbers(setting, text);
    if (numbers.empty()) return {text == setting.usual ? 0 : 1, text.size()};
    Index total = 1;
    for (const Index number : numbers) total += std::abs(number - *flag_named(setting.flag).least);
    return {total, text.size()};
}

std::vector<std::string> simpler_texts(const Setting& setting, const std::string& text) {
    std::vector<std::string> result = {setting.usual};
    const std::vector<Index> numbers = whole_numbers(setting, text);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Index now = numbers[i], least = *flag_named(setting.flag).least;
        for (const Index next : {least, (now + least) / 2, now > least ? now - 1 : now + 1}) {
            std::vector<Index> changed = numbers;
            changed[i] = next;
            result.push_back(joined(changed));
        }
    }
    std::erase_if(result,
                  [&](const std::string& other) { return complexity(setting, other) >= complexity(setting, text); });
    return result;
}

}  // namespace

Index Dice::between(Index first, Index last) {
    return first + static_cast<Index>(random_.below(static_cast<std::uint64_t>(last - first + 1), next_++));
}

const std::vector<SettingFlag>& setting_flags() {
    static const DrawSetting yes_or_no = one_of({"yes", "no"});
    static const std::vector<SettingFlag> flags = {
        {"--shape", "LIST", "Shape of the input; images are N,H,W,C", draw_shape, 1},
        {"--other-shape", "LIST", "Shape of the second operand", draw_other_shape, 1},
        {"--kernel", "K,L", "Rows and columns of the filters", numbers(1, 4, 2), 1},
        {"--groups", "N", "Groups of channels that do not see each other", numbers(1, 3), 1},
        {"--out-channels", "N", "Channels of the output", numbers(1, 4), 1},
        {"--stride", "H,W", "Pixels from one patch to the next", numbers(1, 3, 2), 1},
        {"--padding", "P", "same, valid, full, all sides, H,W or TOP,LEFT,BOTTOM,RIGHT; below 0 it crops", draw_padding,
         0},
        {"--dilation", "H,W", "Pixels from one tap of the filter to the next", numbers(1, 2, 2), 1},
        {"--output-size", "H,W", "The size of a transposed convolution's result", one_of({""}), 1},
        {"--output-padding", "H,W", "Rows and columns more than the smallest possible result",
         now_and_then(numbers(0, 2, 2)), 0},
        {"--window", "K,L", "Rows and columns of the window that pools", numbers(1, 3, 2), 1},
        {"--count-padding", "", "Zeros of the padding count as pixels", yes_or_no},
        {"--block", "N", "Rows and columns of pixels that are channels elsewhere", numbers(1, 3), 1},
        {"--size", "H,W", "Rows and columns of the result", numbers(1, 6, 2), 1},
        {"--factor", "H,W", "How many times as many rows and columns", numbers(1, 3, 2), 1},
        {"--bilinear", "", "Between four pixels, not the nearest one", yes_or_no},
        {"--align-corners", "", "The outermost pixels' centres coincide, not the borders", yes_or_no},
        {"--period", "H,W", "Rows and columns after which a pattern repeats", numbers(1, 3, 2), 1},
        {"--no-bias", "", "Without a bias", yes_or_no},
        {"--out-features", "N", "Numbers that come out", numbers(1, 5), 1},
        {"--columns", "N", "Columns of the second matrix", numbers(1, 5), 1},
        {"--transpose-a", "", "The first matrix transposed", yes_or_no},
        {"--transpose-b", "", "The second matrix transposed", yes_or_no},
        {"--axis", "N", "The axis along which it is done", draw_axis, 0},
        {"--axes", "LIST", "The axes over which it is done, or their order", draw_axes, 0},
        {"--keep", "", "Leave an extent of 1 where axes were", yes_or_no},
        {"--to", "LIST", "Shape of the result", draw_target, 1},
        {"--begin", "N", "The first element that is kept", numbers(0, 2), 0},
        {"--end", "N", "The first element after those", numbers(1, 4), 1},
        {"--before", "N", "Zeros before", numbers(0, 2), 0},
        {"--after", "N", "Zeros after", numbers(0, 2), 0},
        {"--exponent", "P", "The power", one_of({"-1", "0.5", "2", "2.5", "3"})},
        {"--slope", "S", "Of a rectifier, where its input is not positive", one_of({"0", "0.2", "1"})},
        {"--alpha", "A", "Of elu", one_of({"0.5", "1", "1.5"})},
        {"--delta", "D", "Where huber's loss becomes a straight line", one_of({"0.3", "0.7", "1"})},
        {"--rate", "R", "Of elements that are dropped", one_of({"0", "0.3", "0.5"})},
        {"--epsilon", "E", "What is added to variances", one_of({"1e-5", "1e-3", "0.1"})},
        {"--innermost", "N", "How many axes are normalised, from the last one", numbers(1, 3), 1},
        {"--no-affine", "", "Without a scale and a shift", yes_or_no},
        {"--evaluate", "", "As in evaluation, not as in training", yes_or_no},
    };
    return flags;
}

Settings::Settings(std::vector<Setting> declared) : declared_(std::move(declared)) {
    for (const Setting& setting : declared_)
        texts_.push_back(setting.example.empty() ? setting.usual : setting.example);
}

Settings Settings::usual() const {
    Settings result = *this;
    for (std::size_t i = 0; i < declared_.size(); ++i) result.texts_[i] = declared_[i].usual;
    return result;
}

Settings Settings::drawn(Dice& dice) const {
    Settings result = *this;
    for (std::size_t i = 0; i < declared_.size(); ++i) {
        const Setting& setting = declared_[i];
        result.texts_[i] = (setting.draw ? setting.draw : flag_named(setting.flag).draw)(dice, result);
    }
    return result;
}

std::vector<Settings> Settings::simpler() const {
    std::vector<Settings> result;
    for (std::size_t i = 0; i < declared_.size(); ++i) {
        for (std::string& text : simpler_texts(declared_[i], texts_[i])) {
            result.push_back(*this);
            result.back().texts_[i] = std::move(text);
        }
    }
    return result;
}

bool Settings::has(const std::string& flag) const {
    return std::any_of(declared_.begin(), declared_.end(), [&](const Setting& each) { return each.flag == flag; });
}

std::string& Settings::text_of(const std::string& flag) {
    const auto at = std::find_if(declared_.begin(), declared_.end(), [&](const Setting& s) { return s.flag == flag; });
    require(at != declared_.end(), "gradcheck: there is no such setting here; got {}", flag);
    return texts_[static_cast<std::size_t>(at - declared_.begin())];
}

Shape Settings::shape(const std::string& flag) const {
    if (text(flag).empty()) return {};
    return parse_integers(flag.c_str(), text(flag), "whole numbers such as 2,5,5,3");
}

Index Settings::whole(const std::string& flag) const {
    const std::vector<Index> numbers = parse_integers(flag.c_str(), text(flag), "a whole number");
    require(numbers.size() == 1, "{}: expected a whole number; got {:?}", flag, text(flag));
    return numbers.front();
}

double Settings::number(const std::string& flag) const {
    const std::string& typed = text(flag);
    char* end = nullptr;
    const double value = std::strtod(typed.c_str(), &end);
    require(!typed.empty() && *end == '\0' && std::isfinite(value), "{}: expected a number; got {:?}", flag, typed);
    return value;
}

Size2D Settings::pair(const std::string& flag) const { return parse_pair(flag.c_str(), text(flag)); }

std::optional<Size2D> Settings::optional_pair(const std::string& flag) const {
    return parse_optional_pair(flag.c_str(), text(flag));
}

std::string Settings::words() const {
    std::string result;
    for (std::size_t i = 0; i < declared_.size(); ++i) {
        const Setting& setting = declared_[i];
        if (texts_[i] == setting.usual) continue;
        const bool alone = flag_named(setting.flag).text.empty();
        result += " " + setting.flag + (alone ? "" : " " + texts_[i]);
    }
    // A flag must be there to tell the usual settings from the example.
    if (result.empty() && !declared_.empty()) result = " " + declared_[0].flag + " " + texts_[0];
    return result;
}

}  // namespace adjoint
