// The one CPU probe: which tables of inner loops this machine can run.
#pragma once
#include <vector>

#include "kernels.h"

namespace accent {

// Usable tables, the fastest for f32 weights first. The bf16 table is listed last: it changes the numbers, so it is
// taken only when bf16 is asked for.
std::vector<const Kernels*> usable_kernels();

// The usable table of that name, or null.
const Kernels* find_kernels(const char* name);

}  // namespace accent
