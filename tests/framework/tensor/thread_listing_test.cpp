// Truths about what is listed for a thread (tapes, observers): it is of the thread that made it, and whoever ends it
// ends it there.
#include "framework/tensor/thread_listing.h"

#include <thread>

#include "framework/ops/elementwise.h"
#include "framework/tensor/observer.h"
#include "tests/support/tape_operands.h"

namespace adjoint {
namespace {

using Ints = std::vector<int*>;

TEST(ThreadListing, ListsWhatLivesInTheOrderOfItsBirth) {
    int first = 0, second = 0;
    auto older = std::make_unique<ThreadListing<int>>(&first);
    const ThreadListing<int> younger(&second);
    EXPECT_EQ(ThreadListing<int>::here(), (Ints{&first, &second}));
    std::thread([] { EXPECT_TRUE(ThreadListing<int>::here().empty()); }).join();
    older.reset();
    EXPECT_EQ(ThreadListing<int>::here(), Ints{&second});
}

TEST(TapeOfAnotherThread, MayBeDestroyedByThisOne) {
    const Variable x = number(3);
    auto tape = std::make_unique<Tape>(std::vector<Variable>{x});
    std::thread([&] { tape.reset(); }).join();
    EXPECT_FALSE(Tape::recording());
    EXPECT_EQ((x * x).item(), 9.0);
}

TEST(TapeOfAnotherThread, MayOutliveIt) {
    const Variable x = number(3);
    std::unique_ptr<Tape> tape;
    Variable y;
    std::thread([&] {
        tape = std::make_unique<Tape>(std::vector<Variable>{x});
        y = x * x;
    }).join();
    EXPECT_FALSE(Tape::recording());
    EXPECT_EQ(tape->gradient(y).front().item(), 6.0);
    tape.reset();
    EXPECT_EQ((x * x).item(), 9.0);
}

TEST(TapeOfAnotherThread, MayBeSweptByThisOneAndRecordsNoMoreThere) {
    const Variable x = number(3);
    Tape tape({x});
    const Variable y = x * x;
    double slope = 0;
    std::thread([&] { slope = tape.gradient(y).front().item(); }).join();
    EXPECT_EQ(slope, 6.0);
    EXPECT_FALSE(Tape::recording());
    EXPECT_FALSE(tape.depends(x * x));
}

TEST(ObserverOfAnotherThread, MayBeDestroyedByThisOneAndOutliveIt) {
    auto here = std::make_unique<Profile>();
    std::unique_ptr<Profile> there;
    std::thread([&] {
        here.reset();
        there = std::make_unique<Profile>();
        exp(number(1));
    }).join();
    exp(number(1));
    EXPECT_EQ(there->kernels().size(), 1u);
    there.reset();
    exp(number(1));
}

}  // namespace
}  // namespace adjoint
