#include "framework/pixel_sums.h"

#include <algorithm>
#include <array>

#include "framework/buffer_pool.h"
#include "framework/ceil_divide.h"
#include "framework/parallel.h"

namespace adjoint {
namespace {

// Filters in the order in which tiles read them: panel after panel.
template <Scalar T>
class PackedFilters {
  public:
    explicit PackedFilters(const FilterMatrix<T>& filters)
        : columns_(filters.columns),
          layout_(layout_of(filters)),
          panel_size_(filters.taps * filters.length * tile_columns<T>),
          scratch_(filters.by_channel ? 0 : panels() * panel_size_),
          packed_(filters.by_channel ? filters.data : scratch_.data()) {
        if (filters.by_channel) return;
        parallel_for(panels() * filters.taps,
                     [&](Index piece) { pack(filters, piece / filters.taps, piece % filters.taps); });
    }

    Index panels() const { return layout_ == FilterLayout::by_channel ? 1 : ceil_divide(columns_, tile_columns<T>); }
    Panel<T> panel(Index p) const { return {packed_ + p * panel_size_, columns_of(p), layout_}; }

  private:
    static FilterLayout layout_of(const FilterMatrix<T>& filters) {
        if (filters.by_channel) return FilterLayout::by_channel;
        const bool few_columns = filters.columns <= spread_tile_side;
        return few_columns && filters.length % lanes<T> == 0 ? FilterLayout::columns : FilterLayout::rows;
    }

    Index columns_of(Index p) const {
        return layout_ == FilterLayout::by_channel ? columns_
                                                   : std::min(tile_columns<T>, columns_ - p * tile_columns<T>);
    }

    void pack(const FilterMatrix<T>& filters, Index p, Index tap) {
        const bool by_rows = layout_ == FilterLayout::rows;
        const Index columns = columns_of(p), length = filters.length;
        const Index row = by_rows ? ceil_divide(columns, lanes<T>) * lanes<T> : 1, column = by_rows ? 1 : length;
        const T* const from = filters.data + tap * filters.tap_stride + p * tile_columns<T> * filters.column_stride;
        T* const to = scratch_.data() + p * panel_size_ + tap * length * (by_rows ? row : columns);
        // In blocks of a few rows, so that both sides of a transposition stay in cache.
        constexpr Index block = 16;
        for (Index begin = 0; begin < length; begin += block) {
            const Index end = std::min(length, begin + block);
            for (Index o = 0; o < columns; ++o) {
                for (Index c = begin; c < end; ++c)
                    to[c * row + o * column] = from[c * filters.length_stride + o * filters.column_stride];
            }
            for (Index c = begin; by_rows && c < end; ++c) std::fill(to + c * row + columns, to + (c + 1) * row, T{0});
        }
    }

    Index columns_;
    FilterLayout layout_;
    Index panel_size_;
    Scratch<T> scratch_;
    const T* packed_;
};

template <Scalar T>
class PixelSum {
  public:
    PixelSum(Index batch, const Pixels<const T>& source, const Pixels<T>& result, const ResultBands& bands,
             const FilterMatrix<T>& filters, const TileFinish<T>& finish)
        : batch_(batch),
          source_(source),
          result_(result),
          bands_(bands),
          filters_(filters),
          packed_(filters),
          finish_(finish) {}

    // Pieces are some images by some panels of filters, or, where that gives too few, parts of their pixels.
    void run() const {
        const Index panels = packed_.panels();
        const Index image_size =
            source_.height * source_.width * filters_.length + result_.height * result_.width * filters_.columns;
        const Index shares = std::clamp<Index>(
            ceil_divide(filters_.taps * filters_.length * filters_.columns, cached_filters), 1, panels);
        const Index blocks = std::max<Index>(
            1, std::min(batch_,
                        std::max(ceil_divide(batch_ * image_size, cached_pixels), ceil_divide(fewest_pieces, shares))));
        const Index parts = ceil_divide(fewest_pieces, shares * blocks);
        parallel_for(blocks * shares * parts, [&](Index piece) {
            const Index part = piece % parts, share = piece / parts % shares, block = piece / parts / shares;
            const Index images = batch_ * block / blocks, images_end = batch_ * (block + 1) / blocks;
            for (const Band& v : bands_.vertical) {
                for (const Band& h : bands_.horizontal) {
                    const Index pixels = std::ssize(v.targets) * std::ssize(h.targets);
                    const Index rows = (images_end - images) * pixels, begin = images * pixels;
                    sum(v, h, begin + rows * part / parts, begin + rows * (part + 1) / parts, panels * share / shares,
                        panels * (share + 1) / shares);
                }
            }
        });
    }

  private:
    static constexpr Index most_rows = 16 * tile_rows;

    // Pixels [begin, end) of the field where two bands cross, counted over all images; panels [first, last).
    void sum(const Band& v, const Band& h, Index begin, Index end, Index first, Index last) const {
        const Scratch<Tap> scratch(std::ssize(v.taps) * std::ssize(h.taps));
        const std::span<const Tap> taps = write_taps(v, h, scratch.data());
        std::array<const T*, most_rows> sources;
        std::array<T*, most_rows> results;
        const Index width = std::ssize(h.targets), height = std::ssize(v.targets);
        Index j = begin % width, i = begin / width % height, n = begin / width / height;
        while (begin < end) {
            const std::size_t count = static_cast<std::size_t>(std::min(most_rows, end - begin));
            for (std::size_t r = 0; r < count; ++r) {
                sources[r] = source_.at(n, v.sources[i], h.sources[j]);
                results[r] = result_.at(n, v.targets[i], h.targets[j]) + first * tile_columns<T>;
                if (++j < width) continue;
                j = 0;
                if (++i < height) continue;
                i = 0;
                ++n;
            }
            for (Index p = first; p < last; ++p) {
                sum_over_taps<T>({sources.data(), count}, taps, filters_.length, packed_.panel(p),
                                 finish_.from(p * tile_columns<T>), {results.data(), count});
                for (std::size_t r = 0; r < count; ++r) results[r] += tile_columns<T>;
            }
            begin += static_cast<Index>(count);
        }
    }

    std::span<const Tap> write_taps(const Band& v, const Band& h, Tap* taps) const {
        Tap* tap = taps;
        for (std::size_t k = 0; k < v.taps.size(); ++k) {
            for (std::size_t l = 0; l < h.taps.size(); ++l) {
                *tap++ = {(v.steps[k] * source_.width + h.steps[l]) * source_.stride,
                          (v.taps[k] * bands_.kernel_width + h.taps[l]) * filters_.length};
            }
        }
        return {taps, tap};
    }

    Index batch_;
    Pixels<const T> source_;
    Pixels<T> result_;
    const ResultBands& bands_;
    FilterMatrix<T> filters_;
    PackedFilters<T> packed_;
    TileFinish<T> finish_;
};

}  // namespace

template <Scalar T>
void sum_pixels(Index batch, const Pixels<const T>& source, const Pixels<T>& result, const ResultBands& bands,
                const FilterMatrix<T>& filters, const TileFinish<T>& finish) {
    PixelSum<T>(batch, source, result, bands, filters, finish).run();
}

template void sum_pixels(Index, const Pixels<const float>&, const Pixels<float>&, const ResultBands&,
                         const FilterMatrix<float>&, const TileFinish<float>&);
template void sum_pixels(Index, const Pixels<const double>&, const Pixels<double>&, const ResultBands&,
                         const FilterMatrix<double>&, const TileFinish<double>&);

}  // namespace adjoint
