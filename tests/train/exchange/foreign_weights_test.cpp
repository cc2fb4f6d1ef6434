// Truths about weights from elsewhere: where each number goes, written out; which names and layouts a file has, and
// what is said where that is open or does not fit.
#include "train/exchange/foreign_weights.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "layers/convolution.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/npz.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

// Images [N, 4, 4, 2] → [N, 2, 2, 3] → [N, 5].
class Small : public Module {
  public:
    Small()
        : filter(child("filter", Conv2D({.in_channels = 2, .out_channels = 3, .kernel = {3, 3}}, Random(1)))),
          norm(child("norm", BatchNorm({.channels = 3}, Random(2)))),
          decide(child("decide", Linear({.in = 12, .out = 5}, Random(3)))) {}
    Variable forward(const Variable& x) const override {
        return decide(reshape(relu(norm(filter(x))), {x.extent(0), -1}));
    }

    const Conv2D& filter;
    const BatchNorm& norm;
    const Linear& decide;
};

// A module of one layer.
template <class Layer>
class Single : public Module {
  public:
    Single(const std::string& name, Layer layer) : layer_(child(name, std::move(layer))) {}
    Variable forward(const Variable& x) const override { return layer_(x); }

  private:
    const Layer& layer_;
};

std::vector<ModelPart> whole(const Module& model, const Shape& item) {
    return {{"whole", [&](const Variable& x) { return model(x); }, item, ""}};
}

Tensor counted(const Shape& shape, double first) {
    std::vector<double> numbers;
    for (Index i = 0; i < element_count(shape); ++i) numbers.push_back(first + static_cast<double>(i));
    return Tensor(shape, numbers);
}

using Tensors = std::map<std::string, Tensor>;

const Tensors of_pytorch = {{"0.weight", counted({3, 2, 3, 3}, 100)}, {"0.bias", counted({3}, 200)},
                            {"1.weight", counted({3}, 300)},          {"1.bias", counted({3}, 400)},
                            {"1.running_mean", counted({3}, 500)},    {"1.running_var", counted({3}, 600)},
                            {"4.weight", counted({5, 12}, 700)},      {"4.bias", counted({5}, 800)}};

// The same with the names of the layers.
Tensors renamed(const std::vector<std::string>& layers) {
    Tensors tensors;
    for (const auto& [name, tensor] : of_pytorch) {
        const std::size_t number = name[0] == '4' ? 2 : static_cast<std::size_t>(name[0] - '0');
        tensors[layers[number] + name.substr(1)] = tensor;
    }
    return tensors;
}

class ForeignWeights : public testing::Test {
  protected:
    // What a small model takes the tensors for.
    Tensors taken(const Tensors& tensors, const std::string& convention = "") const {
        Small scratch;
        return values(read(tensors, scratch, {4, 4, 2}, convention));
    }
    WeightsFile read(const Tensors& tensors, Module& scratch, const Shape& item,
                     const std::string& convention = "") const {
        write_npz(file_, tensors);
        return at_home(open_weights(file_), convention, scratch, whole(scratch, item));
    }
    std::string refusal(const Tensors& tensors, Module& scratch, const Shape& item,
                        const std::string& convention = "") const {
        return error_about<DataError>(file_, [&] { read(tensors, scratch, item, convention); });
    }
    static Tensors values(const WeightsFile& file) {
        Tensors values;
        for (const auto& [name, stored] : file.tensors) values[name] = stored.tensor();
        return values;
    }

    // Each number where the definitions of both systems have it.
    static void expect_small(const Tensors& ours) {
        ASSERT_EQ(ours.size(), 8u);
        for (Index k = 0; k < 3; ++k)
            for (Index l = 0; l < 3; ++l)
                for (Index c = 0; c < 2; ++c)
                    for (Index o = 0; o < 3; ++o)
                        EXPECT_EQ(ours.at("filter.weight")[((k * 3 + l) * 2 + c) * 3 + o],
                                  100.0 + static_cast<double>(((o * 2 + c) * 3 + k) * 3 + l));
        for (Index h = 0; h < 2; ++h)
            for (Index w = 0; w < 2; ++w)
                for (Index c = 0; c < 3; ++c)
                    for (Index o = 0; o < 5; ++o)
                        EXPECT_EQ(ours.at("decide.weight")[((h * 2 + w) * 3 + c) * 5 + o],
                                  700.0 + static_cast<double>(o * 12 + (c * 2 + h) * 2 + w));
        EXPECT_TRUE(equal(ours.at("filter.bias"), counted({3}, 200)));
        EXPECT_TRUE(equal(ours.at("norm.scale"), counted({3}, 300)));
        EXPECT_TRUE(equal(ours.at("norm.shift"), counted({3}, 400)));
        EXPECT_TRUE(equal(ours.at("norm.running_mean"), counted({3}, 500)));
        EXPECT_TRUE(equal(ours.at("norm.running_variance"), counted({3}, 600)));
        EXPECT_TRUE(equal(ours.at("decide.bias"), counted({5}, 800)));
    }

