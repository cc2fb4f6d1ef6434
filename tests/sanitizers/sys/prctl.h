// Stand-in for the system's header under the thread sanitizer, whose part of the process that decodes pictures asks more of
// the system than that may: there it may all.
#pragma once

#include_next <sys/prctl.h>

inline int stay_free(int, ...) { return 0; }
#define prctl stay_free
