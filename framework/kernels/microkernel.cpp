// Loops over r and v below have constant bounds: the compiler unrolls them and keeps each sum[r][v] in a register.
#include "framework/kernels/microkernel.h"

#include <algorithm>

#include "framework/tensor/shape.h"

namespace adjoint::direct {
namespace {

// Writes a row of a tile: whole vectors, or as many columns as there are.
template <Scalar T, int V>
void write_row(Vector<T> (&sum)[V], Index columns, Epilogue<const T*> epilogue, T* result) {
    if (columns == V * lanes<T>) {
        for (int v = 0; v < V; ++v) {
            if (epilogue.bias != nullptr) sum[v] += load(epilogue.bias + v * lanes<T>);
            store(result + v * lanes<T>, rectify(sum[v], static_cast<T>(epilogue.activation.slope)));
        }
    } else {
        T row[V * lanes<T>];
        for (int v = 0; v < V; ++v) store(row + v * lanes<T>, sum[v]);
        for (Index o = 0; o < columns; ++o) result[o] = finish(row[o], epilogue, o);
    }
}

// R rows by V vectors.
template <class F, int R, int V>
void tap_tile(const F* const* sources, std::span<const Tap> taps, Index length, const Panel<F>& panel,
              Epilogue<const SumOf<F>*> epilogue, SumOf<F>* const* results) {
    constexpr Index width = V * lanes<F>;
    Vector<SumOf<F>> sum[R][V] = {};
    for (const Tap& tap : taps) {
        const F* source[R];
        for (int r = 0; r < R; ++r) source[r] = sources[r] + tap.source;
        const F* filter = panel.filters + tap.filter * width;
        for (Index c = 0; c < length; ++c, filter += width) {
            Vector<F> f[V];
            for (int v = 0; v < V; ++v) f[v] = load(filter + v * lanes<F>);
#pragma GCC unroll 16
            for (int r = 0; r < R; ++r) {
                for (int v = 0; v < V; ++v) add_product(sum[r][v], source[r][c], f[v]);
            }
        }
    }
    for (int r = 0; r < R; ++r) write_row<SumOf<F>, V>(sum[r], panel.columns, epilogue, results[r]);
}

// Σ v[i], as a tree: halves, quarters, … added to each other.
template <Scalar T, int half = lanes<T> / 2>
T sum_of_lanes(const Vector<T>& v) {
    const auto other_half = [&]<int... i>(std::integer_sequence<int, i...>)->Vector<T> {
        return __builtin_shufflevector(v, v, (i ^ half)...);
    }
    (std::make_integer_sequence<int, lanes<T>>());
    if constexpr (half == 1) {
        return v[0] + other_half[0];
    } else {
        return sum_of_lanes<T, half / 2>(v + other_half);
    }
}

// R rows by C columns, each sum spread over the lanes of a vector; `length` is whole vectors.
template <Scalar T, int R, int C>
void column_tile(const T* const* sources, std::span<const Tap> taps, Index length, const Panel<T>& panel,
                 Epilogue<const T*> epilogue, T* const* results) {
    Vector<T> sum[R][C];
    for (Vector<T>(&row)[C] : sum) {
        for (Vector<T>& each : row) each = Vector<T>{};  // GCC would call memset for = {}
    }
    for (const Tap& tap : taps) {
        const T* source[R];
        for (int r = 0; r < R; ++r) source[r] = sources[r] + tap.source;
        const T* const filter = panel.filters + tap.filter * C;
        for (Index c = 0; c < length; c += lanes<T>) {
            for (int r = 0; r < R; ++r) {
                for (int o = 0; o < C; ++o) sum[r][o] += load(source[r] + c) * load(filter + o * length + c);
            }
        }
    }
    for (int r = 0; r < R; ++r) {
        for (int o = 0; o < C; ++o) results[r][o] = finish(sum_of_lanes<T>(sum[r][o]), epilogue, o);
    }
}

// V vectors of channels, each with a filter of its own.
template <Scalar T, int V>
void channel_tile(const T* source, std::span<const Tap> taps, const T* filters, const Epilogue<const T*>& epilogue,
                  T* result) {
    Vector<T> sum[V] = {};
    for (const Tap& tap : taps) {
        for (int v = 0; v < V; ++v)
            sum[v] += load(source + tap.source + v * lanes<T>) * load(filters + tap.filter + v * lanes<T>);
    }
    write_row<T, V>(sum, V * lanes<T>, epilogue, result);
}

template <Scalar T>
void sum_channels(const T* source, std::span<const Tap> taps, const Panel<T>& panel, const Epilogue<const T*>& epilogue,
                  T* result) {
    constexpr int vectors = 4;
    Index c = 0;
    for (; c + vectors * lanes<T> <= panel.columns; c += vectors * lanes<T>)
        channel_tile<T, vectors>(source + c, taps, panel.filters + c, from(epilogue, c), result + c);
    for (; c + lanes<T> <= panel.columns; c += lanes<T>)
        channel_tile<T, 1>(source + c, taps, panel.filters + c, from(epilogue, c), result + c);
    for (; c < panel.columns; ++c) {
        T sum = 0;
        for (const Tap& tap : taps) sum += source[tap.source + c] * panel.filters[tap.filter + c];
        result[c] = finish(sum, epilogue, c);
    }
}

// L taps by V vectors of channels.
template <Scalar T, int L, int V>
void line_tile(const JoinedLines<T>& lines, T* sums, Index sums_stride) {
    Vector<T> sum[L][V] = {};
    for (Index j = 0; j < lines.count; ++j) {
        Vector<T> y[V];
        for (int v = 0; v < V; ++v) y[v] = load(lines.output + j * lines.output_step + v * lanes<T>);
        for (int l = 0; l < L; ++l) {
            for (int v = 0; v < V; ++v)
                sum[l][v] += load(lines.image + j * lines.image_step + l * lines.tap_step + v * lanes<T>) * y[v];
        }
    }
    for (int l = 0; l < L; ++l) {
        for (int v = 0; v < V; ++v) {
            T* const at = sums + l * sums_stride + v * lanes<T>;
            store(at, load(at) + sum[l][v]);
        }
    }
}

// R numbers of each left row by V vectors of each right row.
template <class F, int R, int V>
void outer_tile(const F* const* left, Index first, const F* const* right, Index offset, Index rows, Index columns,
                SumOf<F>* sums, Index sums_stride) {
    using T = SumOf<F>;
    Vector<T> sum[R][V] = {};
    for (Index i = 0; i < rows; ++i) {
        const F* const a = left[i] + first;
        Vector<F> b[V];
        for (int v = 0; v < V; ++v) b[v] = load(right[i] + offset + v * lanes<F>);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) add_product(sum[r][v], a[r], b[v]);
        }
    }
    for (int r = 0; r < R; ++r) {
        T* const row = sums + (first + r) * sums_stride;
        if (columns == V * lanes<T>) {
            for (int v = 0; v < V; ++v) store(row + v * lanes<T>, load(row + v * lanes<T>) + sum[r][v]);
        } else {
            T numbers[V * lanes<T>];
            for (int v = 0; v < V; ++v) store(numbers + v * lanes<T>, sum[r][v]);
            for (Index b = 0; b < columns; ++b) row[b] += numbers[b];
        }
    }
}