    const TemporaryDirectory directory_;
    const std::filesystem::path file_ = directory_ / "w.npz";
};

TEST_F(ForeignWeights, AreFoundByTheOrderOfTheirLayersWhateverTheseAreCalled) {
    expect_small(taken(of_pytorch));
    expect_small(taken(renamed({"main.2", "main.3", "main.10"})));
    expect_small(taken(renamed({"module.conv1", "module.bn1", "module.fc"})));
    expect_small(taken(renamed({"features.0", "features.1", "classifier.0"})));
}

// Two layers that are alike but for their place.
struct Coder : Module {
    Coder()
        : encoder(child("encoder", Linear({.in = 2, .out = 2, .bias = false}, Random(1)))),
          decoder(child("decoder", Linear({.in = 2, .out = 2, .bias = false}, Random(2)))) {}
    Variable forward(const Variable& x) const override { return decoder(tanh(encoder(x))); }
    const Linear &encoder, &decoder;
};

TEST_F(ForeignWeights, ComeInTheOrderOfNumbersAndOfTheModelsParts) {
    const Tensor one = counted({2, 2}, 1), other = counted({2, 2}, 5);
    for (const auto& [first, second] : {std::pair("main.2.weight", "main.10.weight"),
                                        {"fc9.weight", "fc10.weight"},
                                        {"encoder.0.weight", "decoder.0.weight"}}) {
        Coder scratch;
        std::vector<ModelPart> parts = whole(scratch, {2});
        parts.push_back({"encoder", [&](const Variable& x) { return scratch.encoder(x); }, {2}, ""});
        parts.push_back({"decoder", [&](const Variable& x) { return scratch.decoder(x); }, {2}, ""});
        write_npz(file_, {{first, one}, {second, other}});
        const Tensors ours = values(at_home(open_weights(file_), "pytorch", scratch, parts));
        EXPECT_TRUE(equal(ours.at("encoder.weight"), transpose(one).value())) << first;
        EXPECT_TRUE(equal(ours.at("decoder.weight"), transpose(other).value())) << second;
    }
}

TEST_F(ForeignWeights, AreFoundByAdjointsNamesWithDotsAndUnderscores) {
    expect_small(taken(renamed({"filter", "norm", "decide"})));
    Tensors ours = taken(of_pytorch);
    expect_small(taken(ours));
    EXPECT_EQ(taken({{"filter_weight", ours.at("filter.weight")}}).at("filter.weight").shape(), (Shape{3, 3, 2, 3}));
}

TEST_F(ForeignWeights, KeepTheFilesCountsToThemselves) {
    Tensors tensors = of_pytorch;
    tensors["1.num_batches_tracked"] = Tensor({}, {7});
    expect_small(taken(tensors));
}

TEST_F(ForeignWeights, SayAllThatDoesNotFitAtOnce) {
    Small scratch;
    Tensors tensors = of_pytorch;
    tensors["0.weight"] = counted({4, 2, 3, 3}, 0);
    tensors["0.bias"] = counted({4}, 0);
    tensors["7.weight"] = counted({2, 5}, 0);
    tensors.erase("1.bias");
    EXPECT_EQ(
        refusal(tensors, scratch, {4, 4, 2}),
        "does not fit the model; by the order of its layers, as whole: missing norm.shift [3]; unknown 7.weight [2, "
        "5]; 0.bias has shape [4], needs [3] for filter.bias, 0.weight has shape [4, 2, 3, 3], needs [3, 2, 3, 3] "
        "for filter.weight");
    Tensors named = renamed({"filter", "norm", "decide"});
    named["filter.weight"] = counted({4, 2, 3, 3}, 0);
    const WeightsFile file = read(named, scratch, {4, 4, 2});
    EXPECT_EQ(error_about<DataError>(file_, [&] { load_weights(file, Small().states(), Small().states()); }),
              "does not fit the model; filter.weight has shape [4, 2, 3, 3], needs [3, 2, 3, 3]");
}

