#include "train/convolution/typed_numbers.h"

#include <algorithm>
#include <charconv>
#include <fmt/ranges.h>
#include <optional>
#include <string_view>
#include <vector>

namespace adjoint {
namespace {

constexpr std::string_view blanks = " \t\r\n";

double parse_number(const char* option, std::string_view word) {
    double number = 0;
    const char* const end = word.data() + word.size();
    const char* const start = word.data() + (word.size() > 1 && word[0] == '+' && word[1] != '-' ? 1 : 0);
    const auto [stop, failure] = std::from_chars(start, end, number);
    require(failure == std::errc{} && stop == end,
            "{}: expected a .npy file or a matrix such as \"1 2; 3 4\"; {:?} is {}", option, word,
            failure == std::errc::result_out_of_range ? "out of range" : "not a number");
    return number;
}

// ---- 1 2; 3 4

std::vector<double> parse_row(const char* option, std::string_view row) {
    constexpr std::string_view number_ends = " ,\t\r";
    std::vector<double> numbers;
    for (std::size_t at = 0; (at = row.find_first_not_of(number_ends, at)) != row.npos;) {
        const std::string_view word = row.substr(at, row.find_first_of(number_ends, at) - at);
        numbers.push_back(parse_number(option, word));
        at += word.size();
    }
    return numbers;
}

Tensor parse_matrix(const char* option, const std::string& text) {
    std::string_view rest = text;
    rest = rest.substr(0, rest.find_last_not_of(blanks) + 1);
    if (rest.ends_with(';')) rest.remove_suffix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    std::vector<double> numbers;
    Index rows = 0, columns = 0;
    for (bool more = true; more; ++rows) {
        const std::size_t end = rest.find_first_of(";\n");
        const std::vector<double> row = parse_row(option, rest.substr(0, end));
        if (rows == 0) columns = std::ssize(row);
        require(!row.empty(), "{}: row {} is empty; got {:?}", option, rows + 1, text);
        require(std::ssize(row) == columns, "{}: rows differ in length; row 1 has {}, row {} has {} in {:?}", option,
                columns, rows + 1, row.size(), text);
        numbers.insert(numbers.end(), row.begin(), row.end());
        more = end != rest.npos;
        if (more) rest.remove_prefix(end + 1);
    }
    return Tensor({rows, columns}, numbers, DType::float64);
}

// ---- [[1 2] [3 4]]

// Lists that are being read. Errors name a list or a number by its indices: [1, 0].
class Lists {
  public:
    explicit Lists(const char* option) : option_(option) {}

    void open() {
        require(!rank_ || std::ssize(place_) < *rank_, "{}: lists must be equally deep; {} is a number, {} a list",
                option_, first(std::ssize(place_)), place_);
        require(!ended_, "{}: the outermost list must be all there is; got another", option_);
        place_.push_back(0);
        if (place_.size() > shape_.size()) shape_.emplace_back();
    }

    void add(double number) {
        require(!ended_, "{}: the outermost list must be all there is; got {} behind it", option_, number);
        if (!rank_) rank_ = std::ssize(place_);
        require(std::ssize(place_) == *rank_, "{}: lists must be equally deep; {} is a number, and so is {}", option_,
                first(*rank_), place_);
        numbers_.push_back(number);
        ++place_.back();
    }

    void close() {
        require(!place_.empty(), "{}: a list must begin before it ends; got \"]\" too many", option_);
        const Index count = place_.back();
        std::optional<Index>& expected = shape_[place_.size() - 1];
        place_.pop_back();
        require(count > 0, "{}: lists must not be empty; {} is", option_, place_.empty() ? "the outermost" : name());
        if (!expected) expected = count;
        require(count == *expected, "{}: lists must be of one length; {} has {}, {} has {}", option_,
                first(std::ssize(place_)), *expected, place_, count);
        ended_ = place_.empty();
        if (!ended_) ++place_.back();
    }

    Tensor tensor() const {
        require(ended_, "{}: each list must end; got {} without \"]\"", option_, place_.size());
        Shape shape;
        for (const auto& extent : shape_) shape.push_back(*extent);
        return Tensor(shape, numbers_, DType::float64);
    }

  private:
    std::string name() const { return fmt::format("{}", place_); }
    // The indices of what comes first so deep.
    static Shape first(Index depth) { return Shape(static_cast<std::size_t>(depth), 0); }

    const char* option_;
    Shape place_;                              // how many items each list that is open has so far
    std::vector<std::optional<Index>> shape_;  // of the first list of each depth, once it has ended
    std::optional<Index> rank_;                // the depth of the numbers
    bool ended_ = false;
    std::vector<double> numbers_;
};

Tensor parse_lists(const char* option, std::string_view text) {
    Lists lists(option);
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        const std::string_view word = rest.substr(0, rest.find_first_of("[], \t\r\n"));
        at += std::max<std::size_t>(word.size(), 1);
        if (!word.empty()) lists.add(parse_number(option, word));
        if (word.empty() && rest[0] == '[') lists.open();
        if (word.empty() && rest[0] == ']') lists.close();
    }
    return lists.tensor();
}

}  // namespace

Tensor parse_numbers(const char* option, const std::string& text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin != text.npos && text[begin] == '[' ? parse_lists(option, text) : parse_matrix(option, text);
}

}  // namespace adjoint