// The tiles of sums, from the column `offset` on.
template <class F>
void sum_outer_products(const F* const* left, const F* const* right, Index right_offset, std::size_t rows,
                        const Matrix<SumOf<F>>& sums, Index offset, Index columns) {
    for_each_tile<tile_rows>(sums.rows, [&]<int R>(Index begin) {
        with_constant<2>(columns > lanes<F> ? 2 : 1, [&]<int V>() {
            outer_tile<F, R, V>(left, begin, right, right_offset, static_cast<Index>(rows), columns, sums.data + offset,
                                sums.stride);
        });
    });
}

}  // namespace

template <class F>
void sum_over_taps(std::span<const F* const> sources, std::span<const Tap> taps, Index length, const Panel<F>& panel,
                   const Epilogue<const SumOf<F>*>& epilogue, std::span<SumOf<F>* const> results) {
    const Index rows = std::ssize(sources);
    if (panel.layout == FilterLayout::rows) {
        for_each_tile<tile_rows>(rows, [&]<int R>(Index begin) {
            with_constant<2>(panel.columns > lanes<F> ? 2 : 1, [&]<int V>() {
                tap_tile<F, R, V>(&sources[begin], taps, length, panel, epilogue, &results[begin]);
            });
        });
    } else if constexpr (std::floating_point<F>) {
        if (panel.layout == FilterLayout::by_channel) {
            for (Index r = 0; r < rows; ++r) sum_channels(sources[r], taps, panel, epilogue, results[r]);
            return;
        }
        for_each_tile<spread_tile_side>(rows, [&]<int R>(Index begin) {
            with_constant<spread_tile_side>(panel.columns, [&]<int C>() {
                column_tile<F, R, C>(&sources[begin], taps, length, panel, epilogue, &results[begin]);
            });
        });
    }
}