TEST_F(ForeignWeights, HaveTheLayoutThatTheirShapesDecide) {
    Single model("up", Conv2DTranspose({.in_channels = 2, .out_channels = 4, .kernel = {3, 3}}, Random(1)));
    const Tensor theirs = counted({2, 4, 3, 3}, 0);
    for (const char* name : {"up.weight", "0.weight"}) {
        const Tensors ours = values(read(
            {{name, theirs}, {std::string(name, std::strlen(name) - 6) + "bias", counted({4}, 9)}}, model, {5, 5, 2}));
        EXPECT_EQ(ours.at("up.weight").shape(), (Shape{3, 3, 4, 2})) << name;
        EXPECT_EQ(ours.at("up.weight")[((1 * 3 + 2) * 4 + 3) * 2 + 1], ((1 * 4 + 3) * 3 + 1) * 3 + 2) << name;
    }
}

TEST_F(ForeignWeights, WithTwoReadingsNeedAWordThatDecides) {
    const Tensor square = counted({3, 3, 3, 3}, 0);
    const Tensor turned = transpose(square, {2, 3, 1, 0}).value();
    const auto model = [] {
        return Single("f", Conv2D({.in_channels = 3, .out_channels = 3, .kernel = {3, 3}, .bias = false}, Random(1)));
    };
    auto scratch = model();
    EXPECT_EQ(
        refusal({{"f.weight", square}}, scratch, {5, 5, 3}),
        "has two readings: f.weight [3, 3, 3, 3] is [K, L, C, O] as adjoint has it, or [O, C, K, L] as pytorch has "
        "it; --convention says which");
    const auto by_word = [&](const std::string& convention) {
        auto other = model();
        return values(read({{"f.weight", square}}, other, {5, 5, 3}, convention)).at("f.weight");
    };
    EXPECT_TRUE(equal(by_word("adjoint"), square));
    EXPECT_TRUE(equal(by_word("pytorch"), turned));
    const auto by_metadata = [&](const std::map<std::string, std::string>& metadata) {
        auto other = model();
        WeightsFile file = open_weights(file_);
        file.metadata = metadata;
        return values(at_home(file, "", other, whole(other, {5, 5, 3}))).at("f.weight");
    };
    EXPECT_TRUE(equal(by_metadata({{"adjoint.convention", "pytorch"}}), turned));
    EXPECT_TRUE(equal(by_metadata({{"format", "pt"}}), turned));
    EXPECT_TRUE(equal(by_metadata({{"adjoint.convention", "adjoint"}}), square));

    Single matrix("d", Linear({.in = 4, .out = 4}, Random(1)));
    EXPECT_EQ(refusal({{"d.weight", counted({4, 4}, 0)}}, matrix, {4}),
              "has two readings: d.weight [4, 4] is [in, out] as adjoint has it, or [out, in] as pytorch has it; "
              "--convention says which");
    EXPECT_TRUE(equal(values(read({{"d.bias", counted({4}, 0)}}, matrix, {4})).at("d.bias"), counted({4}, 0)))
        << "in both the same";
}

TEST_F(ForeignWeights, OfAWeightThatIsThereTwiceMustAgree) {
    class Tied : public Module {
      public:
        Tied()
            : down(child("down",
                         Conv2D({.in_channels = 1, .out_channels = 2, .kernel = {3, 3}, .bias = false}, Random(1)))),
              up(child("up", Conv2DTranspose(down, Size2D{5, 5}, /*with_bias=*/false))) {}
        Variable forward(const Variable& x) const override { return up(down(x)); }
        const Conv2D& down;
        const Conv2DTranspose& up;
    } scratch;
    const Tensor w = counted({2, 1, 3, 3}, 1);
    Tensors tensors = {{"down.weight", w}, {"up.weight", w}};
    EXPECT_EQ(values(read(tensors, scratch, {5, 5, 1})).at("down.weight").shape(), (Shape{3, 3, 1, 2}));
    tensors["up.weight"] = counted({2, 1, 3, 3}, 2);
    const WeightsFile file = read(tensors, scratch, {5, 5, 1});
    EXPECT_EQ(error_about<DataError>(file_, [&] { file.tensors.at("down.weight").tensor(); }),
              "down.weight and up.weight must be the same, which the model has once, as down.weight");
}

TEST(NumberedStates, KnowEachElementAgain) {
    Small model;
    const NumberedStates states(model.states());
    states.number(model);
    const auto numbers = states.in(model.decide.bias->value());
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->front() + 4, numbers->back());
    EXPECT_EQ(states.of(numbers->back()).name, "decide.bias");
    EXPECT_EQ(states.of(0).name, "filter.weight");
    EXPECT_FALSE(states.in(Tensor({2}, {0.0, 1.0}))) << "the numbers of another constant";
}

}  // namespace
}  // namespace adjoint
