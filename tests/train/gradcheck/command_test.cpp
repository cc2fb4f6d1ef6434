// Truths about the gradient check on the command line: every operation, layer, loss and model that a header declares
// has a row, every row passes, any configuration can be typed, and wrong words are refused.
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/support/program.h"
#include "tests/support/project.h"
#include "train/gradcheck/rows.h"

namespace adjoint {
namespace {

using GradcheckCommand = ProgramTest;

// ---- nothing that a header declares is forgotten

/// Calls `see` with the text of each header below these folders.
void for_each_header(const std::vector<std::string>& folders, const std::function<void(const std::string&)>& see) {
    for (const std::string& folder : folders) {
        const std::filesystem::path top = std::filesystem::path(source_directory) / folder;
        for (const auto& file : std::filesystem::recursive_directory_iterator(top)) {
            if (file.path().extension() != ".h") continue;
            std::ifstream stream(file.path());
            see(std::string(std::istreambuf_iterator<char>(stream), {}));
        }
    }
}

/// Calls `see` with what each group of a pattern holds, wherever it is found.
void for_each_match(const std::string& text, const std::string& pattern,
                    const std::function<void(const std::smatch&)>& see) {
    const std::regex regex(pattern);
    for (std::sregex_iterator found(text.begin(), text.end(), regex), end; found != end; ++found) see(*found);
}

/// Expects a row for each name but for those that have a reason not to.
void expect_rows(std::set<std::string> names, const std::map<std::string, std::string>& without_row) {
    for (const GradientRow& row : gradient_table()) names.erase(row.name);
    for (const std::string& name : names) {
        EXPECT_TRUE(without_row.contains(name)) << "gradient_table() does not check " << name;
    }
    for (const auto& [name, reason] : without_row) EXPECT_TRUE(names.contains(name)) << name << ": " << reason;
}

TEST(GradientTable, HasARowForEveryFunctionThatReturnsAVariableAndForEveryNetwork) {
    std::set<std::string> names;
    for_each_header({"framework", "layers", "models"}, [&](const std::string& header) {
        std::string scope;  // pytorch:: of what stands in namespace adjoint::pytorch
        for_each_match(header, R"(\nnamespace adjoint(::\w+) \{)",
                       [&](const std::smatch& found) { scope = found.str(1).substr(2) + "::"; });
        for_each_match(header, R"(\n(?:inline )?(?:Variable|Maxima|Sequential) (\w+)\()",
                       [&](const std::smatch& found) { names.insert(scope + found.str(1)); });
    });
    EXPECT_GE(names.size(), 85u);
    // Operators are written with functions that have rows.
    expect_rows(names, {{"broadcast_as", "broadcast_to"},
                        {"convolve", "any system's convolution, checked as each of them"},
                        {"dropout", "checked as the layer Dropout"},
                        {"filters_channels_last", "oihw_to_hwio, or nothing"},
                        {"images_channels_last", "nchw_to_nhwc, or nothing"},
                        {"inner_product", "part of a gradient check"},
                        {"jvp", "part of a gradient check"},
                        {"random_direction", "part of a gradient check"},
                        {"record", "what operations are made with"},
                        {"scalar", "a number"},
                        {"stop_gradient", "has none"},
                        {"sum_as", "sum_to"}});
}

TEST(GradientTable, HasARowForEveryModule) {
    std::map<std::string, std::string> base_of;
    for_each_header({"layers", "models"}, [&](const std::string& header) {
        for_each_match(header, R"(\n(?:class|struct) (\w+) : (?:public )?(\w+))",
                       [&](const std::smatch& found) { base_of[found.str(1)] = found.str(2); });
    });
    std::set<std::string> modules;
    for (const auto& [name, base] : base_of) {
        std::string ancestor = base;
        while (base_of.contains(ancestor)) ancestor = base_of.at(ancestor);
        if (ancestor == "Module") modules.insert(name);
    }
    EXPECT_GE(modules.size(), 30u);
    expect_rows(modules, {{"Lambda", "what the activations derive from"},
                          {"Dcgan", "two networks that have rows"},
                          {"LinearClassifier", "checked as the layer Linear"},
                          {"UpsamplingConv2D", "what ResizeConv2D, ShuffleConv2D and UnpoolConv2D derive from"},
                          {"WganGp", "two networks that have rows"}});
}

TEST(GradientTable, ChecksTheConvolutionFamilyInWholeNumbers) {
    std::set<std::string> exact;
    for (const GradientRow& row : gradient_table()) {
        if (row.exact(row.settings)) exact.insert(row.name);
    }
    for (const char* name : {"conv2d", "conv2d_input_gradient", "conv2d_weight_gradient", "conv2d_transpose", "Conv2D",
                             "Conv2DTranspose", "matmul", "Linear"}) {
        EXPECT_TRUE(exact.contains(name)) << name;
    }
}

TEST(GradientTable, HasRowsAndFlagsOfNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const GradientRow& row : gradient_table()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
    for (const SettingFlag& flag : setting_flags()) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
}

// Seed 0 is that of the command.
TEST(GradientTable, HasEveryFirstAndSecondDerivativeRightForAnotherSeed) {
    for (const GradientRow& row : gradient_table()) {
        try {
            const GradientCheckReport report = row.check(row.settings, {.order = 2, .seed = 5});
            EXPECT_TRUE(report.passed()) << row.name << "\n" << report.text();
        } catch (const Error& error) {
            ADD_FAILURE() << row.name << ": " << error.what();
        }
    }
}

TEST_F(GradcheckCommand, PrintsALineForEachRowAndOrder) {
    const GradientRows& rows = gradient_table();
    const std::string text = printed({"gradcheck", "--all", "--order", "2"});
    const std::vector<std::string> lines = lines_of(text);
    ASSERT_EQ(lines.size(), 2 * rows.size() + 2);
    EXPECT_EQ(lines.front(), "operation                         order   relative error");
    for (std::size_t i = 0; i < 2 * rows.size(); ++i) {
        const std::string& line = lines[i + 1];
        EXPECT_TRUE(line.starts_with(rows[i / 2].name + " ") && line.find("   ok") != line.npos) << line;
    }
    EXPECT_EQ(lines.back(), fmt::format("{} checked, 0 failed", rows.size()));
    for (const char* order : {"1", "2"}) {
        EXPECT_NE(text.find(fmt::format("conv2d_transpose                      {}            exact   ok\n", order)),
                  std::string::npos);
    }
}

TEST_F(GradcheckCommand, ReportsOneLayerByInput) {
    const std::vector<std::string> lines =
        lines_of(printed({"gradcheck", "--layer", "BatchNorm", "--order", "2", "--seed", "3"}));
    ASSERT_EQ(lines.size(), 1 + 5 + 6 + 1u);
    EXPECT_EQ(lines[0], "BatchNorm --shape 2,5,4,3");
    EXPECT_TRUE(lines[1].starts_with("order 1: passed, worst at ")) << lines[1];
    EXPECT_TRUE(lines[3].starts_with("  x                          120 of 120  [")) << lines[3];
    EXPECT_TRUE(lines[4].starts_with("  scale "));
    EXPECT_TRUE(lines[5].starts_with("  shift "));
    EXPECT_TRUE(lines[11].starts_with("  g "));
    EXPECT_TRUE(lines[12].starts_with("adjoints: passed, "));
}

TEST_F(GradcheckCommand, NamesTwoInputsAAndB) {
    const std::vector<std::string> lines = lines_of(printed({"gradcheck", "--layer", "concatenate"}));
    ASSERT_EQ(lines.size(), 1 + 4u);
    EXPECT_TRUE(lines[3].starts_with("  a ")) << lines[3];
    EXPECT_TRUE(lines[4].starts_with("  b ")) << lines[4];
}

TEST_F(GradcheckCommand, TakesEverySettingOfEveryRow) {
    for (const GradientRow& row : gradient_table()) {
        if (row.samples > 0 || row.settings.all().empty()) continue;
        std::vector<std::string> words = {"gradcheck", "--layer", row.name};
        for (const Setting& setting : row.settings.all()) {
            if (setting.text == "no" || setting.text.empty()) continue;
            words.push_back(setting.flag->name);
            if (setting.text != "yes") words.push_back(setting.text);
        }
        EXPECT_EQ(run(words).status, 0) << row.name;
    }
}

TEST_F(GradcheckCommand, HasTheUsualSettingsWhereNoneIsTyped) {
    EXPECT_EQ(lines_of(printed({"gradcheck", "--layer", "conv2d", "--kernel", "2"})).front(), "conv2d --kernel 2");
    EXPECT_EQ(lines_of(printed({"gradcheck", "--layer", "conv2d"})).front(),
              "conv2d --kernel 3,2 --groups 2 --out-channels 6 --stride 2,1 --padding 1,0,2,-1 --dilation 1,2");
}

TEST_F(GradcheckCommand, SpeaksJson) {
    using Json = nlohmann::json;
    const Json one = Json::parse(printed({"gradcheck", "--layer", "tanh", "--shape", "2,3", "--order", "2", "--json"}));
    EXPECT_EQ(one["layer"], "tanh");
    EXPECT_EQ(one["settings"]["shape"], "2,3");
    EXPECT_EQ(one["passed"], true);
    ASSERT_EQ(one["orders"].size(), 2u);
    const Json& input = one["orders"][0]["inputs"][0];
    EXPECT_EQ(input["input"], "x");
    EXPECT_EQ(input["checked"], 6);
    EXPECT_EQ(input["worst"]["element"].size(), 2u);
    for (const char* key : {"analytic", "numeric", "relative_error", "ulps"}) EXPECT_TRUE(input["worst"].contains(key));
    EXPECT_EQ(one["adjoint"]["passed"], true);

    const Json all = Json::parse(printed({"gradcheck", "--samples", "1", "--json"}));
    EXPECT_EQ(all["passed"], true);
    EXPECT_EQ(all["checks"].size(), gradient_table().size());

    const Json sweep = Json::parse(done({"gradcheck", "--random", "70", "--json"}).out);
    EXPECT_EQ(sweep["configurations"], 70);
    EXPECT_EQ(sweep["failures"].size(), 0u);
}

TEST_F(GradcheckCommand, FindsRandomConfigurationsRight) {
    const Outcome sweep = done({"gradcheck", "--all", "--random", "2000", "--order", "2"});
    EXPECT_EQ(lines_of(sweep.out).back(), "2000 configurations checked, 0 failed");
    for (const std::string& line : lines_of(sweep.err)) {
        EXPECT_TRUE(std::regex_match(line, std::regex("info: [0-9]+ of 2000 configurations"))) << line;
    }
    const std::vector<std::string> some =
        lines_of(done({"gradcheck", "--layer", "Conv2DTranspose", "--random", "50", "--seed", "9"}).out);
    ASSERT_EQ(some.size(), 3u);
    EXPECT_TRUE(some[1].starts_with("Conv2DTranspose                               50"));
}

TEST_F(GradcheckCommand, EndsWithStatusThreeWhereACheckFails) {
    const Outcome outcome = run({"gradcheck", "--layer", "tanh", "--tolerance", "1e-16"});
    EXPECT_EQ(outcome.status, 3);
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find("order 1: FAILED, worst at x["), std::string::npos) << outcome.out;
    const Outcome sweep = run({"gradcheck", "--layer", "tanh", "--random", "9", "--tolerance", "1e-16", "--json"});
    EXPECT_EQ(sweep.status, 3);
    EXPECT_EQ(nlohmann::json::parse(sweep.out)["failures"].size(), 1u);
}

TEST_F(GradcheckCommand, RefusesNamesThatItDoesNotKnowByNamingThoseItDoes) {
    const std::string message = refusal({"gradcheck", "--layer", "deconv"});
    EXPECT_TRUE(
        message.starts_with("2 error: gradcheck: no operation, layer or model has this name; got deconv, known: "))
        << message;
    for (const GradientRow& row : gradient_table()) EXPECT_NE(message.find(row.name), std::string::npos) << row.name;
}

TEST_F(GradcheckCommand, KnowsFormerNamesTooAndThoseInOtherLetters) {
    for (const auto& [former, now] : {std::pair("rectified", "relu_gradient"),
                                      {"patches", "im2col"},
                                      {"sum_patches", "col2im"},
                                      {"take", "gather"},
                                      {"put", "scatter_add"},
                                      {"linear", "Linear"},
                                      {"RELU", "relu"}}) {
        EXPECT_EQ(run({"gradcheck", "--layer", former}).out, run({"gradcheck", "--layer", now}).out) << former;
    }
}

TEST_F(GradcheckCommand, RefusesSettingsThatALayerDoesNotHaveByNamingThoseItHas) {
    EXPECT_EQ(refusal({"gradcheck", "--layer", "elu", "--stride", "2"}),
              "2 error: gradcheck: elu has no --stride; it has --shape, --alpha");
    EXPECT_EQ(refusal({"gradcheck", "--layer", "Conv2D", "--output-padding", "1"}),
              "2 error: gradcheck: Conv2D has no --output-padding; it has --shape, --kernel, --groups, --out-channels, "
              "--stride, --padding, --dilation, --no-bias, --slope");
    EXPECT_EQ(refusal({"gradcheck", "--kernel", "2"}),
              "2 error: gradcheck: settings are of one layer; --layer is missing");
    EXPECT_EQ(refusal({"gradcheck", "--layer", "elu", "--shape", "2", "--random", "5"}),
              "2 error: gradcheck: --random draws the settings; got --shape 2");
    EXPECT_EQ(refusal({"gradcheck", "--layer", "elu", "--all"}), "2 error: --layer excludes --all");
}

TEST_F(GradcheckCommand, SaysWhatIsWrongWithASetting) {
    const auto conv2d = [&](const std::string& flag, const std::string& text) {
        return refusal({"gradcheck", "--layer", "conv2d", flag, text});
    };
    EXPECT_EQ(conv2d("--shape", "2,x"), R"(2 error: --shape: expected whole numbers such as 2,5,5,3; got "2,x")");
    EXPECT_EQ(conv2d("--shape", "2,3"), "2 error: conv2d: input must be [N, H, W, C]; got [2, 3]");
    EXPECT_EQ(conv2d("--stride", "0"), "2 error: conv2d: stride must be at least 1; got 0,0");
    EXPECT_EQ(conv2d("--groups", "3"),
              "2 error: conv2d: 4 channels do not divide into 3 groups; got input [2, 5, 6, 4]");
    EXPECT_EQ(
        conv2d("--shape", "100000,100000,1000,1"),
        "2 error: gradcheck: the input is too large; got [100000, 100000, 1000, 1], of more than 4194304 numbers");
    for (const auto& [groups, out] : {std::pair("2", "3"), {"3", "3"}})
        EXPECT_EQ(refusal({"gradcheck", "--layer", "pytorch::conv2d", "--groups", groups, "--out-channels", out}),
                  fmt::format("2 error: gradcheck: 4 and 3 channels do not divide into {} groups; got input "
                              "[2, 4, 5, 3]",
                              groups));
    EXPECT_EQ(refusal({"gradcheck", "--layer", "elu", "--alpha", "x"}),
              R"(2 error: --alpha: expected a number; got "x")");
    EXPECT_EQ(refusal({"gradcheck", "--layer", "elu", "--shape", "2,0"}),
              "2 error: gradcheck: every extent must be at least 1; got [2, 0]");
}

TEST_F(GradcheckCommand, RefusesWhatSettingsMakeTooLargeBeforeItIsComputed) {
    const auto refused = [](const std::string& shape) {
        return "2 error: gradcheck: what comes of the settings is too large; got " + shape +
               ", of more than 67108864 numbers";
    };
    const auto check = [&](const std::string& settings) { return refusal("gradcheck --layer " + settings); };
    EXPECT_EQ(check("conv2d --padding 100000"), refused("[2, 200003, 200004, 2]"));
    EXPECT_EQ(check("conv2d_transpose --stride 100000"), refused("[2, 200003, 200003, 2]"));
    EXPECT_EQ(check("pytorch::conv2d --padding 100000"), refused("[2, 200003, 200001, 6]"));
    EXPECT_EQ(check("Conv2D --padding 100000"), refused("[2, 200003, 200002, 2]"));
    EXPECT_EQ(check("upsample2d --factor 1000000,1000000"), refused("[2, 4000000, 6, 4]"));
    EXPECT_EQ(check("matmul --shape 10000,1 --columns 10000"), refused("[10000, 10000]"));
}

TEST_F(GradcheckCommand, RefusesNumbersThatItDoesNotTake) {
    for (const char* typed : {"--order 0", "--order 5", "--order x", "--random 0", "--samples 0", "--tolerance 0",
                              "--tolerance -1", "--step nan", "--seed -1"}) {
        const std::string option = words(typed).front(), message = refusal(words("gradcheck " + std::string(typed)));
        EXPECT_TRUE(message.starts_with("2 error: ") && message.find(option) != std::string::npos) << message;
    }
}

}  // namespace
}  // namespace adjoint
