// Truths about JSON text: it can be printed whatever it holds, and is read by the types that it should have.
#include "train/io/json_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/expectations.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonText, IsRefusedWhereItGoesTooDeep) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(json_of_text(nested(64)).is_array());
    EXPECT_TRUE(json_of_text(nested(65)).is_discarded());
    EXPECT_TRUE(json_of_text(nested(1'000'000)).is_discarded());
    EXPECT_TRUE(json_of_text("\"" + nested(65) + "\\\"[\"").is_string());
    EXPECT_TRUE(json_of_text("{").is_discarded());
}

TEST(JsonText, HasAReplacementForEachByteThatIsNoUtf8) {
    const Json json = {{"image", "caf\xe9"}, {"class", "\xc3\xa9"}};
    EXPECT_EQ(text_of_json(json), "{\"image\":\"caf\xef\xbf\xbd\",\"class\":\"\xc3\xa9\"}");
    EXPECT_EQ(text_of_json(Json{1, 2}, 1), "[\n 1,\n 2\n]");
    EXPECT_FALSE(is_utf8(json));
    EXPECT_TRUE(is_utf8(json["class"]));
}

template <class T>
std::string refusal(const std::string& text) {
    return error_of([&] { value_at<T>(Json::parse(text), "key"); });
}

TEST(JsonText, IsReadByType) {
    using Numbers = std::vector<std::pair<std::string, double>>;
    using Texts = std::map<std::string, std::string>;
    const Json json = Json::parse(R"({"count":5,"numbers":[["a",1.5]],"texts":{"b":"c"}})");
    EXPECT_EQ(value_at<int>(json, "count"), 5);
    EXPECT_EQ(value_at<Numbers>(json, "numbers"), (Numbers{{"a", 1.5}}));
    EXPECT_EQ(value_at<Texts>(json, "texts"), (Texts{{"b", "c"}}));
    EXPECT_EQ(value_at(json, "other", 7), 7);
    EXPECT_EQ(refusal<std::string>(R"({"key":5})"), "key must be a text; got 5");
    EXPECT_EQ(refusal<double>(R"({"key":true})"), "key must be a number; got true");
    EXPECT_EQ(refusal<int>(R"({"key":2147483648})"), "key must be a whole number from 0 to 2147483647; got 2147483648");
    EXPECT_EQ(refusal<int>(R"({"key":1e300})"), "key must be a whole number from 0 to 2147483647; got 1e+300");
    EXPECT_EQ(refusal<Numbers>(R"({"key":[["a"]]})"), "key must be a list, each [a text, a number]; got [[\"a\"]]");
    EXPECT_EQ(refusal<Texts>(R"({"key":{"a":5}})"), "key must be an object, each value a text; got {\"a\":5}");
    EXPECT_EQ(refusal<double>("{}"), "key must be a number; got none");
    EXPECT_EQ(refusal<double>("5"), "key must be a number; got none");
}

TEST(JsonText, IsQuotedByItsBeginning) {
    const std::string nines(59, '9');
    EXPECT_EQ(shortened(nines + "9"), nines + "9");
    EXPECT_EQ(shortened(nines + "99"), nines + "9…");
    EXPECT_EQ(shortened(nines + "é"), nines + "…") << "no half of a letter";
    EXPECT_EQ(refusal<double>("{\"key\":\"" + nines + nines + "\"}"), "key must be a number; got \"" + nines + "…");
}

}  // namespace
}  // namespace adjoint
