// Stand-in for a part of TBB, of which parallel_for.h is the whole.
#pragma once

#include "parallel_for.h"
