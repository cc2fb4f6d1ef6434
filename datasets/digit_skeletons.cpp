#include "datasets/digit_skeletons.h"

#include <array>
#include <sstream>
#include <string>

namespace adjoint {
namespace {

// A skeleton as text: the places x,y of its strokes, ^ after a corner, / between strokes.
struct Way {
    double share;
    const char* strokes;
};

constexpr Way zeros[] = {
    // Round, from the top and round against the clock.
    {3, "44,0 16,10 1,44 10,82 38,100 68,84 82,48 70,12 40,1"},
    // Narrow.
    {3, "38,0 14,16 0,54 8,88 26,100 48,80 58,42 50,8 34,2"},
    // The end runs on past the start.
    {3, "60,8 32,2 8,28 2,68 24,98 58,88 78,52 70,14 44,2 22,14"},
    // The end curls into the ring.
    {3, "38,4 14,20 0,56 10,92 40,100 72,80 80,42 62,10 38,8 34,24"},
    // A slanted egg.
    {3, "60,0 30,14 4,50 2,88 26,100 58,80 78,42 76,8 54,1"},
    // Broad and low.
    {1.5, "48,2 12,14 0,44 14,74 46,82 84,68 98,38 84,8 42,0"},
};

constexpr Way ones[] = {
    // A bare line.
    {7, "36,0 28,50 20,100"},
    // The same, upright.
    {5, "20,0 20,50 20,100"},
    // A line that bends.
    {3, "40,0 36,30 28,70 16,100"},
    // With a flag.
    {0.6, "8,24 22,12 34,0^ 30,50 25,100"},
    // With a flag and a foot.
    {0.6, "6,24 22,12 36,0^ 33,50 31,98 / 2,99 32,98 66,97"},
};

constexpr Way twos[] = {
    // A sharp turn into a flat base.
    {2, "6,22 22,4 46,2 60,18 54,42 32,68 4,96^ 36,96 78,97"},
    // A loop at the turn.
    {2.5, "8,20 30,0 56,4 62,26 50,54 32,84 12,99 0,86 12,70 42,76 66,90 92,88"},
    // A broad loop under a slanted back.
    {2.5, "4,16 32,0 62,8 66,30 46,62 20,88 2,90 8,74 36,74 70,88 106,84"},
    // A round head and a tail that falls away from the loop.
    {2.5, "4,18 22,2 48,0 62,16 58,38 44,64 26,88 6,96 0,80 14,66 36,72 56,88 80,98"},
    // A great loop under a round head.
    {2, "6,20 28,2 58,4 72,28 62,60 36,90 10,96 0,80 18,64 46,72 72,98"},
    // A rounded turn and a wave for a base.
    {2, "0,16 28,2 56,4 62,22 42,50 14,78 6,92 26,95 54,94 88,86"},
    // Nearly a z.
    {2, "2,12 30,2 66,4 64,22 36,54 2,84^ 44,83 100,80"},
    // A hooked start and a swan's neck.
    {1, "14,32 6,18 26,0 52,8 56,34 38,66 4,98^ 32,92 68,98"},
};

constexpr Way threes[] = {
    // Two bows that meet in a cusp.
    {3, "6,14 28,0 56,6 56,28 26,46^ 56,54 64,76 42,98 14,98 0,86"},
    // A small loop in the middle.
    {3, "4,12 30,0 58,10 52,34 28,50 20,46 32,44 60,56 62,82 36,100 2,92"},
    // A flat top.
    {1.5, "6,4 30,4 64,2^ 46,22 26,42^ 54,48 64,72 46,96 18,100 0,90"},
    // Round throughout.
    {3, "2,16 20,2 48,2 60,20 46,40 26,47 54,54 68,74 50,96 20,100 0,88"},
    // A broad upper bow that leans over the lower.
    {2, "14,12 44,0 80,6 68,28 36,46^ 58,54 58,78 30,98 6,96 0,84"},
    // A long lower bow.
    {1, "22,10 46,0 66,10 56,28 32,38^ 60,44 72,64 54,90 20,98 0,84"},
};

constexpr Way fours[] = {
    // Open, the bar crossing a stem drawn last.
    {4, "16,6 8,30 2,54 20,60 46,56 76,50 / 64,0 56,46 48,100"},
    // A corner at the left.
    {3, "22,0 12,28 0,58^ 34,58 84,54 / 62,8 54,54 46,100"},
    // Closed at the top.
    {1, "54,0 30,32 0,64^ 38,64 80,61 / 55,0 51,50 48,100"},
    // A shallow bowl that ends at the stem.
    {3, "10,8 2,36 10,52 36,50 60,40 / 62,0 58,40 52,100"},
    // In one stroke.
    {1, "10,2 0,30 10,52 38,48 56,28 66,0^ 60,40 52,100"},
    // Broad, with a long bar.
    {2, "26,4 12,30 0,54 32,58 94,46 / 78,0 64,44 52,94"},
};

constexpr Way fives[] = {
    // The bar drawn last.
    {3, "18,6 14,24 8,44^ 34,38 58,54 54,84 28,100 0,92 / 18,5 42,4 76,0"},
    // In one stroke with corners.
    {2.5, "72,0 44,4 18,6^ 14,24 10,42^ 36,38 58,56 52,86 26,100 0,92"},
    // Round like an s.
    {2, "70,2 40,3 20,14 20,34 42,48 56,66 46,92 18,100 0,90"},
    // A long bar on a small bowl.
    {3, "28,18 21,34 14,48^ 38,46 52,60 46,84 20,94 0,86 / 28,18 60,12 98,2"},
    // The same in one stroke.
    {2.5, "96,0 62,8 32,13^ 24,30 18,44 42,46 54,62 44,86 20,94 0,84"},
    // A big bowl that curls up at its end.
    {1.5, "20,4 16,20 14,38^ 42,32 70,48 70,78 42,100 10,96 0,78 / 20,4 44,4 72,4"},
};

constexpr Way sixes[] = {
    // A bent stem into a loop that closes low.
    {2, "50,0 24,22 4,58 8,90 34,100 62,84 60,64 40,64 20,82 14,96"},
    // A straight stem.
    {2.5, "48,0 26,34 6,74 16,98 44,98 64,80 54,63 34,70 18,90"},
    // A stem like a b's.
    {3, "24,0 12,32 2,72 14,98 44,96 60,78 46,60 22,68 8,86"},
    // A large loop.
    {0.7, "56,2 28,12 6,48 6,84 32,100 62,86 62,60 38,50 12,66"},
    // Slim, with a small loop.
    {2, "42,0 18,30 2,66 8,94 26,98 42,84 38,68 22,72 10,90"},
    // A loop lying on its side.
    {2.5, "46,0 20,30 2,66 12,94 44,98 78,82 82,66 60,62 34,76 16,92"},
    // A round bottom and a ring that stays clear of the stem.
    {1.5, "36,0 10,30 0,68 22,97 58,97 82,74 68,54 44,58 34,76 48,94"},
};

constexpr Way sevens[] = {
    // A bar, a corner, a stem.
    {3, "0,18 14,8 38,8 62,6^ 46,48 28,100"},
    // A serif before the bar.
    {3, "4,22 8,10^ 36,10 66,6^ 50,46 36,100"},
    // A rounded corner.
    {3.5, "0,16 22,6 48,2 62,12 52,44 42,72 34,100"},
    // A bar through the stem.
    {1.5, "0,12 30,9 64,4^ 46,46 32,100 / 16,54 40,52 70,48"},
    // A bar through a bent stem.
    {1, "4,22 10,6 40,8 60,10 48,40 36,70 32,100 / 18,58 44,52 72,48"},
    // A broad bar on a short stem.
    {1, "0,18 36,14 78,0^ 58,36 42,90"},
};

constexpr Way eights[] = {
    // Drawn like an s and closed on the way back up.
    {3, "60,8 36,0 12,12 18,34 38,50 46,74 36,97 14,97 6,78 24,56 50,32 64,8"},
    // Slim.
    {2.5, "44,6 26,0 10,14 14,34 30,52 38,76 26,98 8,96 2,78 18,54 40,30 46,6"},
    // The end shoots out past the start.
    {3, "70,8 44,0 16,10 20,34 40,52 46,76 30,98 8,94 10,74 34,52 60,30 82,4"},
    // The end strays from a small upper loop.
    {0.7, "58,16 34,6 10,18 18,38 42,52 52,76 34,99 10,92 12,72 38,50 66,28 92,8"},
    // A broad top over a narrow bottom.
    {2.5, "66,8 38,0 4,10 12,34 38,52 46,76 32,99 12,94 10,74 34,50 60,28 64,6"},
    // A ring upon a ring.
    {0.7, "34,46 14,34 12,12 34,0 54,12 54,34 34,47 8,60 4,88 34,100 60,88 58,60 36,47"},
    // From the waist.
    {1.5, "36,48 18,34 22,8 46,0 60,14 48,38 24,56 4,80 14,100 40,96 50,74 38,52"},
};

constexpr Way nines[] = {
    // A ring and a straight stem.
    {3, "52,14 30,4 8,18 4,38 22,48 46,36 56,10^ 52,50 46,100"},
    // A ring and a tail that curls.
    {0.5, "54,14 34,0 10,12 4,36 24,50 48,38 56,14 58,50 46,88 24,100 6,92"},
    // A ring and a slanted stem, without a corner.
    {2.5, "54,8 30,4 8,20 4,42 24,46 48,28 60,6 52,44 36,100"},
    // The ring left open.
    {1.5, "46,4 20,10 2,32 12,46 36,38 54,16 60,4^ 54,48 46,100"},
    // A flat ring with a tip.
    {1.5, "56,6 28,8 4,30 14,48 40,40 62,4^ 50,52 40,100"},
    // A big ring on a short stem.
    {1, "64,12 36,0 6,18 2,46 24,58 52,44 68,14^ 64,56 60,100"},
};

PenPoint read_point(const std::string& text) {
    std::istringstream in(text);
    PenPoint point{};
    char comma;
    in >> point.x >> comma >> point.y;
    point.corner = in.peek() == '^';
    return point;
}

std::vector<Skeleton> read(std::span<const Way> ways) {
    std::vector<Skeleton> skeletons;
    for (const Way& way : ways) {
        Skeleton& skeleton = skeletons.emplace_back(Skeleton{way.share, {Stroke{}}});
        std::istringstream words(way.strokes);
        for (std::string word; words >> word;) {
            if (word == "/")
                skeleton.strokes.emplace_back();
            else
                skeleton.strokes.back().push_back(read_point(word));
        }
    }
    return skeletons;
}

}  // namespace

std::span<const Skeleton> digit_skeletons(int digit) {
    static const std::array<std::vector<Skeleton>, 10> skeletons{read(zeros),  read(ones),  read(twos),  read(threes),
                                                                 read(fours),  read(fives), read(sixes), read(sevens),
                                                                 read(eights), read(nines)};
    return skeletons.at(static_cast<std::size_t>(digit));
}

}  // namespace adjoint
