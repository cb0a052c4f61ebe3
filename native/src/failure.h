// How the kernel reports what went wrong: a code of the studio's closed list and a sentence. The kernel never prints,
// never exits and lets no exception out except std::bad_alloc, which the boundary (addon.cc) turns into a Failure.
#pragma once
#include <string>

namespace accent {

struct Failure {
  const char* code = nullptr;  // null: none
  std::string message;

  explicit operator bool() const { return code != nullptr; }
};

inline Failure fail(const char* code, std::string message) { return {code, std::move(message)}; }

}  // namespace accent
