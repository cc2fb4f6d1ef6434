// Truths about random configurations: they are drawn anew until they fit, a fault is found and made as small as it can
// be, and the command that is printed for it describes it.
#include "train/gradcheck/sweep.h"

#include <map>
#include <set>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

/// Of the function f of one input.
GradientRow row_of(const std::string& name, const std::function<Variable(const Variable&)>& f) {
    return operation(name, {normal({3, 4})}, "", [f](const Inputs& in, const Settings&) { return f(in[0]); });
}

/// x, whose gradient is wrong where `wrong` says so.
GradientRow faulty_row(const std::function<bool(const Variable&)>& wrong) {
    return row_of("faulty", [wrong](const Variable& v) {
        return record(Tensor(v.value()), {{v, [=](const Variable& g) { return wrong(v) ? 2.0 * g : g; }}});
    });
}

TEST(GradientSweep, MakesAFailureAsSmallAsItCanBe) {
    const GradientRow row = faulty_row([](const Variable& v) { return v.extent(0) >= 3 && v.extent(1) >= 2; });
    const GradientRow right = faulty_row([](const Variable&) { return false; });
    const SweepReport report = sweep_gradients({row, right}, 50, {.order = 2});
    ASSERT_EQ(report.failures.size(), 1u);
    EXPECT_EQ(report.failures[0].name, "faulty");
    EXPECT_EQ(report.failures[0].command.substr(0, 50), "adjoint gradcheck --layer faulty --shape 3,2 --ord");
    EXPECT_NE(report.failures[0].reason.find("order 1: FAILED"), std::string::npos);
    EXPECT_LT(report.rows[0].configurations, 25) << "a row is left alone once it failed";
    EXPECT_EQ(report.rows[1].configurations, 25);
}

TEST(GradientSweep, FindsAPullbackThatSwapsStrideAndDilation) {
    GradientRow row = operation("conv2d", "--shape 1,5,5,1 --kernel 3 --stride 1 --dilation 1", [](const Settings& s) {
        const Conv2DForm right =
            Conv2DForm::of("conv2d", s.shape(), {s.pair("--kernel").height, s.pair("--kernel").width, 1, 1},
                           {.stride = s.pair("--stride"), .dilation = s.pair("--dilation")});
        Conv2DForm wrong = right;
        std::swap(wrong.height.stride, wrong.height.dilation);
        const auto f = [=](const Inputs& in) {
            return record(conv2d(stop_gradient(in[0]), stop_gradient(in[1]), right).value(),
                          {{in[0], [=](const Variable& g) { return conv2d_input_gradient(g, in[1], wrong); }},
                           {in[1], [=](const Variable& g) { return conv2d_weight_gradient(in[0], g, right); }}});
        };
        return Operation{f, {normal(right.image_shape()), normal(right.weight_shape(), 1)}, {"x", "w"}};
    });
    const GradientRow right = multilinear(row_of("right", [](const Variable& v) { return 2.0 * v; }));
    const SweepReport report = sweep_gradients({multilinear(row), right}, 400, {});
    ASSERT_EQ(report.failures.size(), 1u);
    EXPECT_FALSE(report.rows[0].all_exact());
    EXPECT_TRUE(report.rows[1].all_exact());
    // Two rows of pixels and a filter of one tap, between whose outputs there is a pixel that should not be.
    EXPECT_EQ(report.failures[0].command,
              "adjoint gradcheck --layer conv2d --shape 1,2,1,1 --kernel 1,1 --dilation 2,1");
    EXPECT_NE(report.failures[0].reason.find("FAILED, worst at x["), std::string::npos) << report.failures[0].reason;
}

TEST(GradientSweep, TakesAnErrorInAPullbackForAFailure) {
    const GradientRow row = row_of("thrower", [](const Variable& v) {
        return record(Tensor(v.value()), {{v, [](const Variable&) -> Variable { throw Error("no such pullback"); }}});
    });
    const SweepReport report = sweep_gradients({row}, 5, {});
    ASSERT_EQ(report.failures.size(), 1u);
    EXPECT_EQ(report.failures[0].reason, "no such pullback\n");
}

TEST(GradientSweep, DrawsAgainWhatDoesNotFitOrShowsNothing) {
    const GradientRow picky = row_of("picky", [](const Variable& v) {
        require(v.extent(0) == 2, "picky: there must be two rows; got {}", v.extent(0));
        return v.extent(1) == 1 ? 0.0 * v : v;
    });
    const SweepReport report = sweep_gradients({picky}, 20, {});
    EXPECT_TRUE(report.failures.empty());
    EXPECT_EQ(report.configurations, 20);
}

TEST(GradientSweep, SaysWhereNothingFits) {
    const GradientRow impossible = row_of("impossible", [](const Variable&) -> Variable { throw Error("never"); });
    EXPECT_EQ(error_of([&] { sweep_gradients({impossible}, 1, {}); }),
              "gradcheck: no configuration of impossible fits together; got 1000 draws");
}

TEST(GradientSweep, LeavesWholeModelsAlone) {
    const GradientRow row = faulty_row([](const Variable&) { return false; });
    EXPECT_EQ(sweep_gradients({sampled(row), row}, 3, {}).rows.size(), 1u);
    EXPECT_EQ(error_of([&] { sweep_gradients({sampled(row)}, 3, {}); }),
              "gradcheck: whole models have no random configurations; got 1 rows");
}

// ---- settings

const Settings example("--shape 2,3 --stride 1|2,1 --padding valid --slope 1|0.2 --keep no");

