#include "datasets/drawn_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "datasets/digit_skeletons.h"
#include "datasets/pen.h"
#include "framework/random.h"

namespace adjoint {
namespace {

constexpr int image_side = 28, box_side = 20;

// The random numbers of one image, in the order in which they are used.
class Draws {
  public:
    explicit Draws(const Random& random) : random_(random) {}
    int below(int bound) { return static_cast<int>(random_.below(static_cast<std::uint64_t>(bound), next_++)); }
    double uniform(double low, double high) { return low + (high - low) * random_.uniform(next_++); }
    double normal(double mean, double deviation) {
        // Beyond two and a half deviations a hand would start again.
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

// A smooth wave of displacement across the paper.
struct Wave {
    explicit Wave(Draws& draws)
        : frequency{draws.normal(0, 0.005), draws.normal(0, 0.005)},
          phase(draws.uniform(0, 2 * std::numbers::pi)),
          push{draws.normal(0, 5), draws.normal(0, 5)} {}
    Point at(const Point& p) const {
        const double height = std::sin(2 * std::numbers::pi * (frequency.x * p.x + frequency.y * p.y) + phase);
        return {height * push.x, height * push.y};
    }

    Point frequency;
    double phase;
    Point push;
};

// How one hand distorts what it means to draw.
class Hand {
  public:
    explicit Hand(Draws& draws)
        : slant_(draws.normal(0.1, 0.24)),
          turn_(draws.normal(0, 0.08)),
          width_(std::exp(draws.normal(0, 0.18))),
          waves_{Wave(draws), Wave(draws), Wave(draws)} {}
    Point place(Point p) const {
        Point moved = p;
        for (const Wave& wave : waves_) {
            const Point push = wave.at(p);
            moved = {moved.x + push.x, moved.y + push.y};
        }
        const Point slanted{width_ * moved.x - slant_ * moved.y, moved.y};
        return {std::cos(turn_) * slanted.x - std::sin(turn_) * slanted.y,
                std::sin(turn_) * slanted.x + std::cos(turn_) * slanted.y};
    }

  private:
    double slant_, turn_, width_;
    std::array<Wave, 3> waves_;
};

const Skeleton& choose(std::span<const Skeleton> ways, Draws& draws) {
    double total = 0;
    for (const Skeleton& way : ways) total += way.share;
    double left = draws.uniform(0, total);
    for (const Skeleton& way : ways)
        if ((left -= way.share) < 0) return way;
    return ways.back();
}

// Catmull and Rom's curve from b to c at t in 0..1.
Point between(const PenPoint& a, const PenPoint& b, const PenPoint& c, const PenPoint& d, double t) {
    const auto curve = [t](double p, double q, double r, double s) {
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
    };
    return {curve(a.x, b.x, c.x, d.x), curve(a.y, b.y, c.y, d.y)};
}

PenPoint beyond(const PenPoint& end, const PenPoint& before) { return {2 * end.x - before.x, 2 * end.y - before.y}; }

void trace(const Stroke& stroke, const Hand& hand, double radius, Draws& draws, std::vector<PenDab>& dabs) {
    constexpr int steps = 6;
    Stroke shaky = stroke;
    for (PenPoint& p : shaky) p.x += draws.normal(0, 2.2), p.y += draws.normal(0, 2.2);
    const double swing = draws.normal(0, 0.12), phase = draws.uniform(0, 6.28);
    const auto dab = [&](const Point& p, double along, bool touches_down) {
        const Point placed = hand.place(p);
        dabs.push_back({placed.x, placed.y, radius * (1 + swing * std::sin(phase + 4 * along)), touches_down});
    };
    dab({shaky[0].x, shaky[0].y}, 0, true);
    for (std::size_t i = 1; i < shaky.size(); ++i) {
        const PenPoint &b = shaky[i - 1], &c = shaky[i];
        const PenPoint a = i < 2 || b.corner ? beyond(b, c) : shaky[i - 2];
        const PenPoint d = i + 1 == shaky.size() || c.corner ? beyond(c, b) : shaky[i + 1];
        for (int step = 1; step <= steps; ++step) {
            const double t = static_cast<double>(step) / steps;
            dab(between(a, b, c, d, t), (static_cast<double>(i) - 1 + t) / static_cast<double>(shaky.size()), false);
        }
    }
}

// Where the box begins in the image along an axis, so that its centre of mass is in the middle of the image.
int box_origin(double centre_of_mass) {
    return std::clamp(static_cast<int>(std::lround(image_side / 2.0 + 0.5 - centre_of_mass)), 0, image_side - box_side);
}

void place_by_centre_of_mass(std::span<const float> box, std::span<float, image_side * image_side> pixels) {
    double mass = 0, moment_x = 0, moment_y = 0;
    for (int row = 0; row < box_side; ++row)
        for (int column = 0; column < box_side; ++column) {
            const double grey = box[static_cast<std::size_t>(row * box_side + column)];
            mass += grey, moment_x += grey * (column + 0.5), moment_y += grey * (row + 0.5);
        }
    const int left = box_origin(moment_x / mass), top = box_origin(moment_y / mass);
    std::ranges::fill(pixels, 0.0f);
    for (int row = 0; row < box_side; ++row)
        std::copy_n(&box[static_cast<std::size_t>(row * box_side)], box_side,
                    &pixels[static_cast<std::size_t>((top + row) * image_side + left)]);
}

}  // namespace

int draw_digit(std::uint64_t seed, std::uint64_t index, std::span<float, 28 * 28> pixels) {
    Draws draws(Random(seed).stream(index));
    const int label = draws.below(10);
    const Skeleton& skeleton = choose(digit_skeletons(label), draws);
    const Hand hand(draws);
    const double radius = 6.9 * std::exp(draws.normal(0, 0.24));
    std::vector<PenDab> dabs;
    for (const Stroke& stroke : skeleton.strokes) trace(stroke, hand, radius, draws, dabs);
    fit_to_box(dabs, box_side);
    place_by_centre_of_mass(ink(dabs, box_side, 1.2), pixels);
    return label;
}

}  // namespace adjoint
