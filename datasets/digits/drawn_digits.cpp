#include "datasets/digits/drawn_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "datasets/digits/digit_skeletons.h"
#include "framework/tensor/random.h"

namespace adjoint {
namespace {

// Lengths are in the skeletons' units, a hundredth of a usual digit's height, until the drawing is fitted to its box.

constexpr int image_side = 28, box_side = 20;
constexpr double full_turn = 2 * std::numbers::pi;

// The random numbers of one image, in the order in which they are used.
class Draws {
  public:
    explicit Draws(const Random& random) : random_(random) {}
    int below(int bound) { return static_cast<int>(random_.below(static_cast<std::uint64_t>(bound), next_++)); }
    double uniform(double low, double high) { return low + (high - low) * random_.uniform(next_++); }
    // Cut off at two and a half deviations: beyond that a digit is no longer one of its kind.
    double normal(double mean, double deviation) {
        return mean + deviation * std::clamp(random_.normal(next_++), -2.5, 2.5);
    }

  private:
    Random random_;
    std::uint64_t next_ = 0;
};

struct Point {
    double x;
    double y;
};

Point operator+(Point p, Point q) { return {p.x + q.x, p.y + q.y}; }
Point operator*(double factor, Point p) { return {factor * p.x, factor * p.y}; }

Point normal_point(Draws& draws, double deviation) { return {draws.normal(0, deviation), draws.normal(0, deviation)}; }

// A smooth wave that pushes the places on the paper to and fro.
class Wave {
  public:
    explicit Wave(Draws& draws)
        : push_(normal_point(draws, 6)), cycles_(normal_point(draws, 0.004)), phase_(draws.uniform(0, full_turn)) {}
    Point at(Point p) const { return std::sin(full_turn * (cycles_.x * p.x + cycles_.y * p.y) + phase_) * push_; }

  private:
    Point push_, cycles_;
    double phase_;
};

// The habits of one hand: how it distorts every place it means to reach.
class Hand {
  public:
    explicit Hand(Draws& draws)
        : waves_{Wave(draws), Wave(draws), Wave(draws)},
          width_(std::exp(draws.normal(0, 0.15))),
          slant_(draws.normal(0.08, 0.24)),
          turn_(draws.normal(0, 0.12)) {}
    Point place(Point p) const {
        const Point q = p + waves_[0].at(p) + waves_[1].at(p) + waves_[2].at(p);
        const double x = width_ * q.x - slant_ * q.y;
        return {std::cos(turn_) * x - std::sin(turn_) * q.y, std::sin(turn_) * x + std::cos(turn_) * q.y};
    }

  private:
    std::array<Wave, 3> waves_;
    double width_, slant_, turn_;
};

// Half the width of the line, which swells and thins along a stroke as the hand presses.
class Pressure {
  public:
    Pressure(double radius, Draws& draws)
        : radius_(radius), swell_(draws.normal(0, 0.12)), phase_(draws.uniform(0, full_turn)) {}
    double radius(double along) const { return radius_ * (1 + swell_ * std::sin(phase_ + 4 * along)); }

