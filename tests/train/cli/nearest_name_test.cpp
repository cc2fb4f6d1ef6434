// Truths about the name that somebody may have meant: how far away it may be, and what counts as the same.
#include "train/cli/nearest_name.h"

#include <gtest/gtest.h>

namespace adjoint {
namespace {

using Names = std::vector<std::string>;

std::string nearest(const std::string& typed, const Names& names) {
    return nearest_name(typed, names).value_or("none");
}

TEST(NearestName, IsOneLetterAwayByEachKindOfMistake) {
    for (const char* typed : {"rain", "trrain", "tain", "trein", "trian", "train"}) {
        EXPECT_EQ(nearest(typed, {"evaluate", "train"}), "train") << typed;
    }
}

TEST(NearestName, IsTheFewestLettersAway) {
    EXPECT_EQ(nearest("gan", {"dcgan", "wgan-gp", "wgan"}), "wgan");
    EXPECT_EQ(nearest("conv2", {"conv2d_transpose", "conv2d"}), "conv2d");
    EXPECT_EQ(nearest("seet", {"seed", "sees"}), "seed") << "the first of those that are as near";
}

TEST(NearestName, MayBeAThirdOfTheLettersAwayAndOneOfAFew) {
    EXPECT_EQ(nearest("xxxoencoder", {"autoencoder"}), "autoencoder");
    EXPECT_EQ(nearest("xxxxencoder", {"autoencoder"}), "none");
    EXPECT_EQ(nearest("eopch", {"epochs"}), "epochs") << "a third of the name's";
    EXPECT_EQ(nearest("epochsxx", {"epochs"}), "epochs");
    EXPECT_EQ(nearest("teach", {"bench"}), "none");
    EXPECT_EQ(nearest("lt", {"lr"}), "lr");
    EXPECT_EQ(nearest("x", {"q"}), "none");
    EXPECT_EQ(nearest("", {"q"}), "none");
}

TEST(NearestName, IsTheSameInAnyCaseAndWithHyphensOrUnderscores) {
    EXPECT_EQ(nearest("CONV2D_TRANSPOSE", {"conv2d", "conv2d-transpose"}), "conv2d-transpose");
    EXPECT_EQ(nearest("linear", {"bilinear", "Linear"}), "Linear");
    EXPECT_EQ(nearest("_", {"-"}), "-");
}

TEST(NearestName, IsTheFirstThatHasItInItWhereNoneIsNear) {
    EXPECT_EQ(nearest("EVAL", {"train", "evaluate", "evaluation"}), "evaluate");
    EXPECT_EQ(nearest("norm", {"clip-value", "clip-norm"}), "clip-norm");
    EXPECT_EQ(nearest("batch", {"batch-size", "match"}), "match");
    EXPECT_EQ(nearest("au", {"autoencoder"}), "none");
}

TEST(NearestName, IsAskedForAtTheEndOfAMessage) {
    EXPECT_EQ(did_you_mean("cosin", {"linear", "cosine"}), "; did you mean cosine?");
    EXPECT_EQ(did_you_mean("parabola", {"linear", "cosine"}), "");
    EXPECT_EQ(did_you_mean("anything", {}), "");
}

}  // namespace
}  // namespace adjoint
