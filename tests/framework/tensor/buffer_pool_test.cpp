// Truths about memory: buffers are aligned, come back when their last owner goes, and a steady state asks the operating
// system for nothing.
#include "framework/tensor/buffer_pool.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {
namespace {

TEST(BufferPool, AlignsTo64Bytes) {
    for (const std::size_t bytes : {0, 1, 63, 64, 65, 1000, 123457}) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(allocate_buffer(bytes).get()) % 64, 0U) << bytes << " bytes";
    }
}

TEST(BufferPool, GivesTheBytesAskedForAndAtMostAnEighthMore) {
    for (std::size_t bytes = 1; bytes < 5000; bytes += 37) {
        const std::size_t before = pool_statistics().bytes;
        const std::shared_ptr<void> fresh = allocate_buffer(bytes), other = allocate_buffer(bytes);
        std::memset(fresh.get(), 1, bytes);
        std::memset(other.get(), 2, bytes);
        EXPECT_EQ(static_cast<char*>(fresh.get())[bytes - 1], 1);
        EXPECT_LE(pool_statistics().bytes - before, 2 * (bytes + std::max<std::size_t>(bytes / 8, 64)))
            << bytes << " bytes";
    }
}

TEST(BufferPool, NeverGivesOneBufferToTwoOwners) {
    const std::shared_ptr<void> a = allocate_buffer(1000), b = allocate_buffer(1000);
    EXPECT_NE(a.get(), b.get());
}

TEST(BufferPool, TakesABufferBackWhenItsLastOwnerGoes) {
    constexpr std::size_t bytes = 7654321;  // a size of no other test
    std::shared_ptr<void> first = allocate_buffer(bytes), second_owner = first;
    void* const address = first.get();
    first.reset();
    EXPECT_NE(allocate_buffer(bytes).get(), address);
    second_owner.reset();
    const std::shared_ptr<void> a = allocate_buffer(bytes), b = allocate_buffer(bytes);
    EXPECT_TRUE(a.get() == address || b.get() == address);
}

TEST(BufferPool, SharesBuffersBetweenNearlyEqualSizes) {
    allocate_buffer(64 * 10000);
    const PoolStatistics before = pool_statistics();
    allocate_buffer(64 * 9999);
    EXPECT_EQ(pool_statistics().requests, before.requests);
}

TEST(BufferPool, CountsWhatItTakesFromTheOperatingSystem) {
    const PoolStatistics before = pool_statistics();
    allocate_buffer(33333333);
    EXPECT_EQ(pool_statistics().requests, before.requests + 1);
    EXPECT_GE(pool_statistics().bytes, before.bytes + 33333333);
}

TEST(BufferPool, IsNotAskedAgainByATrainingStepInItsSteadyState) {
    const auto step = [] {
        const Variable w = Tensor::full({40, 50}, 0.5);
        Tape tape({w});
        return tape.gradient(mean(tanh(w) * sigmoid(w)))[0];
    };
    step();
    const std::size_t before = pool_statistics().requests;
    for (int i = 0; i < 10; ++i) step();
    EXPECT_EQ(pool_statistics().requests, before);
}

TEST(BufferPool, ServesThreadsAtTheSameTime) {
    std::vector<std::thread> threads;
    std::vector<int> torn(4, 0);
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t, &torn] {
            for (int i = 0; i < 2000; ++i) {
                const std::shared_ptr<void> buffer = allocate_buffer(256);
                unsigned char* const bytes = static_cast<unsigned char*>(buffer.get());
                std::memset(bytes, t, 256);
                torn[t] += std::any_of(bytes, bytes + 256, [t](unsigned char byte) { return byte != t; });
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(torn, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace adjoint