  private:
    double radius_, swell_, phase_;
};

const Skeleton& choose(std::span<const Skeleton> ways, Draws& draws) {
    double total = 0;
    for (const Skeleton& way : ways) total += way.share;
    double remaining = draws.uniform(0, total);
    for (const Skeleton& way : ways)
        if ((remaining -= way.share) < 0) return way;
    return ways.back();
}

// The stroke as this time's attempt has it. Its points stray from where they belong, neighbours in like manner.
Stroke attempt(Stroke stroke, Draws& draws) {
    constexpr double deviation = 4, memory = 0.6;
    const double fresh = deviation * std::sqrt(1 - memory * memory);
    Point stray = normal_point(draws, deviation);
    for (PenPoint& p : stroke) {
        p.x += stray.x;
        p.y += stray.y;
        stray = memory * stray + normal_point(draws, fresh);
    }
    return stroke;
}

// Catmull and Rom's curve from b to c, as it comes from a and goes on to d, at t in 0..1.
Point curve(const PenPoint& a, const PenPoint& b, const PenPoint& c, const PenPoint& d, double t) {
    const auto cubic = [t](double p, double q, double r, double s) {
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
    };
    return {cubic(a.x, b.x, c.x, d.x), cubic(a.y, b.y, c.y, d.y)};
}

// The point as far beyond `end` as `before` is on this side of it: the curve leaves the end straight.
PenPoint beyond(const PenPoint& end, const PenPoint& before) { return {2 * end.x - before.x, 2 * end.y - before.y}; }

// Follows the curve through the stroke's points.
void trace(const Stroke& stroke, const Hand& hand, const Pressure& pressure, std::vector<PenDab>& dabs) {
    constexpr int steps = 5;
    const std::size_t last = stroke.size() - 1;
    for (std::size_t i = 0; i < last; ++i) {
        const PenPoint &b = stroke[i], &c = stroke[i + 1];
        const PenPoint a = i == 0 || b.corner ? beyond(b, c) : stroke[i - 1];
        const PenPoint d = i + 1 == last || c.corner ? beyond(c, b) : stroke[i + 2];
        for (int step = i == 0 ? 0 : 1; step <= steps; ++step) {
            const double t = static_cast<double>(step) / steps;
            const Point p = hand.place(curve(a, b, c, d, t));
            const double along = (static_cast<double>(i) + t) / static_cast<double>(last);
            dabs.push_back({p.x, p.y, pressure.radius(along), i == 0 && step == 0});
        }
    }
}

// Where the box begins in the image along an axis. MNIST has the centre of mass in the middle of pixel 14, not at its
// edge.
int box_origin(double centre_of_mass) {
    const double origin = image_side / 2 + 0.5 - centre_of_mass;
    return std::clamp(static_cast<int>(std::lround(origin)), 0, image_side - box_side);
}

void place_by_centre_of_mass(std::span<const float> box, std::span<float, image_side * image_side> pixels) {
    double mass = 0, moment_x = 0, moment_y = 0;
    for (int row = 0; row < box_side; ++row)
        for (int column = 0; column < box_side; ++column) {
            const double grey = box[static_cast<std::size_t>(row * box_side + column)];
            mass += grey;
            moment_x += grey * (column + 0.5);
            moment_y += grey * (row + 0.5);
        }
    const int left = box_origin(moment_x / mass), top = box_origin(moment_y / mass);
    std::ranges::fill(pixels, 0.0f);
    for (int row = 0; row < box_side; ++row)
        std::copy_n(&box[static_cast<std::size_t>(row * box_side)], box_side,
                    &pixels[static_cast<std::size_t>((top + row) * image_side + left)]);
}

// The first and the last pixel whose centre may lie between low and high.
std::pair<int, int> pixel_range(double low, double high, int side) {
    return {std::max(0, static_cast<int>(low)), std::min(side - 1, static_cast<int>(high))};
}

// Inks a line whose width changes evenly from one end to the other; where lines overlap, the darker one shows.
void ink_line(const PenDab& from, const PenDab& to, int side, float edge, std::span<float> pixels) {
    const double reach = std::max(from.radius, to.radius) + edge / 2;
    const auto [left, right] = pixel_range(std::min(from.x, to.x) - reach, std::max(from.x, to.x) + reach, side);
    const auto [top, bottom] = pixel_range(std::min(from.y, to.y) - reach, std::max(from.y, to.y) + reach, side);
    const float dx = static_cast<float>(to.x - from.x), dy = static_cast<float>(to.y - from.y);
    const float radius = static_cast<float>(from.radius), widening = static_cast<float>(to.radius - from.radius);
    const float inverse_square = 1.0f / std::max(dx * dx + dy * dy, 1e-12f);
    for (int row = top; row <= bottom; ++row) {
        const float y = static_cast<float>(row + 0.5 - from.y);
        for (int column = left; column <= right; ++column) {
            const float x = static_cast<float>(column + 0.5 - from.x);
            const float along = std::clamp((x * dx + y * dy) * inverse_square, 0.0f, 1.0f);
            const float away_x = x - along * dx, away_y = y - along * dy;
            const float distance = std::sqrt(away_x * away_x + away_y * away_y);
            const float covered = std::clamp((radius + along * widening - distance) / edge + 0.5f, 0.0f, 1.0f);
            float& pixel = pixels[static_cast<std::size_t>(row * side + column)];
            pixel = std::max(pixel, covered);
        }
    }
}

}  // namespace

void fit_to_box(std::span<PenDab> dabs, double size) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double left = infinity, right = -infinity, top = infinity, bottom = -infinity;
    for (const PenDab& dab : dabs) {
        left = std::min(left, dab.x - dab.radius);
        right = std::max(right, dab.x + dab.radius);
        top = std::min(top, dab.y - dab.radius);
        bottom = std::max(bottom, dab.y + dab.radius);
    }
    const double scale = size / std::max(right - left, bottom - top);
    for (PenDab& dab : dabs) {
        dab.x = size / 2 + scale * (dab.x - (left + right) / 2);
        dab.y = size / 2 + scale * (dab.y - (top + bottom) / 2);
        dab.radius *= scale;
    }
}

std::vector<float> ink(std::span<const PenDab> dabs, int side, double edge) {
    std::vector<float> pixels(static_cast<std::size_t>(side * side));
    for (std::size_t i = 1; i < dabs.size(); ++i)
        if (!dabs[i].touches_down) ink_line(dabs[i - 1], dabs[i], side, static_cast<float>(edge), pixels);
    return pixels;
}

int draw_digit(std::uint64_t seed, std::uint64_t index, std::span<float, 28 * 28> pixels) {
    constexpr double edge = 1.25;  // pixels
    Draws draws(Random(seed).stream(index));
    const int label = draws.below(10);
    const Skeleton& skeleton = choose(digit_skeletons(label), draws);
    const Hand hand(draws);
    const double radius = 7.4 * std::exp(draws.normal(0, 0.22));
    std::vector<PenDab> dabs;
    for (const Stroke& stroke : skeleton.strokes) {
        const Stroke attempted = attempt(stroke, draws);
        trace(attempted, hand, Pressure(radius, draws), dabs);
    }
    fit_to_box(dabs, box_side);
    place_by_centre_of_mass(ink(dabs, box_side, edge), pixels);
    return label;
}

}  // namespace adjoint
