// Vectors of the processor, and tiles of a result that fill its registers with them.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include "framework/tensor/precision.h"
#include "framework/tensor/shape.h"
#include "framework/tensor/tensor.h"

namespace adjoint::direct {

#if defined(__AVX512F__)
constexpr Index vector_bytes = 64, vector_registers = 32;
#elif defined(__AVX__)
constexpr Index vector_bytes = 32, vector_registers = 16;
#elif defined(__aarch64__)
constexpr Index vector_bytes = 16, vector_registers = 32;
#else
constexpr Index vector_bytes = 16, vector_registers = 16;
#endif

/// Whether the processor adds both products of two pairs of bfloat16 to a float at once, and f(F) for each factor F.
#if defined(__AVX512BF16__)
constexpr bool multiplies_pairs = true;
#define ADJOINT_FOR_FACTORS(f) f(float) f(double) f(Bfloat16Pair)
#else
constexpr bool multiplies_pairs = false;
#define ADJOINT_FOR_FACTORS(f) f(float) f(double)
#endif
/// What is multiplied at once, a factor: a number, or a pair of them, whose products are summed in float.
template <class F>
constexpr bool is_pair = std::same_as<F, Bfloat16Pair>;
template <class F>
constexpr Index numbers_in = is_pair<F> ? 2 : 1;
template <class F>
using SumOf = std::conditional_t<is_pair<F>, float, F>;

/// Factors, or sums, in a vector register.
template <class T>
constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(T));
/// A tile is this many rows by two vectors of columns; the registers left over hold its factors.
constexpr Index tile_rows = (vector_registers - 4) / 2;
template <class T>
constexpr Index tile_columns = 2 * lanes<T>;
/// A tile of small groups is so many rows by at most so many vectors of columns.
constexpr Index group_tile_vectors = vector_registers / 8;
constexpr Index group_tile_rows = (vector_registers - 8) / group_tile_vectors;
/// A tile whose sums are each spread over a vector has so many columns at most, and as many rows as make a vector.
template <class T>
constexpr Index spread_columns = std::min<Index>(4, lanes<T>);

// ---- vectors

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes), may_alias));
    typedef T anywhere __attribute__((vector_size(vector_bytes), aligned(alignof(T)), may_alias));
};
template <class T>
using Vector = typename VectorOf<T>::type;

/// What lies beyond the end of a buffer may be loaded too: see allocate_buffer.
template <class T>
Vector<T> load(const T* p) {
    return *reinterpret_cast<const typename VectorOf<T>::anywhere*>(p);
}
/// For a vector that is used many times: left alone, GCC loads it anew each time.
template <class T>
Vector<T> held(Vector<T> v) {
#if defined(__x86_64__)
    asm("" : "+v"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#endif
    return v;
}
template <class T>
void store(T* p, const Vector<T>& v) {
    *reinterpret_cast<typename VectorOf<T>::anywhere*>(p) = v;
}

/// Numbers of lanes, one for each lane.
template <class T>
using LaneNumber = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
using LaneNumbers = Vector<LaneNumber<T>>;

/// Lane i of the result is lane from[i] of v.
template <Scalar T>
Vector<T> permute(const Vector<T>& v, const LaneNumbers<T>& from) {
#if defined(__clang__)
    Vector<T> result;
    for (Index i = 0; i < lanes<T>; ++i) result[i] = v[from[i]];
    return result;
#else
    return __builtin_shuffle(v, from);
#endif
}

/// sum += a·f, lane by lane; of pairs both products.
template <class F>
void add_product(Vector<SumOf<F>>& sum, const Vector<F>& a, const Vector<F>& f) {
#if defined(__AVX512BF16__)
    if constexpr (is_pair<F>) {
        sum = reinterpret_cast<Vector<float>>(_mm512_dpbf16_ps(
            reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(f)));
        return;
    }
#endif
    if constexpr (!is_pair<F>) sum += a * f;
}
/// The same with a in each lane.
template <class F>
void add_product(Vector<SumOf<F>>& sum, F a, const Vector<F>& f) {
    add_product<F>(sum, a - Vector<F>{}, f);
}

// ---- tiles

/// Calls f<0>, …, f<count − 1>: a loop whose body the compiler writes out so early that it keeps arrays, which have
/// only constant indices then, in registers.
template <int count, class F>
[[gnu::always_inline]] inline void unrolled(F f) {
    [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
        (f.template operator()<i>(), ...);
    }
    (std::make_integer_sequence<int, count>());
}

/// In squares of 2·half rows and lanes, swaps `half` right lanes of an upper row and left lanes of a lower one.
template <class T, int half>
void swap_quarters(Vector<T>& upper, Vector<T>& lower) {
    constexpr int size = lanes<T>;
    [&]<int... j>(std::integer_sequence<int, j...>) {
        const Vector<T> left = __builtin_shufflevector(upper, lower, ((j & half) == 0 ? j : size + j - half)...);
        lower = __builtin_shufflevector(upper, lower, ((j & half) == 0 ? j + half : size + j)...);
        upper = left;
    }
    (std::make_integer_sequence<int, size>());
}

/// Transposes a square: swaps its upper right and lower left quarters, and theirs in each of the four.
template <class T, int half = lanes<T> / 2>
void transpose(Vector<T> (&rows)[lanes<T>]) {
    unrolled<lanes<T>>([&]<int i>() {
        if constexpr ((i & half) == 0) swap_quarters<T, half>(rows[i], rows[i + half]);
    });
    if constexpr (half > 1) transpose<T, half / 2>(rows);
}

/// Calls f<r, v> for each vector v of each row r of a tile.
template <int R, int V, class F>
[[gnu::always_inline]] inline void for_each_vector(F f) {
    unrolled<R * V>([&]<int i>() __attribute__((always_inline)) { f.template operator()<i / V, i % V>(); });
}

/// Stores R rows of V vectors at(r), or as many of a row's numbers as there are columns.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void store_tile(const Vector<T> (&sum)[R][V], Index columns, auto at) {
    if (columns == V * lanes<T>)
        return for_each_vector<R, V>([&]<int r, int v>() { store(at(r) + v * lanes<T>, sum[r][v]); });
    T rows[R][V * lanes<T>];
    for_each_vector<R, V>([&]<int r, int v>() { store(rows[r] + v * lanes<T>, sum[r][v]); });
    for (int r = 0; r < R; ++r) std::copy_n(rows[r], columns, at(r));
}

/// Calls f<1>, …, f<limit>, whichever is `count`.
template <int limit, class F>
void with_constant(Index count, F f) {
    [&]<int... n>(std::integer_sequence<int, n...>) {
        ((count == n + 1 ? f.template operator()<n + 1>() : void()), ...);
    }
    (std::make_integer_sequence<int, limit>());
}

/// Cuts [0, size) into the fewest tiles of at most `most`, all of nearly the same size, and calls f<size of a
/// tile>(begin of the tile) for each.
template <int most, class F>
void for_each_tile(Index size, F f) {
    const Index tiles = ceil_divide(size, Index{most});
    for (Index i = 0; i < tiles; ++i) {
        const Index begin = size * i / tiles;
        with_constant<most>(size * (i + 1) / tiles - begin, [&]<int tile>() { f.template operator()<tile>(begin); });
    }
}

}  // namespace adjoint::direct
