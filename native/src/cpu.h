// The one CPU probe: which inner loops this machine can run.
#pragma once
#include <vector>

#include "checksum.h"
#include "kernels.h"
#include "scan_path.h"

namespace accent {

// Usable tables, the fastest for f32 weights first. The bf16 table is listed last: it changes the numbers, so it is
// taken only when bf16 is asked for.
std::vector<const Kernels*> usable_kernels();

// The usable table of that name, or null.
const Kernels* find_kernels(const char* name);

// Usable loops of the vector scan, the fastest first, the reference last; and that of a name, or null.
std::vector<const ScanPath*> usable_scans();
const ScanPath* find_scan(const char* name);

// The folding of checksums where the processor has carry-less products, or null.
Fold usable_fold();

}  // namespace accent