template <Scalar T>
void OuterProducts<T>::sum_collected() {
    if constexpr (multiplies_pairs && std::same_as<T, float>) {
        if (precision_ == Precision::bf16) return sum_collected_pairs();
    }
    for (Index offset = 0; offset < sums_.columns; offset += tile_columns<T>) {
        const Index columns = std::min(tile_columns<T>, sums_.columns - offset);
        const int vectors = columns > lanes<T> ? 2 : 1;
        // Vectors must not read beyond the end of a row: the last columns are copied and filled up.
        std::array<T, most * tile_columns<T>> filled;
        std::array<const T*, most> filled_rows;
        const bool whole = columns == vectors * lanes<T>;
        for (std::size_t i = 0; !whole && i < count_; ++i) {
            T* const row = filled.data() + i * tile_columns<T>;
            std::fill(std::copy_n(right_[i] + offset, columns, row), row + vectors * lanes<T>, T{0});
            filled_rows[i] = row;
        }
        sum_outer_products<T>(left_.data(), whole ? right_.data() : filled_rows.data(), whole ? offset : 0, count_,
                              sums_, offset, columns);
    }
    count_ = 0;
}

#if defined(__AVX512BF16__)
template <>
void OuterProducts<float>::sum_collected_pairs() {
    // Row i of either side is made of the rows 2·i and 2·i + 1 that were added, the last of which may want a partner.
    const std::size_t pairs = (count_ + 1) / 2;
    const auto pack = [this](const std::array<const float*, most>& rows, std::size_t i, Index offset, Index count,
                             Bfloat16Pair* to) {
        const float* const first = rows[2 * i] + offset;
        if (2 * i + 1 < count_) {
            const float* const second = rows[2 * i + 1] + offset;
            for (Index k = 0; k < count; ++k) to[k] = bfloat16_pair(first[k], second[k]);
        } else {
            for (Index k = 0; k < count; ++k) to[k] = bfloat16_pair(first[k], 0.0f);
        }
    };
    std::array<const Bfloat16Pair*, most / 2> left, right;
    const Scratch<Bfloat16Pair> packed_left(static_cast<Index>(pairs) * sums_.rows);
    for (std::size_t i = 0; i < pairs; ++i) {
        Bfloat16Pair* const row = packed_left.data() + static_cast<Index>(i) * sums_.rows;
        pack(left_, i, 0, sums_.rows, row);
        left[i] = row;
    }
    constexpr Index width = tile_columns<float>;
    std::array<Bfloat16Pair, most / 2 * width> packed_right;
    for (Index offset = 0; offset < sums_.columns; offset += width) {
        const Index columns = std::min(width, sums_.columns - offset);
        for (std::size_t i = 0; i < pairs; ++i) {
            Bfloat16Pair* const row = packed_right.data() + i * width;
            pack(right_, i, offset, columns, row);
            std::fill(row + columns, row + width, Bfloat16Pair{0});
            right[i] = row;
        }
        sum_outer_products<Bfloat16Pair>(left.data(), right.data(), 0, pairs, sums_, offset, columns);
    }
    count_ = 0;
}
#endif

template <Scalar T>
void sum_along_lines(const JoinedLines<T>& lines, const Matrix<T>& sums) {
    constexpr int most_taps = 5, vectors = 2;
    for_each_tile<most_taps>(sums.rows, [&]<int L>(Index begin) {
        T* const row = sums.data + begin * sums.stride;
        JoinedLines<T> at = lines;
        at.image += begin * lines.tap_step;
        Index c = 0;
        for (; c + vectors * lanes<T> <= sums.columns; c += vectors * lanes<T>) {
            line_tile<T, L, vectors>(at, row + c, sums.stride);
            at.image += vectors * lanes<T>;
            at.output += vectors * lanes<T>;
        }
        for (; c < sums.columns; ++c, ++at.image, ++at.output) {
            for (Index l = 0; l < L; ++l) {
                T sum = 0;
                for (Index j = 0; j < at.count; ++j)
                    sum += at.image[j * at.image_step + l * at.tap_step] * at.output[j * at.output_step];
                row[l * sums.stride + c] += sum;
            }
        }
    });
}

#define ADJOINT_INSTANTIATE(F)                                                                              \
    template void sum_over_taps<F>(std::span<const F* const>, std::span<const Tap>, Index, const Panel<F>&, \
                                   const Epilogue<const SumOf<F>*>&, std::span<SumOf<F>* const>);
ADJOINT_INSTANTIATE(float)
ADJOINT_INSTANTIATE(double)
#if defined(__AVX512BF16__)
ADJOINT_INSTANTIATE(Bfloat16Pair)
#endif
#undef ADJOINT_INSTANTIATE

template class OuterProducts<float>;
template class OuterProducts<double>;
template void sum_along_lines(const JoinedLines<float>&, const Matrix<float>&);
template void sum_along_lines(const JoinedLines<double>&, const Matrix<double>&);

}  // namespace adjoint::direct
