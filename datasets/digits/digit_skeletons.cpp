#include "datasets/digits/digit_skeletons.h"

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <utility>

namespace adjoint {
namespace {

struct Row {
    int digit;
    double share;
    const char* strokes;  // as text: the places x,y that the pen passes, ^ after a corner, / between strokes
};

constexpr Row rows[] = {
    {0, 3, "39,0 14,9 0,38 7,71 30,87 57,73 70,42 61,10 35,1"},                             // round
    {0, 3, "35,0 14,14 0,47 6,77 21,87 41,70 51,37 45,7 31,2"},                             // narrow
    {0, 3, "53,7 28,2 7,24 0,59 18,85 48,77 67,45 61,12 39,2 19,12"},                       // runs on past its start
    {0, 3, "35,3 13,17 0,49 7,80 33,87 62,70 70,37 56,9 35,7 31,21"},                       // end curls into the ring
    {0, 3, "54,0 27,12 3,44 0,77 20,87 49,70 68,37 67,7 48,1"},                             // a slanted egg
    {0, 1.5, "43,2 11,12 0,38 11,64 39,71 72,59 85,33 74,7 38,0"},                          // broad and low
    {1, 7, "20,0 10,48 0,95"},                                                              // a bare line
    {1, 5, "5,0 2,48 0,95"},                                                                // upright
    {1, 3, "28,0 22,28 13,66 0,95"},                                                        // bent
    {1, 0.6, "0,23 14,11 26,0^ 20,48 13,95"},                                               // with a flag
    {1, 0.6, "7,23 23,11 37,0^ 32,48 28,93 / 0,94 29,93 61,92"},                            // with a flag and a foot
    {2, 2, "5,21 21,4 44,2 57,17 51,41 28,66 0,93^ 31,93 72,94"},                           // sharp turn, flat base
    {2, 2.5, "10,19 32,0 58,4 62,25 50,52 31,81 11,96 0,83 12,68 41,74 64,87 89,85"},       // a loop at the turn
    {2, 2.5, "5,16 33,0 61,8 64,29 44,60 18,85 0,87 6,72 34,72 66,85 101,81"},              // broad loop, slanted back
    {2, 2.5, "6,17 24,2 50,0 63,16 58,37 43,62 25,85 5,93 0,78 14,64 35,70 54,85 77,95"},   // round head, falling tail
    {2, 4, "8,19 30,2 59,4 72,27 61,58 35,87 9,93 0,78 18,62 45,70 69,95"},                 // round head, great loop
    {2, 2, "0,16 28,2 55,4 60,21 39,48 11,76 3,89 22,92 49,91 83,83"},                      // rounded turn, wavy base
    {2, 2, "3,12 30,2 65,4 63,21 34,52 0,81^ 41,81 95,78"},                                 // nearly a z
    {2, 1, "12,31 5,17 25,0 50,8 53,33 34,64 0,95^ 27,89 62,95"},                           // hook and a swan's neck
    {3, 3, "2,14 23,0 51,6 53,28 24,46^ 54,54 63,76 43,98 15,98 0,86"},                     // two bows and a cusp
    {3, 3, "0,12 25,0 54,10 49,34 26,50 18,46 30,44 59,56 62,82 37,100 3,92"},              // small loop in the middle
    {3, 1.5, "1,4 25,4 59,2^ 42,22 23,42^ 51,48 63,72 46,96 19,100 0,90"},                  // flat top
    {3, 3, "0,16 17,2 45,2 58,20 45,40 26,47 54,54 69,74 53,96 23,100 2,88"},               // round throughout
    {3, 2, "10,12 39,0 75,6 65,28 34,46^ 56,54 58,78 31,98 7,96 0,84"},                     // upper bow leans over
    {3, 1, "18,10 41,0 62,10 53,28 29,38^ 58,44 71,64 54,90 21,98 0,84"},                   // long lower bow
    {4, 4, "18,6 8,32 0,57 18,64 45,59 76,53 / 68,0 56,49 43,106"},                         // open, stem drawn last
    {4, 3, "27,0 15,30 0,61^ 35,61 86,57 / 67,8 55,57 43,106"},                             // corner at the left
    {4, 1, "60,0 33,34 0,68^ 39,68 82,65 / 61,0 53,53 46,106"},                             // closed at the top
    {4, 3, "11,8 0,38 7,55 33,53 59,42 / 64,0 57,42 45,106"},                               // shallow bowl
    {4, 1, "13,2 0,32 8,55 37,51 57,30 70,0^ 60,42 47,106"},                                // in one stroke
    {4, 2, "31,4 14,32 0,57 32,61 96,49 / 84,0 66,47 50,100"},                              // broad, long bar
    {5, 3, "11,6 9,24 4,45^ 30,39 56,55 54,86 29,102 0,94 / 11,5 36,4 70,0"},               // bar drawn last
    {5, 2.5, "66,0 38,4 11,6^ 9,24 6,43^ 32,39 56,57 53,88 27,102 0,94"},                   // one stroke with corners
    {5, 2, "64,2 34,3 14,14 16,35 39,49 55,67 47,94 19,102 0,92"},                          // round like an s
    {5, 3, "23,18 17,35 11,49^ 35,47 51,61 47,86 21,96 0,88 / 23,18 55,12 93,2"},           // long bar, small bowl
    {5, 2.5, "91,0 57,8 27,13^ 20,31 15,45 40,47 53,63 45,88 21,96 0,86"},                  // the same in one stroke
    {5, 1.5, "14,4 12,20 11,39^ 39,33 69,49 71,80 45,102 12,98 0,80 / 14,4 39,4 67,4"},     // big bowl, curled end
    {6, 2, "45,0 20,23 0,60 4,93 30,103 57,87 55,66 36,66 16,84 10,99"},                    // loop closes low
    {6, 2.5, "42,0 20,35 0,76 10,101 38,101 57,82 47,65 28,72 12,93"},                      // straight stem
    {6, 3, "22,0 10,33 0,74 12,101 42,99 57,80 44,62 20,70 6,89"},                          // stem like a b's
    {6, 0.7, "49,2 22,12 0,49 0,87 26,103 55,89 55,62 32,52 6,68"},                         // large loop
    {6, 2, "40,0 16,31 0,68 6,97 24,101 40,87 36,70 20,74 8,93"},                           // slim, small loop
    {6, 2.5, "44,0 18,31 0,68 10,97 42,101 75,84 79,68 57,64 32,78 14,95"},                 // loop on its side
    {6, 1.5, "36,0 10,31 0,70 22,100 57,100 81,76 67,56 44,60 34,78 47,97"},                // ring clear of the stem
    {7, 3, "0,18 14,8 39,8 63,6^ 47,49 29,102"},                                            // bar, corner, stem
    {7, 3, "0,24 12,9 36,10 60,4 63,8 50,48 22,102"},                                       // arched bar, bent stem
    {7, 4, "0,22 4,10^ 33,10 63,6^ 47,47 33,102"},                                          // serif before the bar
    {7, 3.5, "0,16 22,6 49,2 63,12 53,45 43,73 35,102"},                                    // rounded corner
    {7, 1, "0,12 31,9 65,4^ 47,47 33,102 / 16,55 41,53 71,49"},                             // crossed stem
    {7, 0.8, "0,22 6,6 37,8 57,10 45,41 33,71 29,102 / 14,59 41,53 69,49"},                 // crossed bent stem
    {7, 0.7, "0,18 37,14 80,0^ 59,37 43,92"},                                               // broad bar, short stem
    {8, 3, "54,9 27,0 2,13 10,37 33,54 43,80 34,105 10,105 0,84 18,60 45,35 58,9"},         // like an s, then back up
    {8, 2.5, "41,6 21,0 4,15 10,37 29,56 39,82 27,106 8,104 0,84 16,58 38,32 43,6"},        // slim
    {8, 3, "61,9 33,0 3,11 9,37 32,56 40,82 24,106 0,102 1,80 25,56 52,32 74,4"},           // end shoots past start
    {8, 2, "52,17 25,6 0,19 10,41 37,56 49,82 31,107 5,99 6,78 32,54 61,30 88,9"},          // end strays, small top
    {8, 2.5, "67,9 36,0 0,11 10,37 39,56 50,82 36,107 14,102 11,80 35,54 62,30 65,6"},      // broad top, narrow bottom
    {8, 0.7, "30,50 7,37 4,13 27,0 49,13 51,37 30,51 3,65 0,95 33,108 60,95 57,65 32,51"},  // a ring upon a ring
    {8, 1.5, "32,52 12,37 15,9 40,0 56,15 45,41 20,60 0,86 12,108 40,104 49,80 35,56"},     // from the waist
    {9, 3, "52,16 28,5 4,21 0,44 19,56 45,42 56,12^ 52,58 45,116"},                         // ring, straight stem
    {9, 0.5, "54,16 32,0 6,14 0,42 22,58 47,44 56,16 58,58 45,102 22,116 2,107"},           // ring, curling tail
    {9, 2.5, "54,9 28,5 4,23 0,49 22,53 47,32 60,7 52,51 35,116"},                          // ring, slanted stem
    {9, 1.5, "47,5 19,12 0,37 11,53 37,44 56,19 63,5^ 56,56 47,116"},                       // open ring
    {9, 1.5, "56,7 26,9 0,35 11,56 39,46 63,5^ 50,60 39,116"},                              // flat ring with a tip
    {9, 1, "67,14 37,0 4,21 0,53 24,67 54,51 71,16^ 67,65 63,116"},                         // big ring, short stem
};

std::array<std::vector<Skeleton>, 10> read_rows() {
    std::array<std::vector<Skeleton>, 10> skeletons;
    for (const Row& row : rows) {
        std::vector<Stroke> strokes(1);
        std::istringstream words(row.strokes);
        for (std::string word; words >> word;) {
            PenPoint point{.x = 0, .y = 0, .corner = word.ends_with('^')};
            if (std::sscanf(word.c_str(), "%lf,%lf", &point.x, &point.y) == 2) {
                strokes.back().push_back(point);
            } else {
                strokes.emplace_back();
            }
        }
        skeletons.at(static_cast<std::size_t>(row.digit)).push_back({row.share, std::move(strokes)});
    }
    return skeletons;
}

}  // namespace

std::span<const Skeleton> digit_skeletons(int digit) {
    static const std::array<std::vector<Skeleton>, 10> skeletons = read_rows();
    return skeletons.at(static_cast<std::size_t>(digit));
}

}  // namespace adjoint