TEST(Settings, BeginWithTheExampleAndKnowTheUsual) {
    EXPECT_EQ(example.words(), " --stride 2,1 --slope 0.2");
    EXPECT_EQ(example.usual().words(), " --shape 2,3");
    EXPECT_EQ(example.shape(), (Shape{2, 3}));
    EXPECT_EQ(example.pair("--stride"), (Size2D{2, 1}));
    EXPECT_EQ(example.number("--slope"), 0.2);
    EXPECT_FALSE(example.is_set("--keep"));
}

TEST(Settings, MayHaveNoUsualTextAndNoExample) {
    const Settings bare("--axes |0,2 --output-size --to -1|6,4");
    EXPECT_EQ(bare.words(), " --axes 0,2 --to 6,4");
    EXPECT_EQ(bare.text("--output-size"), "");
    EXPECT_EQ(bare.usual().shape("--axes"), Shape{});
    EXPECT_EQ(bare.usual().whole("--to"), -1);
    EXPECT_EQ(error_of([] { Settings("--kernal 3"); }), "gradcheck: there is no such setting; got --kernal");
}

TEST(Settings, AreDrawnFromAllThatTheyMayBe) {
    const Settings all(
        "--shape 2,3,4 --other-shape 2,3,4 --kernel 3,3 --padding same --output-padding 1,1 --axes 0 "
        "--axis 1 --to 4,-1");
    const std::set<Index> to_8 = {1, 2, 3, 4, 5, 6, 7, 8}, padding = {-1, 0, 1, 2, 3};
    std::set<Index> extents, sides, targets, lengths, shared;
    std::map<std::string, std::set<std::string>> texts;
    RandomStream stream(Random(1));
    for (int draw = 0; draw < 4000; ++draw) {
        const Settings drawn = all.drawn(stream);
        const Shape shape = drawn.shape(), other = drawn.shape("--other-shape");
        extents.insert(shape.begin(), shape.end());
        lengths.insert(std::ssize(other));
        for (std::size_t i = 0; i < other.size(); ++i) {  // aligned at the last axis
            const Index extent = shape[shape.size() - other.size() + i];
            EXPECT_TRUE(other[i] == 1 || other[i] == extent) << drawn.words();
            if (extent > 1) shared.insert(other[i] == extent);
        }
        const std::string text = drawn.text("--padding");
        if (text.find(',') == text.npos) {
            texts["--padding"].insert(text);
        } else {
            const std::vector<Index> four = drawn.shape("--padding");
            EXPECT_EQ(four.size(), 4u);
            sides.insert(four.begin(), four.end());
        }
        targets.insert(drawn.shape("--to").front());
        EXPECT_LE(drawn.shape("--to").front(), shape.front());
        EXPECT_EQ(drawn.shape("--to").back(), -1);
        for (const char* flag : {"--kernel", "--output-padding", "--axes", "--axis"})
            texts[flag].insert(drawn.text(flag));
    }
    EXPECT_EQ(extents, to_8);
    EXPECT_EQ(targets, to_8);
    EXPECT_EQ(sides, padding);
    EXPECT_EQ(lengths, (std::set<Index>{1, 2, 3}));
    EXPECT_EQ(shared, (std::set<Index>{0, 1}));
    EXPECT_EQ(texts["--padding"], (std::set<std::string>{"same", "valid", "full"}));
    EXPECT_EQ(texts["--axis"], (std::set<std::string>{"0", "1", "2"}));
    EXPECT_EQ(texts["--kernel"].size(), 16u) << "two of 1 to 4";
    EXPECT_EQ(texts["--output-padding"].size(), 10u) << "none, or two of 0 to 2";
    EXPECT_EQ(texts["--axes"].size(), 15u) << "one, two or three of three, in each order";
}

TEST(Settings, WriteAFlagWithoutText) {
    Settings settings = example;
    settings.at("--keep").text = "yes";
    EXPECT_TRUE(settings.is_set("--keep"));
    EXPECT_EQ(settings.words(), " --stride 2,1 --slope 0.2 --keep");
}

TEST(Settings, BecomeSimplerInEverySense) {
    Settings settings = example;
    settings.at("--padding").text = "3,0,0,-1";
    std::set<std::string> words;
    for (const Settings& simpler : settings.simpler()) words.insert(simpler.words());
    const std::string rest = " --slope 0.2";
    for (const std::string& expected :
         {" --shape 1,3 --stride 2,1 --padding 3,0,0,-1" + rest, " --shape 2,1 --stride 2,1 --padding 3,0,0,-1" + rest,
          " --padding 3,0,0,-1" + rest, " --stride 1,1 --padding 3,0,0,-1" + rest, " --stride 2,1" + rest,
          " --stride 2,1 --padding 0,0,0,-1" + rest, " --stride 2,1 --padding 3,0,0,0" + rest,
          std::string(" --stride 2,1 --padding 3,0,0,-1")}) {
        EXPECT_TRUE(words.contains(expected)) << expected;
    }
}

TEST(Settings, BecomeSimplerOnlySoOften) {
    Settings settings = example;
    settings.at("--shape").text = "900,70";
    settings.at("--padding").text = "-3,1,2,3";
    int steps = 0;
    for (std::vector<Settings> simpler = settings.simpler(); !simpler.empty(); simpler = simpler.back().simpler())
        ++steps;
    EXPECT_LT(steps, 2000);
}

}  // namespace
}  // namespace adjoint
