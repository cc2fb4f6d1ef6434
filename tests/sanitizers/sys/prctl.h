// Stand-in for the system's header under the thread sanitizer, which asks more of the system than the process that
// decodes pictures may: there that may all.
#pragma once

#include_next <sys/prctl.h>

inline int stay_free(int, ...) { return 0; }
#define prctl stay_free
